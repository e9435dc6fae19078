/* What the map shows of the one chosen area: coloured edges, bridged stretches, open sides, outlines to choose from. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const HATCHES = ["diagonal", "back", "horizontal", "vertical"];
  const BRIDGE = { color: "#ffffff", weight: 2.5, dashArray: "5 4", lineCap: "butt" };
  const OUTLINE = { color: "#574581", weight: 2.5, dashArray: "10 5", lineCap: "butt" };
  const WIDTH = 5;
  const SEATS = [0.5, 0.3, 0.7]; // where along an edge its name stands: the first that is free

  const latlngs = (line) => line.map(([lon, lat]) => [lat, lon]);
  const asLine = (line) => ({ type: "LineString", coordinates: line });
  const asArea = (ring) => ({ type: "Polygon", coordinates: [ring] });

  GIS.AreaMarks = class {
    constructor(page) {
      Object.assign(this, { page, group: L.featureGroup(), feature: null, edges: [], bridges: [], alternatives: [], open: [] });
    }

    show(feature) {
      this.clear();
      Object.assign(this, { feature, edges: GIS.edgesOf(feature), bridges: GIS.bridgesOf(feature),
        alternatives: GIS.alternativesOf(feature) });
      if (!this.alternatives.length) this.open = GIS.openMarks(feature, this.shapes());
      this._draw();
    }

    clear() {
      this.group.clearLayers();
      Object.assign(this, { feature: null, edges: [], bridges: [], alternatives: [], open: [] });
    }

    /* What the view should hold: the area, or while there is none all that could be drawn of it, and its open sides. */
    shapes() {
      const drawn = [...this.alternatives.map(({ ring }) => asArea(ring)), ...this.edges.map(({ line }) => asLine(line))];
      return [...(this.feature.geometry ? [this.feature.geometry] : drawn), ...this.open.map(({ arrow }) => asLine(arrow))];
    }

    _line(line, style) {
      L.polyline(latlngs(line), { renderer: this.page.canvas, interactive: false, fill: false, ...style }).addTo(this.group);
    }

    _draw() {
      this.alternatives.forEach(({ ring }, index) => this._line(ring, { ...OUTLINE, casing: "#ffffff", fill: true, fillColor: "#7b61b5",
        fillOpacity: 0.1, hatch: HATCHES[index % HATCHES.length], hatchColor: OUTLINE.color, hatchOpacity: 0.3 }));
      this.edges.forEach(({ side, line }) => this._line(line, { color: GIS.SIDES[side].color, weight: WIDTH, casing: "#ffffff" }));
      this.bridges.forEach(({ lines }) => lines.forEach((line) => this._line(line, BRIDGE)));
      this.open.forEach(({ edge, arrow }) => {
        if (edge) this._line(edge, { color: GIS.OPEN, weight: 3, dashArray: "1 7" });
        this._line(arrow, { color: GIS.OPEN, weight: 2.5, dashArray: "1 5" });
      });
      this.group.addTo(this.page.map);
    }

    legend() {
      const row = (title, ...swatch) => GIS.el("li", {}, GIS.swatch(...swatch), GIS.el("span", {}, title));
      return GIS.el("ul", {}, Object.values(GIS.SIDES).map(({ words, color }) => row(`${words}边`, { stroke: color, width: 4 }, "line")),
        row("补接的一段", { stroke: GIS.SIDES.W.color, width: WIDTH, inner: BRIDGE.color }, "line"),
        row("未落图的边", { stroke: GIS.OPEN, width: 3, dash: "1.5 5" }, "line"),
        row("可能的范围（有歧义）", { stroke: OUTLINE.color, width: 2, dash: "6 3", fill: "#7b61b5", opacity: 0.1 }, "area"));
    }

    labels(view) {
      const at = (position) => {
        const [x, y] = GIS.world(position);
        return { x: view.x(x), y: view.y(y) };
      };
      const plate = (text, color, priority, size = 12) => ({ text, size, weight: 700, color, plate: "#ffffff", priority });
      return [
        ...this.open.map(({ side, arrow }) => ({ ...at(arrow[1]), ...plate(`${GIS.SIDES[side].words}：未落图`, GIS.OPEN, 95), plate: "#fff5f5" })),
        ...this.alternatives.map(({ name, ring }) => ({ ...at(GIS.labelPosition(asArea(ring))), ...plate(name, OUTLINE.color, 94, 14) })),
        ...this.bridges.map(({ side, metres, lines }) => ({ ...this._beside(at, GIS.along(GIS.longest(lines), 0.5)),
          ...plate(`补接 ${Math.round(metres)} m`, GIS.SIDES[side].color, 91) })),
        ...Object.entries(this._bySide()).flatMap(([side, lines]) => SEATS.map((share, turn) => ({ once: true,
          ...at(GIS.along(GIS.longest(lines), share)), ...plate(GIS.SIDES[side].words, GIS.SIDES[side].color, 93 - turn * 0.1, 13) }))),
      ];
    }

    _bySide() {
      const found = {};
      this.edges.forEach(({ side, line }) => { (found[side] = found[side] || []).push(line); });
      return found;
    }

    /* Outside of the area, so that the words do not lie on what they speak of. */
    _beside(at, position) {
      const place = at(position);
      const inside = at(GIS.labelPosition(this.feature.geometry || asLine([position])));
      const [dx, dy] = [place.x - inside.x, place.y - inside.y];
      const away = Math.hypot(dx, dy) || 1;
      return { x: place.x + (dx / away) * 48, y: place.y + (dy / away) * 26 };
    }
  };
})();
