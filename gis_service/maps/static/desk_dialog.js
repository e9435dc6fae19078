/* Dialogs of the desk: the browser's own, which keeps the focus inside; the answer is a promise. */
(function () {
  "use strict";
  const GIS = window.GIS;
  let number = 0;

  /* Shows title, content and buttons {value, title, primary, danger, check}; gives the value pressed, null for Escape. */
  GIS.ask = function (title, content, buttons, { wide } = {}) {
    number += 1;
    const id = `dialog-${number}`;
    return new Promise((done) => {
      const close = (value) => { dialog.close(); dialog.remove(); done(value); };
      const dialog = GIS.el("dialog", { class: wide ? "ask wide" : "ask", "aria-labelledby": id },
        GIS.el("h2", { id }, title), GIS.el("div", { class: "ask-body" }, content),
        GIS.el("div", { class: "ask-buttons" }, buttons.map((each) => GIS.el("button", { type: "button",
          class: each.primary ? "primary" : each.danger ? "danger" : "plain", data: { value: each.value },
          onclick: () => (!each.check || each.check()) && close(each.value) }, each.title))));
      dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(null); });
      dialog.addEventListener("keydown", (event) => { kept(dialog, event); event.stopPropagation(); });
      document.body.append(dialog);
      dialog.showModal();
      const first = dialog.querySelector("textarea, input, select, .primary");
      if (first) first.focus();
    });
  };

  /* Tab goes round inside. */
  function kept(dialog, event) {
    if (event.key !== "Tab") return;
    const stops = [...dialog.querySelectorAll("button, input, select, textarea")].filter((node) => !node.disabled);
    const next = stops.indexOf(document.activeElement) + (event.shiftKey ? -1 : 1);
    if (next >= 0 && next < stops.length) return;
    event.preventDefault();
    stops[next < 0 ? stops.length - 1 : 0].focus();
  }

  /* A labelled place to write; `node.value` is what was written. */
  GIS.textField = function (label, { rows, required, value } = {}) {
    number += 1;
    const id = `field-${number}`;
    const input = rows ? GIS.el("textarea", { id, rows, maxlength: 500, required }, value)
      : GIS.el("input", { id, type: "text", maxlength: 100, required, value });
    return { input, node: GIS.el("p", { class: "field" }, GIS.el("label", { for: id }, label), input) };
  };

  /* One written answer; null when the person gave up. With `required` an empty one does not pass. */
  GIS.askText = async function (title, label, { action, required, value, rows = 4, about, danger } = {}) {
    const field = GIS.textField(label, { rows, required, value });
    const told = GIS.el("p", { class: "refusal", role: "alert" });
    const check = () => {
      if (!required || field.input.value.trim()) return true;
      GIS.fill(told, `请填写${label}。`);
      field.input.focus();
      return false;
    };
    const answer = await GIS.ask(title, [about && GIS.el("p", {}, about), field.node, told],
      [{ value: "no", title: "取消" }, { value: "yes", title: action, primary: !danger, danger, check }]);
    return answer === "yes" ? field.input.value.trim() : null;
  };
})();
