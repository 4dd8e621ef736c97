/* Keeps the filter controls and the query string of the address equal. The server reads only the address. */
(function () {
  "use strict";
  /* Parameters that have a menu, as the server declares them. */
  const named = () => document.getElementById("filters-bar").dataset.lists.split(" ");
  const RANGES = ["24h", "7d", "30d", "90d", "month", "last-month", "all"];
  const USUAL = "30d";
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

  /* Values of the controls that an address stands for. */
  function read(search, choices) {
    const query = new URLSearchParams(search || "");
    const from = query.get("from"), to = query.get("to"), range = query.get("range");
    const state = {
      range: from || to ? "custom" : RANGES.includes(range) ? range : USUAL,
      start: from ? from.slice(0, 10) : null,
      end: to ? to.slice(0, 10) : null,
      basis: query.get("basis") === "completed" ? "completed" : "submitted",
      q: query.get("q") || "",
      tz: query.get("tz") || choices.timezone,
      engineering: query.has("engineering") ? query.get("engineering") === "1" : choices.engineering,
    };
    for (const name of named()) state[name] = query.getAll(name).filter(Boolean);
    return state;
  }

  /* The address that stands for the controls; parameters that are no filter stay as they are. */
  function write(search, now, choices) {
    const query = new URLSearchParams(search || "");
    const before = read(search, choices);
    const put = (name, value) => (value ? query.set(name, value) : query.delete(name));
    if (now.range !== before.range || now.start !== before.start || now.end !== before.end) {
      const custom = now.range === "custom";
      put("range", RANGES.includes(now.range) && now.range !== USUAL ? now.range : "");
      put("from", custom ? now.start : "");
      put("to", custom ? now.end : "");
    }
    put("basis", now.basis === "completed" ? "completed" : "");
    put("q", (now.q || "").trim());
    put("tz", now.tz && now.tz !== choices.timezone ? now.tz : "");
    put("engineering", now.engineering === choices.engineering ? "" : now.engineering ? "1" : "0");
    for (const name of named()) {
      if (same(now[name], before[name])) continue;
      query.delete(name);
      for (const value of now[name]) query.append(name, value);
    }
    const text = query.toString();
    return text ? "?" + text : "";
  }

  const isOpen = (name) => {
    const menu = document.getElementById("filters-" + name.replaceAll("_", "-"));
    return !!menu && menu.getAttribute("aria-expanded") === "true";
  };
  let waitingToOffer = null;
  function offerOnceClosed(name, choices) {
    clearInterval(waitingToOffer);
    waitingToOffer = setInterval(() => {
      if (isOpen(name)) return;
      clearInterval(waitingToOffer);
      window.dash_clientside.set_props("filters-choices", { data: { ...choices } });
    }, 300);
  }

  /* The address this page gave itself last: when the browser reports it, the controls are already further on. */
  let written = null;

  /* --- time zones: named by typing any part of the name; the browser proposes, its own zone is offered --- */
  const zonesOf = () => { const box = document.querySelector(".tz-box"); return box ? box.dataset.zones.split(" ") : []; };
  const plain = (text) => (text || "").trim().toLowerCase().replaceAll(" ", "_");
  /* The zone that is meant: its name, else the only or first one that ends with or holds what was typed. */
  function findZone(text) {
    const wanted = plain(text), zones = zonesOf();
    if (!wanted) return null;
    return zones.find((zone) => plain(zone) === wanted) || zones.find((zone) => plain(zone).endsWith("/" + wanted)) ||
      zones.find((zone) => plain(zone).includes(wanted)) || null;
  }
  document.addEventListener("focusin", (event) => {
    if (event.target.id !== "filters-tz") return;
    const list = document.getElementById("filters-zones");
    if (!list.childElementCount)
      for (const zone of zonesOf()) list.appendChild(Object.assign(document.createElement("option"), { value: zone }));
    event.target.select();
  });
  function offerOwn(shown) {
    const button = document.getElementById("filters-own-zone");
    let own = null;
    try { own = Intl.DateTimeFormat().resolvedOptions().timeZone; } catch (error) { /* then there is none to offer */ }
    if (!button || !own) return;
    button.hidden = own === shown || !zonesOf().includes(own);
    button.textContent = "Use " + own.split("/").pop().replaceAll("_", " ");
    button.title = "Show all times in " + own + ", the zone of this browser";
    button.onclick = () => window.dash_clientside.set_props("filters-tz", { value: own });
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.mmbatch = Object.assign(window.dash_clientside.mmbatch || {}, {
    syncFilters: function (search, range, start, end, basis, q, tz, engineering, ...rest) {
      const keep = window.dash_clientside.no_update, LISTS = named();
      const given = rest.slice(0, LISTS.length);
      const offered = rest[LISTS.length], found = rest[LISTS.length + 1] || {};
      const choices = offered || { values: {}, timezone: tz, engineering: !!engineering };
      const changed = (window.dash_clientside.callback_context.triggered || []).map((t) => t.prop_id);
      const navigated = changed.includes("shell-location.search") && (search || "") !== written;
      const fromPage = offered && !navigated && changed.some((id) => id !== "filters-choices.data" && id !== "filters-found.data");
      if (navigated) written = null;
      let address = search || "";
      const now = { range, start: start || null, end: end || null, basis, q: q || "", tz: findZone(tz) || read(search, choices).tz, engineering: !!engineering };
      LISTS.forEach((name, place) => (now[name] = given[place] || []));
      if (fromPage) address = write(address, now, choices);
      if (address !== (search || "")) written = address;
      const shown = read(address, choices);
      offerOwn(shown.tz);
      /* Blanks around a search are no part of it, but they are of what is being typed. */
      if (shown.q === now.q.trim()) shown.q = now.q;
      /* "Custom" without dates yet is a state of the control alone. */
      if (fromPage && now.range === "custom" && shown.range === USUAL) shown.range = "custom";
      const put = (value, old) => (same(value, old) ? keep : value);
      const options = LISTS.map((name) => {
        const known = choices.values[name] || [];
        /* What was typed may be among values that no menu has room for: the server found them. */
        return [...new Set([...known, ...(found[name] || []), ...shown[name]])];
      });
      /* At first the menus are as the server made them. */
      window.mmbatchOptions = window.mmbatchOptions || (offered ? Object.fromEntries(LISTS.map((name, place) => [name, options[place]])) : {});
      const lists = LISTS.map((name, place) => put(shown[name], now[name]));
      const menus = LISTS.map((name, place) => {
        const had = window.mmbatchOptions[name] || [];
        if (same(options[place], had)) return keep;
        /* News do not draw the menu anew that someone is choosing from: the focus would leave the value it stands on. */
        const heldBack = isOpen(name) && !changed.includes("filters-found.data") && shown[name].every((one) => had.includes(one));
        if (heldBack) { offerOnceClosed(name, offered); return keep; }
        window.mmbatchOptions[name] = options[place];
        return options[place];
      });
      return [
        address === (search || "") ? keep : address,
        put(shown.range, range), put(shown.start, now.start), put(shown.end, now.end), put(shown.basis, basis),
        put(shown.q, now.q), put(shown.tz, tz), put(shown.engineering, now.engineering),
        ...lists, ...menus, shown.range !== "custom",
      ];
    },
  });
})();
