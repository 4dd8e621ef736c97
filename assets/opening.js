/* A page on its way out takes no clicks and no keys: what they began would land in the page that comes in its place. */
(function () {
  "use strict";
  let drawn = location.pathname;
  const part = () => document.querySelector("#react-entry-point #shell-main");
  const stop = () => { const main = part(); if (main) main.inert = location.pathname !== drawn; };
  const go = (path) => { drawn = path; stop(); };

  /* After the click was followed; nothing of this holds where it opened another window. */
  document.addEventListener("click", () => setTimeout(stop, 0));
  addEventListener("popstate", stop);

  /* A page that did not come leaves the one that is there usable, its problem said above it. */
  const ask = window.fetch;
  window.fetch = async function (...sent) {
    const opens = sent[1] && typeof sent[1].body === "string" && sent[1].body.includes("shell-content.children");
    if (!opens) return ask.apply(this, sent);
    const answer = await ask.apply(this, sent);
    if (answer.status !== 200) go(location.pathname);
    return answer;
  };

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.mmbatch = Object.assign(window.dash_clientside.mmbatch || {}, {
    /* Called with the new page's parts once they are in the page. */
    pageDrawn: function (_parts, path) {
      go(path);
      return window.dash_clientside.no_update;
    },
  });
})();
