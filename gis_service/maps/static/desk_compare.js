/* Two outlines in one small picture: what one has more and the other less, with the square metres. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const SIZE = { width: 460, height: 260, around: 14 };
  const STYLES = {
    before: { fill: "#8a8f98", "fill-opacity": 0.12, stroke: "#5b6470", "stroke-width": 2, "stroke-dasharray": "6 4" },
    after: { fill: "none", stroke: "#0b5cad", "stroke-width": 2.5 },
    added: { fill: "#2f855a", "fill-opacity": 0.55, stroke: "none" },
    removed: { fill: "#c53030", "fill-opacity": 0.55, stroke: "none" },
  };

  function projector(geometries) {
    const bounds = GIS.boundsOf(geometries);
    const [mx, my] = GIS.metres(bounds.getCenter().lat);
    const [wide, high] = [(bounds.getEast() - bounds.getWest()) * mx || 1, (bounds.getNorth() - bounds.getSouth()) * my || 1];
    const scale = Math.min((SIZE.width - 2 * SIZE.around) / wide, (SIZE.height - 2 * SIZE.around) / high);
    const [left, top] = [(SIZE.width - wide * scale) / 2, (SIZE.height - high * scale) / 2];
    return ([lon, lat]) => `${(left + (lon - bounds.getWest()) * mx * scale).toFixed(1)} ${(top + (bounds.getNorth() - lat) * my * scale).toFixed(1)}`;
  }

  const outline = (geometry, place) => GIS.paths(geometry).map((path) => `M${path.map(place).join("L")}Z`).join("");

  /* The picture of {before, after, added, removed}, each a geometry or nothing; `names` says whose the outlines are. */
  GIS.comparison = function (shapes, names) {
    const known = Object.keys(STYLES).filter((key) => shapes[key]);
    const place = projector(known.map((key) => shapes[key]));
    const picture = GIS.svg("svg", { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, role: "img", class: "comparison",
      "aria-label": `${names.before}与${names.after}的比较` },
    known.map((key) => GIS.svg("path", { d: outline(shapes[key], place), "fill-rule": "evenodd", ...STYLES[key] })));
    const swatch = (key) => GIS.svg("svg", { width: 22, height: 12, "aria-hidden": "true" },
      GIS.svg("rect", { x: 1.5, y: 1.5, width: 19, height: 9, ...STYLES[key] }));
    const row = (key, words) => words && GIS.el("li", {}, swatch(key), GIS.el("span", {}, words));
    return GIS.el("div", { class: "compared" }, picture, GIS.el("ul", {}, row("before", names.before), row("after", names.after),
      row("added", shapes.added && `多出 ${GIS.area(shapes.added_m2)}`), row("removed", shapes.removed && `减少 ${GIS.area(shapes.removed_m2)}`)),
    !shapes.added && !shapes.removed && GIS.el("p", { class: "nothing" }, "两个图形相同。"));
  };

  /* Somebody saved a newer version meanwhile: both are shown; “mine”, “theirs” or null to go on. */
  GIS.askNewer = function ({ current, difference }, mine) {
    const who = current && current.author ? `${current.author_name}（${GIS.moment(current.created_at)}）` : "别人";
    const shapes = { before: current && current.geometry, after: mine, ...difference };
    return GIS.ask("别人已经更新了这个区域", [
      GIS.el("p", {}, `${who}已保存${current ? `第 ${current.number} 版` : "新的内容"}。您的图形没有覆盖它，仍存在本机。`),
      shapes.before && shapes.after ? GIS.comparison(shapes, { before: `对方的第 ${current.number} 版`, after: "您的图形" })
        : GIS.el("p", { class: "nothing" }, "请先看对方的内容，再决定怎么做。")],
    [{ value: "later", title: "继续编辑" }, { value: "theirs", title: "采用对方的，放弃我的", danger: true },
      ...(mine ? [{ value: "mine", title: "把我的存为新的一版", primary: true }] : [])], { wide: true })
      .then((answer) => (answer === "later" ? null : answer));
  };
})();
