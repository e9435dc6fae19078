/* What a vertex may fall onto: corners and edges of neighbours and places, the near edge of a road or river of known width. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const CELL_M = 60;

  /* Segments and corners in square cells of the ground, so that finding the nearest looks at a few only. */
  GIS.SnapGround = class {
    constructor(lat) {
      [this.mx, this.my] = GIS.metres(lat);
      this.cells = new Map();
    }

    _xy([lon, lat]) {
      return [lon * this.mx, lat * this.my];
    }

    /* A line or ring; with `half` (m) the snap is to its edges at that distance, not to its middle. */
    add(path, { name = "", half = 0 } = {}) {
      const points = path.map((position) => this._xy(position));
      points.slice(1).forEach((to, index) => this._put({ from: points[index], to, ends: [path[index], path[index + 1]], name, half }));
    }

    _put(segment) {
      const reach = segment.half + CELL_M / 2;
      const range = (axis) => [Math.min(segment.from[axis], segment.to[axis]) - reach, Math.max(segment.from[axis], segment.to[axis]) + reach]
        .map((value) => Math.floor(value / CELL_M));
      const [[left, right], [low, high]] = [range(0), range(1)];
      for (let x = left; x <= right; x += 1) {
        for (let y = low; y <= high; y += 1) {
          const key = `${x},${y}`;
          if (!this.cells.has(key)) this.cells.set(key, []);
          this.cells.get(key).push(segment);
        }
      }
    }

    /* {position, name, corner} within so many metres, a corner before an edge; null where there is nothing. */
    near(position, metres) {
      const point = this._xy(position);
      const cell = this.cells.get(`${Math.floor(point[0] / CELL_M)},${Math.floor(point[1] / CELL_M)}`) || [];
      let best = null;
      let corner = null;
      cell.forEach((segment) => {
        const found = segment.half ? this._beside(segment, point) : this._on(segment, point);
        if (found && found.metres <= metres && (!best || found.metres < best.metres)) best = found;
        if (segment.half) return;
        segment.ends.forEach((end, index) => {
          const [x, y] = index ? segment.to : segment.from;
          const away = Math.hypot(x - point[0], y - point[1]);
          if (away <= metres && (!corner || away < corner.metres)) corner = { position: end, metres: away, name: segment.name, corner: true };
        });
      });
      return corner || best;
    }

    _on({ from, to, name }, [x, y]) {
      const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
      const length = dx * dx + dy * dy;
      const share = length ? Math.max(0, Math.min(1, ((x - from[0]) * dx + (y - from[1]) * dy) / length)) : 0;
      const foot = [from[0] + dx * share, from[1] + dy * share];
      return { foot, position: [foot[0] / this.mx, foot[1] / this.my], metres: Math.hypot(x - foot[0], y - foot[1]), name, corner: false };
    }

    _beside(segment, point) {
      const { foot, metres } = this._on(segment, point);
      if (!metres) return null;
      const away = segment.half / metres;
      const place = [foot[0] + (point[0] - foot[0]) * away, foot[1] + (point[1] - foot[1]) * away];
      return { position: [place[0] / this.mx, place[1] / this.my], metres: Math.abs(metres - segment.half),
        name: `${segment.name}（近侧边线）`, corner: false };
    }
  };

  const USUAL_WIDTH_M = { road: 12, river: 40, railway: 8 };

  function meets(paths, [west, south, east, north]) {
    return paths.some((path) => path.some(([lon, lat]) => lon >= west && lon <= east && lat >= south && lat <= north));
  }

  function groundOf(places, areas, box) {
    const ground = new GIS.SnapGround((box[1] + box[3]) / 2);
    places.forEach(({ geometry, properties }) => {
      const paths = GIS.paths(geometry).filter((path) => path.length > 1);
      if (!meets(paths, box)) return;
      const line = !GIS.isPolygon(geometry) && USUAL_WIDTH_M[properties.kind];
      paths.forEach((path) => ground.add(path, { name: properties.name || "", half: line ? (properties.width_m || line) / 2 : 0 }));
    });
    areas.forEach(({ geometry, name }) => {
      const paths = GIS.paths(geometry);
      if (meets(paths, box)) paths.forEach((path) => ground.add(path, { name: GIS.areaName(name) }));
    });
    return ground;
  }

  const WIDEST_DEG = 0.06; // farther out a few metres are less than a pixel

  /* Where points fall near the neighbours and the gazetteer's places; the ground in view is taken up whenever the map rests. */
  GIS.Snapping = class {
    constructor(page, neighbours) {
      Object.assign(this, { page, neighbours });
      this.again = () => this.survey();
      page.map.on("moveend", this.again);
      this.survey();
    }

    survey() {
      const view = this.page.map.getBounds().pad(0.1);
      const box = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
      this.ground = box[2] - box[0] > WIDEST_DEG ? null : groundOf(this.page.places, this.neighbours, box);
    }

    near(position) {
      return this.ground && this.ground.near(position, GIS.config.snap_m);
    }

    close() {
      this.page.map.off("moveend", this.again);
    }
  };
})();
