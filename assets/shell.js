/* Presentation of the frame: keys, theme button, filter sheet, pause, neighbours' zoom. */
(function () {
  "use strict";
  const CARRIED = ["range", "from", "to", "basis", "queue", "status", "instance_type", "purchase_option", "user",
    "tag", "q", "tz", "engineering", "bucket", "where", "by"];
  const typing = (el) => el && (el.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(el.tagName));
  const click = (id) => { const el = document.getElementById(id); if (el) el.click(); };
  const setSheet = (open) => {
    document.documentElement.classList.toggle("sheet-is-open", open);
    const opener = document.querySelector("[data-sheet=open]");
    if (opener) opener.setAttribute("aria-expanded", String(open));
    const target = open ? document.querySelector("[data-sheet=close]") : opener;
    if (target) target.focus();
  };

  /* Read before anyone acts on the key: a menu is gone from the page by the time the key arrives below. */
  let menuWasOpen = false;
  window.addEventListener("keydown", () => {
    menuWasOpen = !!document.querySelector(".dash-dropdown-content, .dash-datepicker-content");
  }, true);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      /* An open menu takes the key for itself. */
      if (menuWasOpen) return;
      if (document.documentElement.classList.contains("sheet-is-open")) setSheet(false);
      document.documentElement.classList.add("tips-off");
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "/") {
      const search = document.getElementById("filters-q");
      if (!search || !search.getClientRects().length) return;
      event.preventDefault();
      search.focus();
    } else if (event.key === "?") click("shell-keys-open");
    else if (event.key === "p") click("shell-pause");
  });
  /* Escape hides an open definition until the pointer or focus moves on. */
  for (const type of ["focusin", "pointerover"])
    document.addEventListener(type, () => document.documentElement.classList.remove("tips-off"));

  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    if (on("#shell-theme, #first-shell-theme")) window.mmbatchTheme();
    if (on("[data-sheet=open]")) setSheet(true);
    if (on("[data-sheet=close]")) setSheet(false);
    if (on("[data-retry]")) {
      window.dash_clientside.set_props("shell-token", { data: "retry-" + Date.now() });
      window.dash_clientside.set_props("shell-problem", { children: null });
    }
  });

  /* A server that no longer answers: the page says so and greys the last good figures. */
  let heard = Date.now(), last = "";
  setInterval(() => {
    const root = document.documentElement;
    const label = document.getElementById("shell-freshness");
    const time = label && label.querySelector("time");
    if (!time || document.hidden || root.classList.contains("is-paused") || time.dateTime !== last) {
      heard = Date.now();
      last = time ? time.dateTime : "";
    }
    const patience = 3 * Number(label ? label.dataset.refreshMs : 0) + 5000;
    root.classList.toggle("is-offline", root.classList.contains("is-away") || Date.now() - heard > patience);
  }, 1000);

  /* On paper charts are as wide as their panels there: 273 mm of a sheet, everything at 62 %, two thirds and one third. */
  const SHEET_PX = 1032 / 0.62, GAP_PX = 16, EDGE_PX = 34;
  const plots = () => (window.Plotly && window.Plotly.relayout ? document.querySelectorAll(".panel-row .js-plotly-plot") : []);
  addEventListener("beforeprint", () => {
    for (const plot of plots()) {
      const wide = plot.closest(".panel").previousElementSibling === null ? 2 : 1;
      window.Plotly.relayout(plot, { autosize: false, width: ((SHEET_PX - GAP_PX) * wide) / 3 - EDGE_PX, height: 260 });
    }
  });
  addEventListener("afterprint", () => {
    for (const plot of plots()) window.Plotly.relayout(plot, { autosize: true, width: null, height: null });
  });

  /* What the server drew goes once the scripts have drawn it. */
  const entry = document.getElementById("react-entry-point"), first = document.getElementById("first-look");
  if (entry && first) {
    const watcher = new MutationObserver(() => {
      if (!entry.querySelector(".shell main h1, .shell main .message-page, .shell main .job-page")) return;
      watcher.disconnect();
      first.remove();
      /* The place an address names was not there yet when the browser looked for it. */
      const place = location.hash && !scrollY && document.getElementById(location.hash.slice(1));
      if (place) place.scrollIntoView();
    });
    watcher.observe(entry, { childList: true, subtree: true });
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.mmbatch = Object.assign(window.dash_clientside.mmbatch || {}, {
    /* Links of the top bar take the filters along, and say which page is open. */
    markLinks: function (path, search, ...hrefs) {
      const query = new URLSearchParams(search || "");
      for (const name of [...query.keys()]) if (!CARRIED.includes(name)) query.delete(name);
      const text = query.toString();
      let named = [];
      const links = hrefs.map((href) => href.split("?")[0] + (text ? "?" + text : ""));
      document.querySelectorAll("#react-entry-point #shell-nav a").forEach((link, place) => {
        /* While the frame is drawn there may be links of the one before. */
        if (!hrefs[place]) return;
        const own = hrefs[place].split("?")[0];
        const here = own === "/" ? path === "/" : path === own || path.startsWith(own + "/");
        if (here && link.getAttribute("aria-current") !== "page") {
          link.setAttribute("aria-current", "page");
          /* On a telephone the links scroll sideways; the page one is on is not hidden at the end. */
          const bar = link.parentElement;
          bar.scrollLeft = link.offsetLeft - bar.offsetLeft - (bar.clientWidth - link.offsetWidth) / 2;
        }
        if (!here) link.removeAttribute("aria-current");
        if (here) named = [own === path || path === "/" ? "" : decodeURIComponent(path.slice(own.length + 1)), link.textContent];
      });
      document.title = [...named, "MMBatch Dash"].filter(Boolean).join(" · ");
      return [path, ...links];
    },
    pause: function (clicks) {
      const paused = clicks % 2 === 1;
      document.documentElement.classList.toggle("is-paused", paused);
      const button = document.getElementById("shell-pause");
      const label = paused ? "Resume live updates" : "Pause live updates";
      button.title = label + " (p)";
      button.setAttribute("aria-label", label);
      return [paused, String(paused)];
    },
    openKeys: function (clicks, open) { return !open; },
    /* The switch of the Dashboard's charts and the address say the same. */
    followSpread: function (search, value, id) {
      const query = new URLSearchParams(search || "");
      const asked = query.get("bucket") === "incurred" ? "incurred" : "basis";
      const triggered = (window.dash_clientside.callback_context.triggered || []).map((t) => t.prop_id);
      if (triggered.length !== 1 || triggered[0] !== id + ".value" || value === asked)
        return value === asked ? window.dash_clientside.no_update : asked;
      if (value === "incurred") query.set("bucket", value);
      else query.delete("bucket");
      const text = query.toString();
      window.dash_clientside.set_props("shell-location", { search: text ? "?" + text : "" });
      return window.dash_clientside.no_update;
    },
    /* The choice of what the money is divided by and the address say the same. */
    followBy: function (search, value, id) {
      const query = new URLSearchParams(search || "");
      const asked = query.get("by") || "queue", keep = window.dash_clientside.no_update;
      const triggered = (window.dash_clientside.callback_context.triggered || []).map((t) => t.prop_id);
      if (value === asked) return keep;
      if (triggered.length !== 1 || triggered[0] !== id + ".value") return asked;
      if (value === "queue") query.delete("by");
      else query.set("by", value);
      const text = query.toString();
      window.dash_clientside.set_props("shell-location", { search: text ? "?" + text : "" });
      return keep;
    },
    /* What nodes are chosen by, and the address, say the same; pages of another choice begin at the first. */
    followNodes: function (search, ...given) {
      const names = ["instance_type", "availability_zone", "purchase_option", "heard"], values = given.slice(0, names.length);
      const query = new URLSearchParams(search || ""), keep = window.dash_clientside.no_update;
      const asked = names.map((name) => query.get(name) || "");
      const triggered = (window.dash_clientside.callback_context.triggered || []).map((t) => t.prop_id);
      if (triggered.length !== 1 || triggered[0] === "shell-location.search")
        return asked.map((one, place) => (one === (values[place] || "") ? keep : one));
      names.forEach((name, place) => {
        if ((values[place] || "") === asked[place]) return;
        query.delete(name);
        query.delete("page");
        if (values[place]) query.set(name, values[place]);
      });
      const text = query.toString();
      if (text !== new URLSearchParams(search || "").toString())
        window.dash_clientside.set_props("shell-location", { search: text ? "?" + text : "" });
      return names.map(() => keep);
    },
    /* Zooming one chart over time zooms its neighbour. */
    shareZoom: function (first, second, firstId, secondId) {
      const keep = window.dash_clientside.no_update;
      const triggered = (window.dash_clientside.callback_context.triggered || [])[0];
      if (!triggered || !window.Plotly) return keep;
      const moved = triggered.prop_id.startsWith(firstId) ? first : second;
      const otherId = triggered.prop_id.startsWith(firstId) ? secondId : firstId;
      const other = document.querySelector("#" + otherId + " .js-plotly-plot");
      if (!moved || !other || !other.layout || !other.layout.xaxis || !other.data.length) return keep;
      const axis = other.layout.xaxis;
      if (moved["xaxis.autorange"]) {
        if (!axis.autorange) window.Plotly.relayout(other, { "xaxis.autorange": true });
      } else if (moved["xaxis.range[0]"]) {
        const range = [moved["xaxis.range[0]"], moved["xaxis.range[1]"]];
        if (JSON.stringify(axis.range) !== JSON.stringify(range)) window.Plotly.relayout(other, { "xaxis.range": range });
      }
      return keep;
    },
  });
})();
