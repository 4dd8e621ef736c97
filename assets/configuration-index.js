/* The index: one section at a time by the address, keys that are changed before all, any key found by its words. */
(function () {
  "use strict";
  const CHANGED = "configuration-at-changed", ROOT = "#react-entry-point ";
  const all = (selector, from) => [...(from || document).querySelectorAll(from ? selector : ROOT + selector)];
  const marked = (field) => ["is-differing", "is-overridden", "is-changed", "is-wrong"].some((name) => field.classList.contains(name));
  /* A sheet of its own: classes would be wiped whenever a row is drawn anew. */
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  let seen = new Set(), before = "";

  function show() {
    const page = all(".configuration-page")[0], search = document.getElementById("configuration-search");
    if (!page || !search) return;
    const links = all(".configuration-index a"), named = location.hash.slice(1);
    const first = all("#configuration-form .is-differing, #configuration-form .is-overridden, #configuration-form .is-changed").length ? CHANGED : links[1].hash.slice(1);
    const place = links.some((link) => link.hash === "#" + named) ? named : first;
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const mode = words.length ? "search" : place;
    /* What was changed when one came stays, or a key put back to its default would vanish under the hand. */
    if (mode !== before) seen = new Set();
    before = mode;
    const hidden = [];
    let fields = 0;
    for (const section of all(".configuration-section")) {
      let here = 0, count = 0, unsaved = false, wrong = false;
      const keys = all(".configuration-field", section);
      for (const field of keys) {
        if (mode === CHANGED && marked(field)) seen.add(field.id);
        const about = words.length ? field.querySelector(".configuration-about").textContent.toLowerCase() : "";
        const fits = words.length ? words.every((word) => about.includes(word)) : mode === CHANGED ? seen.has(field.id) : true;
        if (!fits) hidden.push(field.id);
        here += fits ? 1 : 0;
        count += marked(field) ? 1 : 0;
        unsaved = unsaved || field.classList.contains("is-changed");
        wrong = wrong || field.classList.contains("is-wrong");
      }
      const shown = mode === "search" || mode === CHANGED ? here > 0 : section.id === place;
      if (!shown) hidden.push(section.id);
      fields += shown ? here : 0;
      const link = links.find((one) => one.hash === "#" + section.id);
      if (link && keys.length) tell(link, count, unsaved, wrong);
    }
    const every = all("#configuration-form .configuration-field").filter(marked);
    tell(links[0], every.length, every.some((one) => one.classList.contains("is-changed")), every.some((one) => one.classList.contains("is-wrong")));
    sheet.replaceSync(hidden.length ? hidden.map((id) => ROOT + "#" + CSS.escape(id)).join(",") + "{display:none!important}" : "");
    page.dataset.shown = mode;
    const none = document.getElementById("configuration-none");
    const said = fields ? "" : mode === "search" ? "No key fits." : mode === CHANGED ? "Every key has its default." : "";
    if (none && none.textContent !== said) none.textContent = said;
    for (const link of links) {
      if (!words.length && link.hash === "#" + place) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  }

  function tell(link, count, unsaved, wrong) {
    const number = link.querySelector(".configuration-number");
    const said = wrong ? "▲" : unsaved ? "●" : count ? String(count) : "";
    if (number.textContent === said) return;
    number.textContent = said;
    number.classList.toggle("is-not-valid", wrong);
    number.classList.toggle("is-unsaved", unsaved && !wrong);
    number.title = wrong ? "A value is not valid" : unsaved ? "Unsaved changes" : "Keys that differ from their default or are overridden";
  }

  window.mmbatchShowSection = () => requestAnimationFrame(show);
  document.addEventListener("input", (event) => { if (event.target.id === "configuration-search") show(); });
  /* A section is chosen: what was searched for is done with, and its first line stands at the top. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".configuration-index a");
    const search = document.getElementById("configuration-search");
    if (!link || !search) return;
    search.value = "";
    setTimeout(() => { show(); scrollTo(0, 0); }, 0);
  });
  addEventListener("hashchange", show);
})();
