/* Asked for while the scripts are still on their way: the page of this address with its figures in it. */
(function () {
  "use strict";
  const here = document.currentScript.dataset;
  const ask = window.fetch.bind(window);
  const base = new URL(document.currentScript.src).pathname.split("/assets/")[0];
  const address = new URLSearchParams({ path: location.pathname, search: location.search });
  const early = {};
  for (const [name, query] of [["_dash-layout", "?" + address], ["_dash-dependencies", ""]]) {
    const url = base + "/" + name;
    early[url] = ask(url + query, { credentials: "same-origin", headers: { Accept: "application/json" } });
    early[url].catch(() => {});
  }

  /* The grid is large and most pages have none: it is loaded when the first page with one is opened. */
  let grid = null;
  const loadGrid = () => {
    grid = grid || new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = here.grid;
      script.onload = resolve;
      script.onerror = () => { grid = null; reject(new Error("The grid could not be loaded.")); };
      document.body.appendChild(script);
    });
    return grid;
  };
  /* Charts are drawn one by one, each after a frame: numbers are on the screen first, and keys are not held up. */
  const drawLater = (plotly) => {
    const draw = plotly.react;
    const frame = () => new Promise((next) => {
      const hidden = setTimeout(next, 100);
      requestAnimationFrame(() => { clearTimeout(hidden); setTimeout(next, 0); });
    });
    let line = Promise.resolve();
    plotly.react = (place, ...figure) => {
      const drawn = line.then(frame).then(() => (place.isConnected ? draw(place, ...figure) : place));
      line = drawn.catch(() => {});
      return drawn;
    };
  };

  /* Charts wait for this promise; the script puts the library itself in its place. */
  if ("charts" in here)
    window.Plotly = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = here.plotly;
      script.async = true;
      script.onload = () => { drawLater(window.Plotly); resolve(); };
      script.onerror = () => { delete window.Plotly; reject(new Error("plotly.js could not be loaded.")); };
      document.head.appendChild(script);
    });

  const holdsGrid = async (answer) => (await answer.clone().text()).includes('"dash_ag_grid"');

  window.fetch = async function (asked, sent) {
    const url = typeof asked === "string" ? asked.split("?")[0] : "";
    if (early[url]) {
      const answer = early[url];
      delete early[url];
      return answer;
    }
    const answer = await ask(asked, sent);
    const opensPage = sent && typeof sent.body === "string" && sent.body.includes("shell-content.children");
    if (opensPage && here.grid && !window.dash_ag_grid && answer.ok && (await holdsGrid(answer))) await loadGrid();
    return answer;
  };

  /* A part of plotly.js that is large enough for these charts; the page's own address of the whole is not taken. */
  Object.defineProperty(window, "_dashPlotlyJSURL", { get: () => here.plotly, set: () => {} });
})();
