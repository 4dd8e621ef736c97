/* Keys for a menu that has opened but does not have the focus yet wait until it does: on a slow machine, and under quick
   fingers, they would reach its button and be lost. The menu moves the focus only with the next frame. */
(function () {
  "use strict";
  const STEPS = ["ArrowDown", "ArrowUp", "PageDown", "PageUp", "Home", "End", "Tab"];
  const ANSWERS = ["Enter", "Escape", " "];
  const LONGEST_MS = 2000;
  let queue = [], waiting = false, serving = false;

  const inMenu = (part) => part instanceof Element && part.closest(".dash-dropdown-content");
  const opened = (part) => part instanceof Element && part.matches('.dash-dropdown[aria-expanded="true"]');

  /* As the browser would do it: keys that a script sends do not press anything themselves. */
  function send(key) {
    const place = document.activeElement || document.body;
    const event = new KeyboardEvent(key.type, { ...key, bubbles: true, cancelable: true });
    const free = place.dispatchEvent(event);
    if (free && key.type === "keyup" && key.key === " " && place.matches("input[type=checkbox], input[type=radio], button")) place.click();
  }
  function serve() {
    waiting = false;
    serving = true;
    while (queue.length && !waiting) {
      const key = queue.shift();
      if (key.type === "keydown" && STEPS.includes(key.key) && inMenu(document.activeElement)) awaitFocus(3);
      send(key);
    }
    serving = false;
  }
  /* The focus, or so many frames without it: the step led to where it was. */
  function awaitFocus(frames) {
    const since = Date.now();
    let left = frames, done = false;
    waiting = true;
    const end = () => {
      if (done) return;
      done = true;
      document.removeEventListener("focusin", come, true);
      setTimeout(serve, 0);
    };
    const come = (event) => { if (inMenu(event.target)) end(); };
    const count = () => {
      if (frames ? left-- <= 0 : Date.now() - since > LONGEST_MS || !document.querySelector(".dash-dropdown-content")) end();
      else if (!done) requestAnimationFrame(count);
    };
    document.addEventListener("focusin", come, true);
    requestAnimationFrame(count);
  }

  const hear = (event) => {
    if (serving || !event.isTrusted || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS.includes(event.key);
    if (!step && !ANSWERS.includes(event.key)) return;
    const early = event.type === "keydown" && event.key !== "Escape" && opened(event.target);
    if (!waiting && !queue.length && !early) {
      if (event.type === "keydown" && step && inMenu(event.target)) awaitFocus(3);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    queue.push({ type: event.type, key: event.key, code: event.code, shiftKey: event.shiftKey });
    if (!waiting) awaitFocus(0);
  };
  window.addEventListener("keydown", hear, true);
  window.addEventListener("keyup", hear, true);
})();
