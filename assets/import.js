/* Files dropped on a page go into the running server, which says what became of them: events and traces, or bills. */
(function () {
  "use strict";
  const base = new URL(document.currentScript.src).pathname.split("/assets/")[0];
  const zoneOf = (event) => event.target.closest && event.target.closest(".drop-zone");
  const cookie = (name) => (document.cookie.split("; ").find((one) => one.startsWith(name + "=")) || "").slice(name.length + 1);
  const count = (number) => Number(number).toLocaleString("en-US");

  class Refused extends Error {}

  async function ask(path, body) {
    const answer = await fetch(base + path, { method: "POST", body, headers: { "X-CSRFToken": decodeURIComponent(cookie("_csrf_token")) } });
    const said = await answer.json();
    if (!answer.ok) throw new Refused(said.message || "the server answered " + answer.status);
    return said.files;
  }

  async function sendEvents(files) {
    const body = new FormData();
    for (const file of files) body.append("file", file, file.name);
    const taken = await ask("/api/v1/import", body);
    setTimeout(() => window.dash_clientside.set_props("shell-token", { data: "import-" + Date.now() }), 1500);
    return taken.map((file) => `${file.name}: ${count(file.new)} new, ${count(file.known)} known already, ${count(file.kept_aside)} in quarantine` +
      (file.first_reason ? ` (${file.first_reason})` : ""));
  }

  async function sendBills(files) {
    const taken = [];
    for (const file of files) taken.push(...await ask("/api/v1/bill?name=" + encodeURIComponent(file.name), file));
    // The page reads a bill once, as it is opened.
    setTimeout(() => location.reload(), 1500);
    return taken.map((file) => `${file.name}: ${count(file.lines)} lines`);
  }

  async function send(zone, files) {
    const told = zone.parentElement.querySelector(".drop-told");
    if (!files.length || zone.getAttribute("aria-busy") === "true") return;
    zone.setAttribute("aria-busy", "true");
    told.textContent = "Importing " + [...files].map((file) => file.name).join(", ") + " …";
    try {
      told.textContent = (await (zone.dataset.takes === "bills" ? sendBills : sendEvents)(files)).join("; ") + ".";
    } catch (error) {
      told.textContent = "Not imported: " + (error instanceof Refused ? error.message : "the server does not answer.");
    }
    zone.removeAttribute("aria-busy");
  }

  for (const kind of ["dragover", "drop", "dragleave"])
    document.addEventListener(kind, (event) => {
      const zone = zoneOf(event);
      if (!zone) return;
      event.preventDefault();
      zone.classList.toggle("is-over", kind === "dragover");
      if (kind === "drop") send(zone, event.dataTransfer.files);
    });
  document.addEventListener("click", (event) => {
    const zone = zoneOf(event);
    if (!zone) return;
    const chooser = Object.assign(document.createElement("input"), { type: "file", multiple: true });
    chooser.addEventListener("change", () => send(zone, chooser.files));
    chooser.click();
  });
})();
