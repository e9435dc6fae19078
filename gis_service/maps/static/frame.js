/* The frame around the map: the panel that folds, printing on A4, the choice of a division, Escape. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const byId = (id) => document.getElementById(id);

  GIS.skeleton = function () {
    const body = byId("panel-body");
    setTimeout(() => {
      if (!body.childElementCount) {
        body.append(...[88, 64, 76, 58, 82, 70].map((width) => GIS.el("div", { class: "bone", css: { width: `${width}%` } })));
      }
    }, 300);
  };

  function wirePanel(page) {
    const button = byId("panel-toggle");
    button.addEventListener("click", () => {
      const folded = document.body.classList.toggle("panel-folded");
      button.setAttribute("aria-expanded", String(!folded));
      button.setAttribute("aria-label", folded ? "展开左侧面板" : "收起左侧面板");
      setTimeout(() => page.map.invalidateSize({ pan: false }), 210);
    });
  }

  /* Canvases keep their pixels when paper comes; so the map is given the shape of the sheet first. */
  function wirePrint(page) {
    const enter = () => {
      if (document.documentElement.classList.contains("printing")) return;
      page.viewBeforePrint = page.map.getBounds();
      document.documentElement.classList.add("printing");
      page.map.invalidateSize({ animate: false, pan: false });
      page.map.fitBounds(page.viewBeforePrint, { animate: false });
      page.labels.redraw();
    };
    const leave = () => {
      document.documentElement.classList.remove("printing");
      page.map.invalidateSize({ animate: false, pan: false });
      if (page.viewBeforePrint) page.map.fitBounds(page.viewBeforePrint, { animate: false });
    };
    window.addEventListener("beforeprint", enter);
    window.addEventListener("afterprint", leave);
    byId("print").addEventListener("click", () => window.print());
  }

  /* The status line has room for one sentence; pressed, it shows what every layer means. */
  function wireDefinitions(page) {
    const button = byId("definition");
    const box = byId("definitions");
    const show = (open) => {
      box.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
      if (open) box.focus();
    };
    GIS.fill(box, GIS.el("h2", {}, "本图口径"), GIS.el("p", {}, page.config.definition),
      page.config.map.layers.map((id) => page.config.layers[id]).map((layer) =>
        [GIS.el("h3", {}, layer.title), GIS.el("p", {}, layer.description)]));
    button.addEventListener("click", () => show(box.hidden));
    document.addEventListener("keydown", (event) => event.key === "Escape" && show(false));
    page.map.on("click", () => show(false));
  }

  GIS.wireFrame = function (page) {
    wirePanel(page);
    wireDefinitions(page);
    wirePrint(page);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") {
        page.map.closePopup();
        if (page.desk && page.desk.escape) page.desk.escape();
      }
    });
    window.addEventListener("resize", () => page.map.invalidateSize({ pan: false }));
  };

  function option(division, depth) {
    return GIS.el("option", { value: division.code }, "　".repeat(depth) + division.name);
  }

  function branch(divisions, parent, depth) {
    return divisions.filter((division) => (division.parent_code || "") === parent)
      .flatMap((division) => [option(division, depth), ...branch(divisions, division.code, depth + 1)]);
  }

  /* Fills the division switch of the top bar with counties and streets that hold something. */
  GIS.wireDivisions = function (page, features, used, onchange) {
    const select = byId("division");
    if (!select) return;
    const divisions = features.map((feature) => feature.properties)
      .filter((division) => division.level !== "neighborhood" && used.has(division.code));
    const codes = new Set(divisions.map((division) => division.code));
    const rooted = divisions.map((division) => (codes.has(division.parent_code) ? division : { ...division, parent_code: "" }));
    GIS.fill(select, GIS.el("option", { value: "" }, `全市（${page.config.city}）`), branch(rooted, "", 0));
    select.disabled = false;
    select.addEventListener("change", () => {
      page.division = select.value;
      const chosen = features.find((feature) => feature.properties.code === select.value);
      page.zoomTo(chosen && chosen.geometry ? [chosen.geometry] : page.home || []);
      onchange();
    });
  };
})();
