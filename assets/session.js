/* A session that is over: an open page goes to the sign-in page, and from there back to where it was. */
(function () {
  "use strict";
  const ask = window.fetch;
  let leaving = false;
  window.fetch = async function (...sent) {
    const answer = await ask.apply(this, sent);
    if (answer.status === 401 && !leaving && new URL(answer.url, location.href).pathname.startsWith("/_dash")) {
      leaving = true;
      location.assign("/login?next=" + encodeURIComponent(location.pathname + location.search));
    }
    return answer;
  };
})();
