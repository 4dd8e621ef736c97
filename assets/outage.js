/* A server that does not answer: said at once, and what the reader asked for is asked again when it is back. */
(function () {
  "use strict";
  const ask = window.fetch, root = document.documentElement;
  const base = new URL(document.currentScript.src).pathname.split("/assets/")[0];
  const LOOK_MS = 1000, PATIENT_MS = 1000;
  const AWAY = [502, 503, 504];
  let away = null;

  /* Kept until an answer comes; everybody who waits goes on then. */
  function waitForServer() {
    away = away || new Promise((back) => {
      root.classList.add("is-away");
      const look = async () => {
        try {
          const answer = await ask(base + "/healthz", { cache: "no-store" });
          if (!AWAY.includes(answer.status)) {
            away = null;
            root.classList.remove("is-away");
            return back();
          }
        } catch (error) { /* still away */ }
        setTimeout(look, LOOK_MS);
      };
      setTimeout(look, LOOK_MS);
    });
    return away;
  }

  /* The page of before is not shown under the name of the one that is asked for. */
  const opens = (sent) => typeof sent.body === "string" && sent.body.includes('shell-content.children');
  /* A look for news is not repeated: the next one comes by itself. */
  const looks = (sent) => typeof sent.body === "string" && sent.body.includes('"changedPropIds":["shell-tick.n_intervals"]');
  /* Dash hears that nothing changed; of a look that failed it would never hear the end, and not look again. */
  const nothingNew = () => new Response(null, { status: 204 });
  let opening = 0;

  window.fetch = async function (asked, sent) {
    const url = typeof asked === "string" ? asked : "";
    if (!url.split("?")[0].endsWith("/_dash-update-component") || !sent) return ask(asked, sent);
    const page = opens(sent) ? ++opening : 0;
    const late = page && setTimeout(() => root.classList.add("is-opening"), PATIENT_MS);
    try {
      for (;;) {
        try {
          const answer = await ask(asked, sent);
          if (!AWAY.includes(answer.status)) return answer;
        } catch (error) { /* no answer is one of a server that is away */ }
        if (looks(sent)) { waitForServer(); return nothingNew(); }
        if (page) root.classList.add("is-opening");
        await waitForServer();
      }
    } finally {
      clearTimeout(late);
      if (page && page === opening) setTimeout(() => root.classList.remove("is-opening"), 0);
    }
  };
})();
