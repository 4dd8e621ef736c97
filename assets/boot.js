/* Loaded before anything is drawn: the remembered theme, else the system's, so that no page flashes. */
(function () {
  "use strict";
  const wanted = () => {
    let saved = null;
    try { saved = localStorage.getItem("mmbatch-theme"); } catch (error) { saved = null; }
    return saved || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  };
  const apply = () => document.documentElement.setAttribute("data-bs-theme", wanted());
  apply();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", apply);
  window.mmbatchTheme = function () {
    const next = document.documentElement.getAttribute("data-bs-theme") === "dark" ? "light" : "dark";
    try { localStorage.setItem("mmbatch-theme", next); } catch (error) { /* private window: for this page only */ }
    document.documentElement.setAttribute("data-bs-theme", next);
  };
})();
