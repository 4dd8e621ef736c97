/* Presentation of the Configuration page: rows of maps, the draft that survives leaving, buttons made by tables. */
(function () {
  "use strict";
  const DRAFT = "mmbatch-configuration-draft";
  const setProps = (id, props) => window.dash_clientside.set_props(id, props);
  const stored = () => {
    try { return JSON.parse(sessionStorage.getItem(DRAFT)); } catch (error) { return null; }
  };
  const store = (draft) => {
    try {
      if (draft) sessionStorage.setItem(DRAFT, JSON.stringify(draft));
      else sessionStorage.removeItem(DRAFT);
    } catch (error) { /* a private window keeps it only while the page is open */ }
  };
  let unsaved = false;

  const pairsOf = (box) => [...box.querySelectorAll(".configuration-entry")].map((row) =>
    [...row.querySelectorAll("input")].map((input) => input.value));
  const tell = (box) => setProps(box.dataset.store, { data: pairsOf(box) });
  const input = (box, part, place, value) => {
    const field = document.createElement("input");
    field.type = "text";
    field.value = value;
    field.autocomplete = "off";
    field.placeholder = box.dataset[part];
    field.setAttribute("aria-label", box.dataset.title + ", row " + (place + 1) + ", " + box.dataset[part]);
    return field;
  };
  const draw = (box, pairs) => {
    box.replaceChildren(...pairs.map(([name, value], place) => {
      const row = document.createElement("div");
      row.className = "configuration-entry";
      const remove = document.createElement("button");
      remove.type = "button";
      remove.className = "configuration-remove";
      remove.textContent = "×";
      remove.setAttribute("aria-label", "Remove row " + (place + 1) + " of " + box.dataset.title);
      row.append(input(box, "name", place, name), input(box, "value", place, value), remove);
      return row;
    }));
  };

  let typing = 0;
  document.addEventListener("input", (event) => {
    const box = event.target.closest(".configuration-entries");
    if (!box) return;
    clearTimeout(typing);
    typing = setTimeout(() => tell(box), 250);
  });
  document.addEventListener("change", (event) => {
    const box = event.target.closest(".configuration-entries");
    if (box) tell(box);
  });
  document.addEventListener("click", (event) => {
    const on = (selector) => event.target.closest(selector);
    const add = on("[data-add-to]"), remove = on(".configuration-remove");
    const reset = on("[data-reset]"), want = on("[data-want]");
    if (add) {
      const box = document.getElementById(add.dataset.addTo);
      draw(box, [...pairsOf(box), ["", ""]]);
      tell(box);
      box.lastElementChild.querySelector("input").focus();
    } else if (remove) {
      const box = remove.closest(".configuration-entries");
      remove.closest(".configuration-entry").remove();
      draw(box, pairsOf(box));
      tell(box);
    } else if (reset) {
      setProps(reset.dataset.reset, { [reset.dataset.resetProp]: JSON.parse(reset.dataset.resetValue) });
    } else if (want) {
      const wish = { want: want.dataset.want, version: want.dataset.version || null, at: Date.now() };
      setProps("configuration-wanted", { data: wish });
    }
  });
  window.addEventListener("beforeunload", (event) => {
    if (unsaved && document.getElementById("configuration-bar")) event.preventDefault();
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.mmbatch = Object.assign(window.dash_clientside.mmbatch || {}, {
    /* A signal says that the draft is saved or dropped; without one the page was just opened and takes it up. */
    takeDraft: function (signal, opened) {
      if (signal) store(null);
      const draft = signal ? null : stored();
      window.mmbatchShowSection();
      /* The page mostly comes with what is in force in it; what an address proposes is put in by the server. */
      const asked = signal || draft || !opened || new URLSearchParams(location.search).has("set");
      return asked ? { draft, at: Date.now() } : window.dash_clientside.no_update;
    },
    keepDraft: function (changes) {
      const count = changes ? Object.keys(changes.values).length : 0;
      unsaved = count > 0;
      store(unsaved ? changes : null);
      window.mmbatchShowSection();
      return String(count);
    },
    drawEntries: function (pairs, id) {
      const box = document.getElementById(id), wanted = pairs || [];
      if (box && JSON.stringify(pairsOf(box)) !== JSON.stringify(wanted)) draw(box, wanted);
      return String(wanted.length);
    },
  });
})();
