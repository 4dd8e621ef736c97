/* The job list in the browser: cells, opening a job, remembered columns, exports with a progress sign.
   Every text is set as text, never as markup. */
(function () {
  "use strict";
  const REMEMBERED = "mmbatch-jobs-columns";
  const narrow = matchMedia("(max-width: 767.98px)");
  const chooser = () => document.querySelector(".column-chooser");
  const openPanels = () => document.querySelectorAll("details.chooser[open]");
  const listOf = (name) => ((chooser() && chooser().dataset[name]) || "").split(",").filter(Boolean);
  const make = (...parts) => window.React.createElement(...parts);

  /* --- cells --- */
  const grids = (window.dashAgGridFunctions = window.dashAgGridFunctions || {});
  grids.mmbatchExact = (params) => {
    const row = params.data;
    if (!row || !params.colDef) return null;
    return (row.exact && row.exact[params.colDef.field]) || row[params.colDef.field] || null;
  };
  const cells = (window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {});
  const pinned = (params) => params.node && params.node.rowPinned;
  cells.JobStatus = function (params) {
    if (!params.data) return null;
    if (pinned(params)) return make("strong", null, params.value);
    return make("span", { className: "state state-" + params.data.state.toLowerCase() },
      make("span", { className: "shape", "aria-hidden": true }), String(params.value).split(" · ")[0],
      make("span", { className: "phase" }, String(params.value).split(" · ").slice(1).map((phase) => "· " + phase).join("")));
  };
  /* What tells names apart is at their end, the index of an array job above all: the middle gives way. */
  const LAST = 6;
  const endKept = (text) => {
    const array = /:\d+$/.exec(text), tail = Math.min(text.length, LAST + (array ? array[0].length : 0));
    if (text.length <= tail + 2) return [make("bdi", { key: "all", className: "id-tail" }, text)];
    return [make("bdi", { key: "head", className: "id-head" }, text.slice(0, -tail)), make("bdi", { key: "tail", className: "id-tail" }, text.slice(-tail))];
  };
  cells.JobName = function (params) {
    if (!params.data) return null;
    if (pinned(params)) return make("strong", null, params.value);
    return make("a", { href: params.data.href, className: "job-link id-cell", tabIndex: -1 }, ...endKept(params.value));
  };
  cells.JobIdCell = function (params) {
    if (!params.data || pinned(params)) return null;
    return make("span", { className: "id-cell" },
      make("span", { className: "mono id-cell" }, ...endKept(params.value)),
      make("button", { className: "copy-id", tabIndex: -1, title: "Copy the job id", "aria-label": "Copy the job id", "data-copy": params.data.id }));
  };
  cells.JobOutcomes = function (params) {
    if (!params.data) return null;
    return make("span", { className: "outcomes" }, String(params.value).split(" · ").map((part, place) =>
      make("span", { key: place, className: "outcome outcome-" + (part.split(" ")[1] || "none") },
        make("span", { className: "shape", "aria-hidden": true }), part)));
  };

  /* --- opening a job: as dcc.Link does, so that the page is not loaded anew --- */
  function go(href) {
    if (now.api) keepPlace(now.api);
    history.pushState({}, "", href);
    dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
    scrollTo(0, 0);
  }
  const rowLink = (target) => {
    const row = target.closest("#jobs-grid .ag-row");
    if (!row || row.getAttribute("row-id") === null || row.closest(".ag-floating-top")) return null;
    const own = document.querySelector('#jobs-grid .ag-row[row-index="' + row.getAttribute("row-index") + '"]:not(.ag-row-pinned) a.job-link');
    return own ? own.getAttribute("href") : null;
  };
  /* Browsers keep the clipboard from pages that come without TLS; there the older way remains. */
  async function copyText(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    const held = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
    document.body.append(held);
    held.select();
    const done = document.execCommand("copy");
    held.remove();
    if (!done) throw new Error("The browser does not copy.");
  }
  /* What could not be copied is at least marked, for the keys to copy it. */
  function select(copy) {
    const shown = copy.previousElementSibling;
    if (shown) getSelection().selectAllChildren(shown);
  }
  document.addEventListener("click", (event) => {
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      event.preventDefault();
      event.stopPropagation();
      copyText(copy.dataset.copy).then(() => {
        copy.classList.add("copied");
        setTimeout(() => copy.classList.remove("copied"), 1200);
      }, () => select(copy));
      return;
    }
    const out = event.target.closest("a[data-export]");
    if (out) return download(event, out);
    if (event.target.closest("[data-columns=reset]")) return resetColumns();
    for (const panel of openPanels()) if (!panel.contains(event.target)) panel.open = false;
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const href = rowLink(event.target);
    if (!href) return;
    event.preventDefault();
    if (String(getSelection())) return;
    go(href);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") for (const panel of openPanels()) {
      /* In this order: what is being typed counts when the focus leaves it, and a closed panel loses it silently. */
      panel.querySelector("summary").focus();
      panel.open = false;
    }
    if (event.key !== "Enter" || !event.target.closest) return;
    const cell = event.target.closest("#jobs-grid .ag-cell");
    const href = cell && rowLink(cell);
    if (!href) return;
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) window.open(href, "_blank", "noopener");
    else go(href);
  });

  /* --- columns --- */
  const recall = () => { try { return JSON.parse(localStorage.getItem(REMEMBERED)) || {}; } catch (error) { return {}; } };
  const remember = (api) => {
    if (narrow.matches) return;
    const kept = { order: [], widths: {} };
    for (const column of api.getColumnState()) { kept.order.push(column.colId); kept.widths[column.colId] = column.width; }
    try { localStorage.setItem(REMEMBERED, JSON.stringify(kept)); } catch (error) { /* private window */ }
  };
  function fitColumns(api, chosen) {
    const few = listOf("narrow"), kept = recall();
    const widths = kept.widths || {};
    const state = api.getColumnState().map((column) => {
      const fixed = few.slice(0, 2).includes(column.colId);
      if (narrow.matches) {
        const width = { status: 104, cost_usd: 86, saved_cost_usd: 86 }[column.colId] || 120;
        return { colId: column.colId, hide: !few.includes(column.colId), pinned: null, width, flex: column.colId === "name" ? 1 : null };
      }
      return { colId: column.colId, hide: !fixed && !chosen.includes(column.colId), pinned: fixed ? "left" : null, flex: null,
        width: widths[column.colId] || api.getColumn(column.colId).getColDef().initialWidth };
    });
    const order = new Map((kept.order || []).map((name, place) => [name, place]));
    if (order.size && !narrow.matches) state.sort((a, b) => (order.get(a.colId) ?? 999) - (order.get(b.colId) ?? 999));
    api.applyColumnState({ state, applyOrder: true });
  }
  /* A number that is cut reads as another number: its column grows as wide as its longest one. */
  const pen = document.createElement("canvas").getContext("2d");
  function makeRoom(api, rows) {
    if (api.isDestroyed()) return;
    const box = document.querySelector(".grid-box"), style = box && getComputedStyle(box);
    pen.font = "600 13px " + (style ? style.fontFamily : "sans-serif");
    const wider = [];
    for (const column of api.getColumns()) {
      const name = column.getColId();
      if (column.getColDef().type !== "rightAligned" && column.getColDef().cellRenderer !== "JobOutcomes") continue;
      const marks = column.getColDef().cellRenderer ? 24 : 0;
      const longest = Math.max(0, ...rows.map((row) => pen.measureText(row[name] || "").width + marks * String(row[name] || "").split(" · ").length));
      const room = Math.ceil(longest) + (narrow.matches ? 20 : 28);
      if (room > column.getActualWidth()) wider.push({ key: name, newWidth: room });
    }
    if (wider.length) api.setColumnWidths(wider);
  }
  function resetColumns() {
    try { localStorage.removeItem(REMEMBERED); } catch (error) { /* private window */ }
    window.dash_clientside.set_props("jobs-columns", { value: listOf("usual") });
    const api = window.dash_ag_grid.getApi("jobs-grid");
    if (api) { api.resetColumnState(); fitColumns(api, listOf("usual")); }
  }

  /* --- following address, data and choices --- */
  const now = { api: null, search: null, token: null, chosen: [], pending: null, since: 0, totals: null };
  const plain = (search) => {
    const query = new URLSearchParams(search || "");
    query.delete("sort");
    return query.toString();
  };
  /* --- the place in the list: kept for coming back to the same list, by whatever way --- */
  const PLACE = "mmbatch-jobs-place";
  const viewport = () => document.querySelector("#jobs-grid .ag-body-viewport");
  function keepPlace(api) {
    const box = viewport();
    if (!box || api.isDestroyed()) return;
    const cell = api.getFocusedCell();
    const node = cell && !cell.rowPinned && api.getDisplayedRowAtIndex(cell.rowIndex);
    const place = { search: location.search, top: box.scrollTop, rows: api.getDisplayedRowCount(),
      row: node ? cell.rowIndex : null, column: node ? cell.column.getColId() : null, id: node && node.data ? node.data.id : null };
    try { sessionStorage.setItem(PLACE, JSON.stringify(place)); } catch (error) { /* private window */ }
  }
  function returnToPlace(api) {
    let place = null;
    try { place = JSON.parse(sessionStorage.getItem(PLACE)); } catch (error) { /* private window */ }
    const comesBack = place && place.search === location.search;
    for (const kind of ["bodyScrollEnd", "cellFocused"]) api.addEventListener(kind, () => { if (now.settled) keepPlace(api); });
    now.settled = !comesBack;
    if (!comesBack) return;
    api.setRowCount(place.rows, true);
    const until = Date.now() + 10000;
    const settle = () => {
      if (api.isDestroyed()) return;
      const box = viewport();
      if (box && Math.abs(box.scrollTop - place.top) > 1) box.scrollTop = place.top;
      let found = null;
      if (place.id) api.forEachNode((node) => { if (node.data && node.data.id === place.id) found = node.rowIndex; });
      const arrived = box && Math.abs(box.scrollTop - place.top) <= 1 && (!place.id || found !== null);
      if (!arrived && Date.now() < until && !now.touched) return setTimeout(settle, 60);
      /* Where other jobs came in between, the focus goes with its job, not with its row. */
      if (found !== null && !now.touched) api.setFocusedCell(found, place.column);
      now.settled = true;
    };
    now.touched = false;
    for (const kind of ["wheel", "keydown", "pointerdown", "touchstart"])
      addEventListener(kind, () => { now.touched = true; }, { once: true, capture: true, passive: true });
    settle();
  }
  function prepare(api) {
    now.api = api;
    now.search = now.token = now.pending = null;
    fitColumns(api, now.chosen);
    returnToPlace(api);
    for (const kind of ["columnResized", "columnMoved"])
      api.addEventListener(kind, (event) => { if (event.finished && event.source.startsWith("ui")) remember(api); });
    api.addEventListener("sortChanged", (event) => {
      if (!event.source.startsWith("ui")) return;
      const sorted = api.getColumnState().find((column) => column.sort);
      const query = new URLSearchParams(location.search);
      query.delete("sort");
      const order = sorted ? (sorted.sort === "desc" ? "-" : "") + sorted.colId : "";
      if (order && order !== "-submitted_at") query.set("sort", order);
      const text = query.toString();
      window.dash_clientside.set_props("shell-location", { search: text ? "?" + text : "" });
    });
  }
  narrow.addEventListener("change", () => { if (now.api && !now.api.isDestroyed()) fitColumns(now.api, now.chosen); });
  function applySort(api, search) {
    const wanted = new URLSearchParams(search || "").get("sort") || "-submitted_at";
    const column = wanted.replace(/^-/, ""), sort = wanted.startsWith("-") ? "desc" : "asc";
    const held = api.getColumnState().find((state) => state.sort);
    if (held && held.colId === column && held.sort === sort) return;
    api.applyColumnState({ state: [{ colId: column, sort }], defaultState: { sort: null } });
  }

  window.dash_clientside = window.dash_clientside || {};
  const typing = { panel: null, known: [], from: null, to: null };
  /* The value a control shows for what the address says; texts as they are, numbers in the unit that is typed. */
  const shownFor = (where, [column, sign, scale]) => {
    const start = column + sign;
    const said = where.filter((one) => one.startsWith(start)).pop();
    if (said === undefined) return null;
    return sign === "~" ? said.slice(start.length) : Number((Number(said.slice(start.length)) / scale).toPrecision(12));
  };
  window.dash_clientside.mmbatch = Object.assign(window.dash_clientside.mmbatch || {}, {
    followWhere: function (search, ...rest) {
      const keep = window.dash_clientside.no_update;
      const controls = rest.pop(), raw = rest.map((value) => (value === null || value === undefined ? "" : String(value).trim()));
      const values = raw.map((text, place) =>
        text === "" ? null : controls[place][1] === "~" ? text : Number.isFinite(Number(text)) ? Number(text) : null);
      const panel = document.querySelector(".column-filters");
      if (typing.panel !== panel) Object.assign(typing, { panel, known: values.map(() => null), from: null, to: null });
      const why = (window.dash_clientside.callback_context.triggered || []).map((t) => t.prop_id);
      /* The address written a moment ago may not have come round yet. */
      if (search === typing.from && !why.some((id) => id.startsWith("shell-location"))) search = typing.to;
      const query = new URLSearchParams(search || "");
      let where = query.getAll("where");
      const shown = controls.map((control) => shownFor(where, control));
      /* What the reader changed goes into the address; everything else follows it. */
      const wanted = controls.map((_, place) => (values[place] === typing.known[place] ? shown[place] : values[place]));
      typing.known = wanted;
      controls.forEach(([column, sign, scale], place) => {
        if (wanted[place] === shown[place]) return;
        where = where.filter((one) => !one.startsWith(column + sign));
        if (wanted[place] === null) return;
        where.push(column + sign + (sign === "~" ? wanted[place] : Number((wanted[place] * scale).toPrecision(12))));
      });
      const count = document.querySelector("[data-where-count]");
      if (count) count.textContent = where.length ? String(where.length) : "";
      query.delete("where");
      for (const one of where) query.append("where", one);
      const text = query.toString();
      if (text !== new URLSearchParams(search || "").toString()) {
        Object.assign(typing, { from: search, to: text ? "?" + text : "" });
        window.dash_clientside.set_props("shell-location", { search: typing.to });
      }
      return wanted.map((value, place) => {
        const text = value === null ? "" : String(value);
        return text === raw[place] ? keep : text;
      });
    },
    followJobs: async function (search, token, totals, chosen, failed, request, response, id) {
      const keep = window.dash_clientside.no_update;
      const why = (window.dash_clientside.callback_context.triggered || []).map((t) => t.prop_id.split(".").pop() + ":" + t.prop_id.split(".")[0]);
      const because = (prop, of) => why.includes(prop + ":" + of);
      if (because("getRowsRequest", id) && request) { now.pending = request; now.since = Date.now(); }
      if (because("getRowsResponse", id) && response) now.pending = null;
      now.chosen = chosen || [];
      const api = await window.dash_ag_grid.getApiAsync(id);
      if (because("getRowsResponse", id) && response && response.rowData) makeRoom(api, response.rowData);
      if (now.api !== api) {
        prepare(api);
        now.search = plain(search);
        now.token = token;
      }
      if (because("value", "jobs-columns")) fitColumns(api, now.chosen);
      const waited = now.pending && Date.now() - now.since;
      if (now.pending && (because("data", "jobs-failed") || waited > 20000)) {
        now.pending.failCallback();
        now.pending = null;
      }
      if (totals && totals !== now.totals) {
        now.totals = totals;
        api.setGridOption("pinnedTopRowData", totals.row ? [totals.row] : []);
        if (totals.row) makeRoom(api, [totals.row]);
      }
      applySort(api, search);
      if (plain(search) !== now.search) {
        now.search = plain(search);
        now.token = token;
        api.purgeInfiniteCache();
        if (api.getDisplayedRowCount()) api.ensureIndexVisible(0, "top");
      } else if (token !== now.token) {
        now.token = token;
        api.refreshInfiniteCache();
      }
      return keep;
    },
  });

  /* --- exports: small files are fetched here, so that the page can say how far they are; large ones are the
     browser's business, which writes them to disk as they come --- */
  const LARGEST_ROWS = 100000;
  const size = (bytes) => (bytes < 1048576 ? Math.ceil(bytes / 1024) + " KB" : (bytes / 1048576).toFixed(1) + " MB");
  async function download(event, link) {
    const state = document.querySelector("[data-export-state]");
    const say = (text) => { if (state) state.textContent = text; };
    if (link.dataset.rows && Number(link.dataset.rows) > LARGEST_ROWS || (now.totals && now.totals.jobs > LARGEST_ROWS)) {
      say("Download started; the browser shows how far it is.");
      return;
    }
    event.preventDefault();
    if (link.getAttribute("aria-busy") === "true") return;
    link.setAttribute("aria-busy", "true");
    say("Preparing " + link.dataset.export + " …");
    try {
      const answer = await fetch(link.getAttribute("href"));
      if (!answer.ok) throw new Error("the server answered " + answer.status);
      const reader = answer.body.getReader(), parts = [];
      let got = 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        parts.push(value);
        got += value.length;
        say(link.dataset.export + ": " + size(got) + " …");
      }
      const named = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition") || "");
      const file = document.createElement("a");
      file.href = URL.createObjectURL(new Blob(parts, { type: answer.headers.get("Content-Type") || "" }));
      file.download = named ? named[1] : "mmbatch-export";
      file.click();
      setTimeout(() => URL.revokeObjectURL(file.href), 60000);
      say(link.dataset.export + " saved, " + size(got));
    } catch (error) {
      say(link.dataset.export + " failed: " + error.message);
    }
    link.removeAttribute("aria-busy");
  }
})();
