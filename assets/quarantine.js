/* Buttons of the quarantine's table; what cannot be taken back is asked in a dialog that no news draw anew. */
(function () {
  "use strict";
  const buttons = () => document.querySelectorAll("#react-entry-point [data-settle]");
  let asked = null;

  function settle(want, ids) {
    for (const button of buttons()) button.disabled = true;
    const wish = { want, ids: ids.split(","), at: Date.now() };
    window.dash_clientside.set_props("quarantine-wish", { data: wish });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#react-entry-point [data-settle]");
    const answer = event.target.closest("#react-entry-point [data-answer]");
    if (button && button.dataset.asked) {
      asked = { want: button.dataset.settle, ids: button.dataset.ids };
      document.querySelector("#react-entry-point #" + button.dataset.asked).showModal();
    } else if (button) {
      settle(button.dataset.settle, button.dataset.ids);
    } else if (answer) {
      answer.closest("dialog").close();
      if (answer.dataset.answer === "yes" && asked) settle(asked.want, asked.ids);
      asked = null;
    }
  });

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.mmbatch = Object.assign(window.dash_clientside.mmbatch || {}, {
    /* An answer came, or a problem: the same table may stand, and its buttons work again. */
    settled: function () {
      for (const button of buttons()) button.disabled = false;
      return window.dash_clientside.no_update;
    },
  });
})();
