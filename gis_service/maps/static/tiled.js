/* A declared layer too large to be held whole: drawn from tiles by the same rules, its features known where one looks. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const MOST_LISTED = 1000;
  const NEAR_PX = 9;
  const POLYGON = 3;
  const POINT = 1;

  /* What lists, filters and labels of a tiled layer may need; all else is told by the item itself. */
  const TAKEN = ["name", "code", "county", "street", "neighborhood", "reporting_unit", "county_code", "street_code", "parent_code",
    "community_id", "due_at", "level", "reason", "kind", "state", "result", "finding", "clear_width_m", "category", "closed", "deadline", "project_name",
    "resolution_status", "service_form", "households", "ledger_seq", "sample"];

  function takenOf({ fields, id_field: id, style }) {
    const wanted = new Set([...TAKEN, id, style.field, style.label_field]);
    return Object.keys(fields).filter((name) => wanted.has(name)).join();
  }

  const dashOf = (options) => (options.dashArray ? String(options.dashArray).split(/[, ]+/).map(Number) : []);

  const DRAWN = { stroke: true, opacity: 1, lineCap: "round", lineJoin: "round" };
  const sprites = new Map();
  const CELL = 64; // px of a canvas: points in one cell are one cluster
  const SIDE = 512; // px of a canvas
  const CLUSTERED_TO = 15; // zoom; nearer, each stands for itself
  const SINGLE = 16.5; // the zoom from which on it is sure that none are drawn together
  const THINNED_BELOW = 14; // level of tiles in which a point may stand for several

  const BADGE = { x: 13, room: 26 }; // px from a disc's edge to the number of its worst

  /* White, with a dark rim and a number: no symbol of ours looks like it, in colour or without. */
  function paintDisc(context, { x, y, radius, count, worst }) {
    const [rim, ink] = worst ? ["#37424f", "#1f2933"] : ["#9aa5b1", "#5b6672"]; // where nothing is wrong, more quietly
    context.save();
    context.translate(x, y);
    context.beginPath();
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    Object.assign(context, { globalAlpha: 0.94, fillStyle: "#ffffff", strokeStyle: rim, lineWidth: worst ? 1.6 : 1.1 });
    context.fill();
    context.stroke();
    Object.assign(context, { fillStyle: ink, font: "600 11px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
    context.fillText(count > 9999 ? `${Math.round(count / 1000)}k` : String(count), 0, 0.5);
    context.restore();
  }

  /* The symbol of the worst of a disc at its right, and how many are that bad. */
  function paintBadge(context, { x, y, radius, worst }, options) {
    const { canvas, half } = sprite({ ...options, radius: 5.5 });
    const left = x + radius - 3;
    const words = String(worst.count);
    context.save();
    Object.assign(context, { font: "700 10px system-ui, sans-serif", textAlign: "left", textBaseline: "middle" });
    const wide = BADGE.x + context.measureText(words).width + 4;
    context.beginPath();
    context.roundRect(left, y - 8, wide, 16, 8);
    Object.assign(context, { fillStyle: "#ffffff", strokeStyle: "#37424f", lineWidth: 1 });
    context.fill();
    context.stroke();
    context.drawImage(canvas, left + 7 - half, y - half, half * 2, half * 2);
    context.fillStyle = "#1f2933";
    context.fillText(words, left + BADGE.x, y + 0.5);
    context.restore();
  }

  /* The picture of a symbol, drawn once for all that look alike. */
  function sprite(options) {
    const { marker, disc, radius, weight, color, fillColor, fillOpacity } = options;
    const key = [marker, disc, radius, weight, color, fillColor, fillOpacity].join();
    if (!sprites.has(key)) {
      const half = Math.ceil(radius * 1.4 + weight + 2);
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = half * 4;
      const context = GIS.penOf(canvas);
      context.scale(2, 2);
      GIS.paintSymbol(context, options, { x: half, y: half }, radius);
      sprites.set(key, { canvas, half });
    }
    return sprites.get(key);
  }

  function toSegment(p, a, b) {
    const length = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
    const t = length ? Math.max(0, Math.min(1, ((p.x - a.x) * (b.x - a.x) + (p.y - a.y) * (b.y - a.y)) / length)) : 0;
    return Math.hypot(p.x - a.x - t * (b.x - a.x), p.y - a.y - t * (b.y - a.y));
  }

  function holds(geometry, { x, y }) {
    let inside = false;
    geometry.forEach((ring) => {
      for (let i = 1; i < ring.length; i += 1) {
        const [a, b] = [ring[i - 1], ring[i]];
        if (a.y > y !== b.y > y && x < a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)) inside = !inside;
      }
    });
    return inside;
  }

  function meets(feature, spot, near) {
    const { minX, minY, maxX, maxY } = feature.bbox;
    if (spot.x < minX - near || spot.x > maxX + near || spot.y < minY - near || spot.y > maxY + near) return false;
    if (feature.geomType === POLYGON) return holds(feature.geom, spot);
    if (feature.geomType === POINT) return feature.geom.some(([place]) => Math.hypot(place.x - spot.x, place.y - spot.y) <= near);
    return feature.geom.some((line) => line.some((place, index) => index && toSegment(spot, line[index - 1], place) <= near));
  }

  /* The middle of the widest stretch of a polygon at half its height; of others, a place on them. */
  function anchorOf(feature) {
    const longest = feature.geom.reduce((best, path) => (path.length > best.length ? path : best));
    if (feature.geomType !== POLYGON) return longest[Math.floor(longest.length / 2)];
    const y = (feature.bbox.minY + feature.bbox.maxY) / 2 + 0.01;
    const crossed = [];
    feature.geom.forEach((ring) => ring.forEach((place, index) => {
      const before = ring[index - 1];
      if (before && before.y > y !== place.y > y) crossed.push(before.x + ((y - before.y) / (place.y - before.y)) * (place.x - before.x));
    }));
    crossed.sort((a, b) => a - b);
    let best = [crossed[0], crossed[0]];
    for (let i = 1; i < crossed.length; i += 2) if (crossed[i] - crossed[i - 1] > best[1] - best[0]) best = [crossed[i - 1], crossed[i]];
    return { x: (best[0] + best[1]) / 2, y };
  }

  GIS.TiledLayer = class extends GIS.FeatureLayer {
    constructor(page, declared, order) {
      super(page, declared);
      this.tiled = true;
      this.soundFrom = 0; // the rank from which on nothing is wrong with a feature
      this.listed = () => true;
      const pane = `tiles-${declared.id}`;
      page.map.createPane(pane).style.zIndex = 300 + order;
      page.map.getPane(pane).style.pointerEvents = "none";
      this.grid = new GIS.TileGrid(declared.id, { pane, parameters: { properties: takenOf(declared) }, paint: (context, piece) => this.paint(context, piece),
        onchange: () => page.tilesChanged(this), onerror: (error) => page.notice(declared.id, `“${declared.title}”有的地方未能读取（${error.message}）。`) });
      this.group = this.grid;
      this.grid.on("remove", () => { this.features = []; });
    }

    setFeatures() {}

    /* Resolves when the first view stands. */
    async open() {
      const standing = new Promise((stand) => { this.grid.once("load", stand); });
      this.place();
      if (this.page.map.hasLayer(this.grid)) await standing;
    }

    /* How many there are on all tiles is asked when the map stands: it is one more question for each layer. */
    async count() {
      try {
        this.matched = await GIS.countFeatures(this.id);
      } catch (error) {
        this.page.notice(this.id, `“${this.declared.title}”的个数未能读取（${error.message}）。`);
      }
    }

    place() {
      if (this.visible && !this.tooFar()) this.grid.addTo(this.page.map);
      else this.grid.remove();
    }

    draw() {
      this.look();
      this.grid.repaint();
    }

    refresh() {
      this.grid.repaint();
    }

    asFeature(found, piece) {
      if (!found.known) {
        const id = found.props[this.declared.id_field];
        found.known = { type: "Feature", id, properties: found.props, geometry: null, piece, drawn: found };
      }
      return found.known;
    }

    paint(context, piece) {
      const view = piece.own();
      const points = [];
      piece.seen(40).forEach((found) => {
        if (found.geomType === POINT) points.push(...this.standing(found, piece));
        else {
          const feature = this.asFeature(found, piece);
          if (!this.filter(feature)) return;
          const options = this.options(feature);
          GIS.tracePiece(context, view, found.geom, false);
          GIS.paintPath(context, { ...DRAWN, ...options }, dashOf(options));
        }
      });
      piece.discs = [];
      points.sort((a, b) => this.rank(b.feature) - this.rank(a.feature)); // the worst are painted last, above the others
      if (this.clusters && piece.coords.z <= CLUSTERED_TO && !(piece.data.z < THINNED_BELOW && this.narrowed())) this.paintClusters(context, view, points, piece);
      else points.forEach((point) => this.paintPoint(context, view, point));
    }

    /* What a point of a tile stands for after the filter: the worst that is left, how many are like it, how many in all. */
    standing(found, piece) {
      const { field, worst } = this.declared.style;
      const feature = this.asFeature(found, piece);
      if (!found.props.counts) return this.filter(feature) ? [{ found, feature, count: found.props.count || 1, alike: found.props.count || 1 }] : [];
      const counts = found.props.counts.split(",").map(Number);
      const left = worst.map((value, index) => ({ count: counts[index], feature: value === feature.properties[field] ? feature
        : { ...feature, properties: { ...feature.properties, [field]: value } } })).filter((one) => one.count && this.filter(one.feature));
      return left.length ? [{ found, feature: left[0].feature, alike: left[0].count, count: left.reduce((sum, one) => sum + one.count, 0) }] : [];
    }

    paintPoint(context, view, { found, feature }) {
      const { canvas, half } = sprite(this.options(feature));
      found.geom.forEach(([place]) => context.drawImage(canvas, view.x(place.x) - half, view.y(place.y) - half, half * 2, half * 2));
    }

    /* True while a filter leaves some out: a point that stands for several then says nothing about how many are left. */
    narrowed() {
      return false;
    }

    /* Points that would lie upon each other become one disc with their number, and the symbol and number of the worst. */
    paintClusters(context, view, points, piece) {
      const cells = new Map();
      points.forEach((point) => {
        const [place] = point.found.geom[0];
        const [x, y] = [view.x(place.x), view.y(place.y)];
        if (x < 0 || y < 0 || x >= SIDE || y >= SIDE) return;
        const key = `${Math.floor(x / CELL)} ${Math.floor(y / CELL)}`;
        if (!cells.has(key)) cells.set(key, []);
        cells.get(key).push({ ...point, x, y });
      });
      cells.forEach((inside) => {
        const count = inside.reduce((sum, point) => sum + point.count, 0);
        if (count === 1) this.paintPoint(context, view, inside[0]);
        else piece.discs.push(this.disc(inside, count));
      });
      piece.discs.forEach((disc) => {
        paintDisc(context, disc);
        if (disc.worst) paintBadge(context, disc, this.options(disc.worst.feature));
      });
    }

    disc(points, count) {
      const radius = 10 + Math.min(9, Math.log10(count) * 3.2);
      const last = points[points.length - 1]; // the worst: points come in order
      const rank = this.rank(last.feature);
      const worst = rank < this.soundFrom ? { feature: last.feature,
        count: points.reduce((sum, point) => sum + (this.rank(point.feature) === rank ? point.alike : 0), 0) } : null;
      const inside = (value, right) => Math.max(radius + 2, Math.min(SIDE - 2 - radius - right, value));
      const middle = (name) => points.reduce((sum, point) => sum + point[name], 0) / points.length;
      return { x: inside(middle("x"), worst ? BADGE.room : 0), y: inside(middle("y"), 0), radius, count, worst, points };
    }

    /* The features in view, each once, as far as a list or labels can make use of them. */
    look() {
      const seen = new Map();
      if (this.page.map.hasLayer(this.grid)) {
        this.grid.pieces().forEach((piece) => piece.seen().forEach((found) => {
          const feature = this.asFeature(found, piece);
          if (!this.listed(feature)) return;
          const key = String(feature.id);
          const before = seen.get(key);
          if (!before && seen.size >= MOST_LISTED) return;
          if (!before || room(found) > room(before.drawn)) seen.set(key, feature);
        }));
      }
      this.features = [...seen.values()];
    }

    drawn() {
      const keys = new Set();
      if (this.page.map.hasLayer(this.grid)) {
        this.grid.pieces().forEach((piece) => piece.features.forEach((found) => {
          const feature = this.asFeature(found, piece);
          if (this.filter(feature)) keys.add(String(feature.id));
        }));
      }
      return keys.size;
    }

    /* The uppermost feature at a place, as the tile has it; none where a disc stands for many. */
    hit(latlng) {
      return this.hits(latlng)[0] || null;
    }

    at(latlng) {
      const disc = this.discAt(latlng);
      if (disc) return { disc };
      const found = this.hits(latlng);
      if (this.kind === "point" && found.length > 1 && GIS.sameSpot(found)) return { several: found };
      return found.length ? { feature: found[0] } : null;
    }

    /* Every feature at a place, the uppermost first. */
    hits(latlng) {
      const piece = this.page.map.hasLayer(this.grid) ? this.grid.pieceAt(latlng) : null;
      if (!piece || this.discAt(latlng)) return [];
      const spot = piece.local([latlng.lng, latlng.lat]);
      const met = piece.seen(NEAR_PX).filter((one) => meets(one, spot, NEAR_PX / piece.times)).map((one) => this.asFeature(one, piece)).filter(this.filter);
      return met.reverse().sort((a, b) => this.rank(a) - this.rank(b));
    }

    /* The disc at a place: how many it stands for, and where they lie. */
    discAt(latlng) {
      const piece = this.page.map.hasLayer(this.grid) ? this.grid.pieceAt(latlng) : null;
      if (!piece || !piece.discs || !piece.discs.length) return null;
      const [view, spot] = [piece.own(), piece.local([latlng.lng, latlng.lat])];
      const [x, y] = [view.x(spot.x), view.y(spot.y)];
      const disc = piece.discs.findLast((one) => Math.hypot(one.x - x, one.y - y) <= one.radius + 2 ||
        (one.worst && Math.abs(one.y - y) <= 9 && x > one.x && x <= one.x + one.radius + BADGE.room));
      return disc ? { ...disc, places: disc.points.map(({ found }) => piece.lonlat(found.geom[0][0])) } : null;
    }

    /* A disc is gone into: nearer, until its points stand apart. */
    enter({ places }) {
      const { map } = this.page;
      const bounds = L.latLngBounds(places.map(([lon, lat]) => [lat, lon]));
      const wanted = Math.max(map.getZoom() + 1, Math.min(map.getBoundsZoom(bounds.pad(0.2)), SINGLE));
      map.setView(bounds.getCenter(), Math.min(wanted, Math.max(SINGLE, map.getZoom() + 1)));
    }

    /* The feature in full; the store knows it better than a tile. */
    async whole(feature) {
      return feature.geometry ? feature : GIS.loadItem(this.id, feature.id);
    }

    path(feature) {
      return feature.geometry ? this._path(feature, () => [0, 0]) : null;
    }

    /* Where on the view the feature's name may stand. */
    spot(feature, view) {
      const { drawn, piece } = feature;
      drawn.anchor = drawn.anchor || anchorOf(drawn);
      const within = piece.within(view);
      return { x: within.x(drawn.anchor.x), y: within.y(drawn.anchor.y) };
    }
  };

  function room({ bbox }) {
    return (bbox.maxX - bbox.minX) * (bbox.maxY - bbox.minY);
  }
})();
