/* What other systems tell of divisions: each declared indicator as a measure of the desk, with its classes and its course. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const WIDTH = 300, HEIGHT = 76, LEFT = 8, RIGHT = 8, TOP = 20, BOTTOM = 18;
  const UNKNOWN = { title: "没有数值", stroke: "#8a8f98", width: 1, dash: "4 4", fill: "#ffffff", opacity: 0.3 };

  const told = (indicator, value) => (indicator.kind === "share" ? GIS.share(value, 1)
    : `${Number(value.toFixed(2))} ${indicator.unit}`.trim());

  GIS.figureWords = told;

  function measureOf(indicator) {
    const figure = (row) => (row.indicators || {})[indicator.id] || null;
    const rules = [...indicator.classes.map(({ at_least: value, title, colour: fill }) =>
      ({ value, title, fill, stroke: "#56606b", width: 1.2, opacity: 0.8 })), UNKNOWN];
    return {
      title: indicator.title, indicator, rules, figure, unit: "",
      of: (row) => ({ part: figure(row) ? figure(row).value : 0, total: figure(row) ? 1 : 0 }),
      rule: (row) => (figure(row) ? rules.slice(0, -1).filter(({ value }) => value <= figure(row).value).pop() || rules[0] : UNKNOWN),
      short: (row) => (figure(row) ? told(indicator, figure(row).value) : ""),
      words: (row) => (figure(row) ? told(indicator, figure(row).value) : "没有数值"),
    };
  }

  /* The indicators that the server declares become measures beside our own. */
  GIS.addIndicators = function (indicators) {
    (indicators || []).forEach((indicator) => { GIS.MEASURES[`indicator_${indicator.id}`] = measureOf(indicator); });
  };

  function drawn(indicator, points) {
    const values = points.map(({ value }) => value);
    const low = Math.min(...values), high = Math.max(...values);
    const x = (at) => LEFT + (points.length > 1 ? ((WIDTH - LEFT - RIGHT) * at) / (points.length - 1) : (WIDTH - LEFT - RIGHT) / 2);
    const y = (value) => TOP + (HEIGHT - TOP - BOTTOM) * (high > low ? 1 - (value - low) / (high - low) : 0.5);
    const text = (at, place, words, anchor) => GIS.svg("text", { x: at, y: place, "text-anchor": anchor, "font-size": 11, fill: "#4a5561" }, words);
    const last = points[points.length - 1];
    return GIS.svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", class: "trend-line",
      "aria-label": `${indicator.title}：${points.map(({ period, value }) => `${period} ${told(indicator, value)}`).join("，")}` },
    GIS.svg("polyline", { points: points.map(({ value }, at) => `${x(at)},${y(value)}`).join(" "), fill: "none", stroke: "#1f5a94", "stroke-width": 2 }),
    points.map(({ value }, at) => GIS.svg("circle", { cx: x(at), cy: y(value), r: 2.6, fill: "#1f5a94" })),
    text(LEFT, HEIGHT - 3, points[0].period, "start"),
    points.length > 1 && text(WIDTH - RIGHT, HEIGHT - 3, last.period, "end"),
    text(WIDTH - RIGHT, 12, told(indicator, last.value), "end"), points.length > 1 && text(LEFT, 12, told(indicator, values[0]), "start"));
  }

  GIS.drawTrend = drawn;

  /* The course of the indicator in the place that is chosen; it fills itself. */
  GIS.indicatorTrend = function (desk, indicator) {
    const box = GIS.el("div", { class: "trend", "aria-live": "polite" });
    const place = desk.within ? document.getElementById("division").selectedOptions[0].textContent.trim() : "全市";
    const more = [GIS.el("a", { href: GIS.address(`/indicators/${indicator.id}`, { within: desk.within }) }, "全部数字"), "　",
      indicator.map && GIS.el("a", { href: GIS.address(`/maps/${indicator.map}`) }, `逐个${indicator.subject_words}看`)];
    GIS.getJson(GIS.address(`/indicators/${indicator.id}/trend`, { within: desk.within, as_of: desk.asOf_ })).then(({ points }) => {
      GIS.fill(box, GIS.el("p", {}, `${place}，所报各项的${indicator.aggregate_words}　`, more),
        points.length ? drawn(indicator, points) : GIS.el("p", { class: "nothing" }, "还没有收到数值。"),
        GIS.el("p", { class: "source" }, `${indicator.definition}来源：${indicator.system}`));
    }).catch((error) => GIS.fill(box, GIS.el("p", { class: "nothing" }, `变化曲线未能读取（${error.message}）。`)));
    return box;
  };
})();
