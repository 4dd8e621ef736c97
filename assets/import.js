/* Files dropped on the first page go into the running server, which says what became of them. */
(function () {
  "use strict";
  const base = new URL(document.currentScript.src).pathname.split("/assets/")[0];
  const zoneOf = (event) => event.target.closest && event.target.closest(".drop-zone");
  const cookie = (name) => (document.cookie.split("; ").find((one) => one.startsWith(name + "=")) || "").slice(name.length + 1);
  const count = (number) => Number(number).toLocaleString("en-US");

  async function send(zone, files) {
    const told = zone.parentElement.querySelector(".drop-told");
    if (!files.length || zone.getAttribute("aria-busy") === "true") return;
    zone.setAttribute("aria-busy", "true");
    told.textContent = "Importing " + [...files].map((file) => file.name).join(", ") + " …";
    const body = new FormData();
    for (const file of files) body.append("file", file, file.name);
    try {
      const answer = await fetch(base + "/api/v1/import", { method: "POST", body, headers: { "X-CSRFToken": decodeURIComponent(cookie("_csrf_token")) } });
      const said = await answer.json();
      told.textContent = answer.ok
        ? said.files.map((file) => `${file.name}: ${count(file.new)} new, ${count(file.known)} known already, ${count(file.kept_aside)} in quarantine` +
            (file.first_reason ? ` (${file.first_reason})` : "")).join("; ") + "."
        : "Not imported: " + (said.message || "the server answered " + answer.status);
      if (answer.ok) setTimeout(() => window.dash_clientside.set_props("shell-token", { data: "import-" + Date.now() }), 1500);
    } catch (error) {
      told.textContent = "Not imported: the server does not answer.";
    }
    zone.removeAttribute("aria-busy");
  }

  for (const kind of ["dragover", "drop", "dragleave"])
    document.addEventListener(kind, (event) => {
      const zone = zoneOf(event);
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("is-over", kind === "dragover");
      if (kind === "drop") send(zone, event.dataTransfer.files);
    });
  document.addEventListener("click", (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    const chooser = Object.assign(document.createElement("input"), { type: "file", multiple: true });
    chooser.addEventListener("change", () => send(zone, chooser.files));
    chooser.click();
  });
})();
