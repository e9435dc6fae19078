/* Lists beside the map: rows that are buttons, walked with the arrow keys, and groups of choices like tabs and chips. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const AT_ONCE = 200;

  function walk(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const rows = [...event.currentTarget.querySelectorAll("button.row")];
    const next = rows[rows.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1)];
    if (!next) return;
    event.preventDefault();
    next.focus();
    if (event.currentTarget.dataset.follow) next.click();
  }

  GIS.walkRows = walk;

  /* A list may be written anew between press and release, and no click comes of it: the row that is now there is meant. */
  const sameRow = (one, other) => one.dataset.id === other.dataset.id && one.textContent === other.textContent;
  let pressed = null;
  document.addEventListener("pointerdown", ({ target, button }) => { pressed = button ? null : target.closest("button.row"); }, true);
  document.addEventListener("pointerup", ({ clientX, clientY }) => {
    const now = pressed && !pressed.isConnected && document.elementFromPoint(clientX, clientY)?.closest("button.row");
    if (now && sameRow(now, pressed)) now.click();
  }, true);

  function more(list, items, makeRow, from) {
    items.slice(from, from + AT_ONCE).forEach((item) => list.append(GIS.el("li", {}, makeRow(item))));
    if (items.length <= from + AT_ONCE) return;
    const rest = GIS.el("li", {}, GIS.el("button", { type: "button", class: "more", onclick: () => {
      rest.remove();
      more(list, items, makeRow, from + AT_ONCE);
    } }, `再显示 ${Math.min(AT_ONCE, items.length - from - AT_ONCE)} 条（共 ${items.length} 条）`));
    list.append(rest);
  }

  GIS.list = function (items, makeRow, options) {
    const settings = options || {};
    if (!items.length) return GIS.el("p", { class: "nothing" }, settings.empty || "没有符合条件的记录。");
    const list = GIS.el("ul", { class: "rows", "aria-label": settings.label, onkeydown: walk,
      data: settings.follow ? { follow: "1" } : {} });
    more(list, items, makeRow, 0);
    return list;
  };

  /* One row: a picture, a title, a line below it, something at the right. */
  GIS.row = function ({ picture, title, below, aside, id, chosen, onclick }) {
    return GIS.el("button", { type: "button", class: "row", "aria-current": chosen ? "true" : null, data: id ? { id } : {},
      onclick: (event) => {
        event.currentTarget.closest("ul").querySelectorAll("[aria-current]").forEach((row) => row.removeAttribute("aria-current"));
        event.currentTarget.setAttribute("aria-current", "true");
        onclick();
      } },
    picture && GIS.el("span", { class: "row-picture" }, picture),
    GIS.el("span", { class: "row-text" }, GIS.el("span", { class: "row-title" }, title),
      below && GIS.el("span", { class: "row-below" }, below)),
    aside && GIS.el("span", { class: "row-aside" }, aside));
  };

  /* Buttons of which exactly one is pressed. */
  GIS.choice = function (label, options, current, onchoose, className) {
    const buttons = options.map(({ value, title, count, picture }) => GIS.el("button", {
      type: "button", "aria-pressed": String(value === current), data: { value },
      onclick: () => onchoose(value),
    }, picture, GIS.el("span", {}, title), count !== undefined && GIS.el("b", {}, GIS.count(count))));
    return GIS.el("div", { class: className || "segments", role: "group", "aria-label": label }, buttons);
  };

  /* Buttons of which several may be pressed. */
  GIS.chips = function (label, options, pressed, onchange) {
    const buttons = options.map(({ value, title, count, picture }) => GIS.el("button", {
      type: "button", "aria-pressed": String(pressed.has(value)), data: { value },
      onclick: () => {
        const next = new Set(pressed);
        if (!next.delete(value)) next.add(value);
        onchange(next);
      },
    }, picture, GIS.el("span", {}, title), count !== null && GIS.el("b", {}, GIS.count(count))));
    return GIS.el("div", { class: "chips", role: "group", "aria-label": label }, buttons);
  };

  /* A bar of a share, with the figure written beside it, and a mark where a target stands. */
  GIS.meter = function (part, total, target) {
    const width = total ? (part / total) * 100 : 0;
    return GIS.el("span", { class: "meter", "aria-hidden": "true" }, GIS.el("i", { css: { width: `${width.toFixed(1)}%` } }),
      target && GIS.el("u", { css: { left: `${target * 100}%` } }));
  };
})();
