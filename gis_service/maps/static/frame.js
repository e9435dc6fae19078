/* The frame around the map: the panel that folds, printing on A4 and A3, the choice of a division, Escape. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const byId = (id) => document.getElementById(id);
  const nonce = document.currentScript.nonce || null;

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

  const PAPERS = { A4: { width: 1062, height: 724 }, A3: { width: 1526, height: 1063 } };  // px within the margins, landscape
  const AROUND = 84;  // px of a sheet for title and status line; print.css has the same
  const PATIENCE_MS = 15000;
  const root = document.documentElement;

  function reshape(page, bounds) {
    page.map.invalidateSize({ animate: false, pan: false });
    page.map.fitBounds(bounds, { animate: false });
  }

  /* Every tile of the view stands, or none came for too long. */
  async function standing(page) {
    const grids = [page.base, ...[...page.layers.values()].map((layer) => layer.group)].filter((group) => group && group.isLoading);
    const until = Date.now() + PATIENCE_MS;
    while (grids.some((grid) => page.map.hasLayer(grid) && grid.isLoading()) && Date.now() < until) {
      await new Promise((wake) => setTimeout(wake, 50));
    }
    page.labels.redraw();
    return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }

  /* The tiles of a layer become one picture, since side by side they leave faint seams on paper; the answer undoes it. */
  function joined(holder) {
    const tiles = [...holder.querySelectorAll("canvas.leaflet-tile")];
    if (!tiles.length) return () => {};
    const places = tiles.map((tile) => L.DomUtil.getPosition(tile));
    const corner = L.bounds(places).min;
    const size = L.bounds(places).getSize().add([tiles[0].offsetWidth, tiles[0].offsetHeight]);
    const sharp = tiles[0].width / tiles[0].offsetWidth;
    const whole = GIS.el("canvas", { class: "leaflet-layer", width: Math.round(size.x * sharp), height: Math.round(size.y * sharp) });
    const context = GIS.penOf(whole);
    tiles.forEach((tile, at) => context.drawImage(tile, (places[at].x - corner.x) * sharp, (places[at].y - corner.y) * sharp));
    Object.assign(whole.style, { width: `${size.x}px`, height: `${size.y}px` });
    L.DomUtil.setPosition(whole, corner);
    holder.append(whole);
    holder.classList.add("joined");
    return () => {
      whole.remove();
      holder.classList.remove("joined");
    };
  }

  function lay(paper) {
    const { width, height } = PAPERS[paper];
    root.style.setProperty("--sheet-width", `${width}px`);
    root.style.setProperty("--sheet-height", `${height}px`);
    byId("sheet").textContent = `@page { size: ${paper} landscape; margin: 8mm; }`;
  }

  /* The map takes the shape of the sheet and is drawn again; when this resolves its canvases hold pixels. */
  GIS.prepareSheet = async function (page, paper) {
    page.viewBeforePrint = page.map.getBounds();
    lay(paper);
    root.classList.add("printing");
    reshape(page, page.viewBeforePrint);
    await standing(page);
    page.apart = [...page.map.getPane("mapPane").querySelectorAll(".tile-grid .leaflet-tile-container")].map(joined);
  };

  /* Printed without our button: what stands on the screen is scaled onto the sheet, for a canvas drawn now prints empty. */
  function asItStands(page) {
    const { x, y } = page.map.getSize();
    const stage = page.map.getContainer().parentElement.style;
    lay("A4");
    stage.setProperty("--screen-width", `${x}px`);
    stage.setProperty("--screen-height", `${y}px`);
    stage.setProperty("--to-sheet", Math.min(PAPERS.A4.width / x, (PAPERS.A4.height - AROUND) / y));
    root.classList.add("printing", "as-it-stands");
  }

  function leave(page) {
    const redrawn = !root.classList.contains("as-it-stands");
    root.classList.remove("printing", "as-it-stands");
    (page.apart || []).forEach((undo) => undo());
    page.apart = [];
    if (redrawn && page.viewBeforePrint) reshape(page, page.viewBeforePrint);
  }

  function wirePrint(page) {
    const print = async (paper) => {
      byId("print").disabled = true;
      await GIS.prepareSheet(page, paper);
      byId("print").disabled = false;
      window.print();
      leave(page);
    };
    document.head.append(GIS.el("style", { id: "sheet", nonce }));
    byId("print").addEventListener("click", () => print(byId("paper").value));
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "p") {
        event.preventDefault();
        print(byId("paper").value);
      }
    });
    window.addEventListener("beforeprint", () => root.classList.contains("printing") || asItStands(page));
    window.addEventListener("afterprint", () => root.classList.contains("as-it-stands") && leave(page));
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
      const held = chosen && page.desk && page.desk.heldIn ? page.desk.heldIn() : [];
      page.zoomTo(held.length ? held : chosen && chosen.geometry ? [chosen.geometry] : page.home || []);
      onchange();
    });
  };
})();
