/* A session that is over: an open page goes to the sign-in page, and from there back to where it was. */
(function () {
  "use strict";
  const ask = window.fetch;
  const base = new URL(document.currentScript.src).pathname.split("/assets/")[0];
  let leaving = false;
  window.fetch = async function (...sent) {
    const answer = await ask.apply(this, sent);
    if (answer.status === 401 && !leaving && new URL(answer.url, location.href).pathname.startsWith(base + "/_dash")) {
      leaving = true;
      const here = location.pathname.slice(base.length) + location.search;
      location.assign(base + "/login?next=" + encodeURIComponent(here));
    }
    return answer;
  };
})();
