/* The legend, which is the layer switch too: every layer with a box to tick and its rules with their pictures. */
(function () {
  "use strict";
  const GIS = window.GIS;

  function ruleRows(layer) {
    return layer.declared.style.rule.filter((rule) => rule.title).map((rule) =>
      GIS.el("li", {}, GIS.swatch(rule, layer.kind), GIS.el("span", {}, rule.title)));
  }

  function layerBlock(page, layer) {
    const box = GIS.el("input", {
      type: "checkbox", checked: layer.visible, data: { layer: layer.id },
      onchange: (event) => page.showLayer(layer.id, event.target.checked),
    });
    const rules = layer.legendRows ? layer.legendRows() : ruleRows(layer);
    const single = rules.length === 1;
    const far = layer.visible && layer.tooFar();
    return GIS.el("section", { class: far ? "legend-layer far" : "legend-layer" },
      GIS.el("label", {}, box, single && rules[0].firstChild, GIS.el("span", {}, layer.declared.title), far && GIS.el("small", {}, "放大后显示")),
      !single && layer.visible && GIS.el("ul", {}, rules));
  }

  function baseBlock(page) {
    const box = GIS.el("input", { type: "checkbox", checked: true, data: { layer: "base" },
      onchange: (event) => page.showBase(event.target.checked) });
    return GIS.el("section", { class: "legend-layer base" }, GIS.el("label", {}, box, GIS.el("span", {}, "底图（本地地名库）")));
  }

  GIS.drawLegend = function (page) {
    const body = document.getElementById("legend-body");
    const extra = page.desk && page.desk.legend ? page.desk.legend() : null;
    GIS.fill(body, [...page.layers.values()].filter((layer) => !layer.offLegend).map((layer) => layerBlock(page, layer)),
      extra, page.base && baseBlock(page));
  };

  GIS.wireLegend = function () {
    const button = document.getElementById("legend-toggle");
    const body = document.getElementById("legend-body");
    const show = (open) => {
      button.setAttribute("aria-expanded", String(open));
      body.hidden = !open;
    };
    button.addEventListener("click", () => show(body.hidden));
    show(!window.matchMedia("(max-width: 700px)").matches);
  };
})();
