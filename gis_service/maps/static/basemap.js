/* The base map from our own gazetteer: muted ground, water, parks, roads cased by class, and the labels they ask for. */
(function () {
  "use strict";
  const GIS = window.GIS;

  const AREAS = {
    area: { fill: "#efece5", line: "#e2ddd3", from: 12 },
    estate: { fill: "#efece5", line: "#ddd8cd", from: 13 },
    school: { fill: "#f3ecd6", line: "#e4dabb", from: 13 },
    building: { fill: "#e6e1d8", line: "#d8d2c6", from: 15 },
    park: { fill: "#dcecd4", line: "#cbdfc0", from: 10 },
    lake: { fill: "#bcd9ee", line: "#a5c8e2", from: 0 },
    river: { fill: "#bcd9ee", line: "#a5c8e2", from: 0 },
  };
  const AREA_ORDER = ["area", "estate", "school", "park", "lake", "river", "building"];
  const WATER = "#bcd9ee";
  const INK = "#6b675f";
  const INK_OF = { river: "#4d7ea8", lake: "#4d7ea8", park: "#5f7f4d", school: "#8a7440", railway: "#77736b" };

  function roadClass(width) {
    if (width >= 28) return 3;
    if (width >= 16) return 2;
    return 1;
  }

  function prepared(feature) {
    const properties = feature.properties;
    const world = GIS.paths(feature.geometry).map((path) => path.map(GIS.world));
    const flat = world.flat();
    const xs = flat.map((point) => point[0]);
    const ys = flat.map((point) => point[1]);
    const polygon = GIS.isPolygon(feature.geometry);
    return {
      feature, kind: properties.kind, name: properties.name || "", polygon, world,
      width: properties.width_m || { road: 12, river: 40, railway: 8 }[properties.kind] || 4,
      klass: roadClass(properties.width_m || 12),
      box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
      anchor: polygon && feature.geometry ? GIS.world(GIS.labelPosition(feature.geometry)) : null,
    };
  }

  /* A feature of a tile, in px of that tile. */
  function preparedPiece({ props, geom, geomType, bbox }) {
    const width = props.width_m || { road: 12, river: 40, railway: 8 }[props.kind] || 4;
    const polygon = geomType === 3;
    return {
      kind: props.kind, name: props.name || "", polygon, world: geom.map((path) => path.map(({ x, y }) => [x, y])), width,
      klass: roadClass(props.width_m || 12), box: [bbox.minX, bbox.minY, bbox.maxX, bbox.maxY],
      anchor: [(bbox.minX + bbox.maxX) / 2, (bbox.minY + bbox.maxY) / 2],
    };
  }

  function trace(context, view, item, close) {
    context.beginPath();
    item.world.forEach((path) => {
      path.forEach(([x, y], index) => {
        if (index) context.lineTo(view.x(x), view.y(y));
        else context.moveTo(view.x(x), view.y(y));
      });
      if (close) context.closePath();
    });
  }

  function line(context, view, item, style) {
    trace(context, view, item, false);
    context.strokeStyle = style.color;
    context.lineWidth = style.width;
    context.lineCap = style.cap || "round";
    context.lineJoin = "round";
    context.setLineDash(style.dash || []);
    context.stroke();
    context.setLineDash([]);
  }

  function roadWidth(item, view) {
    const least = [0, 1.1, 2, 3][item.klass] * Math.min(1.6, Math.max(0.55, (view.zoom - 9) / 5));
    return Math.max(least, (item.width / view.metresPerPixel) * 0.9);
  }

  function paintAreas(context, view, items) {
    AREA_ORDER.forEach((kind) => {
      const style = AREAS[kind];
      if (view.zoom < style.from) return;
      items.filter((item) => item.kind === kind && item.polygon).forEach((item) => {
        trace(context, view, item, true);
        context.fillStyle = style.fill;
        context.fill("evenodd");
        context.strokeStyle = style.line;
        context.lineWidth = 1;
        context.stroke();
      });
    });
  }

  function paintWaterLines(context, view, items) {
    items.filter((item) => item.kind === "river" && !item.polygon).forEach((item) => {
      line(context, view, item, { color: WATER, width: Math.max(1.5, item.width / view.metresPerPixel) });
    });
  }

  function paintRoads(context, view, items) {
    const roads = items.filter((item) => item.kind === "road" && !(item.klass === 1 && view.zoom < 12.5));
    [1, 2, 3].forEach((klass) => roads.filter((item) => item.klass === klass).forEach((item) => {
      line(context, view, item, { color: "#d3cec5", width: roadWidth(item, view) + (view.zoom < 12 ? 0.8 : 1.8) });
    }));
    [1, 2, 3].forEach((klass) => roads.filter((item) => item.klass === klass).forEach((item) => {
      line(context, view, item, { color: klass === 3 ? "#fffdf6" : "#ffffff", width: roadWidth(item, view) });
    }));
  }

  function paintRails(context, view, items) {
    items.filter((item) => item.kind === "railway" && !item.polygon).forEach((item) => {
      line(context, view, item, { color: "#a19c93", width: 3.2, cap: "butt" });
      line(context, view, item, { color: "#f6f5f2", width: 1.7, cap: "butt", dash: [8, 8] });
    });
  }

  function paintWalls(context, view, items) {
    if (view.zoom < 15.5) return;
    items.filter((item) => item.kind === "wall" && !item.polygon).forEach((item) => {
      line(context, view, item, { color: "#b5aa97", width: 1.3, cap: "butt", dash: [5, 2] });
    });
  }

  function paintGround(context, view, items) {
    paintAreas(context, view, items);
    paintWaterLines(context, view, items);
    paintRails(context, view, items);
    paintRoads(context, view, items);
    paintWalls(context, view, items);
  }

  /* What the base map would like to have written, roads along their line, the rest in their middle. */
  function wishes(items, view) {
    return items.filter((item) => item.name).map((item) => (item.polygon ? areaLabel(item, view) : lineLabel(item, view))).filter(Boolean);
  }

  /* Of places that stand in the page. */
  GIS.BaseMap = GIS.PaintedCanvas.extend({
    setPlaces(features) {
      this._items = features.filter((feature) => feature.geometry).map(prepared);
      this.redraw();
    },

    visible(view) {
      const [left, top] = [(view.bounds.min.x + view.origin.x) / view.scale, (view.bounds.min.y + view.origin.y) / view.scale];
      const [right, low] = [(view.bounds.max.x + view.origin.x) / view.scale, (view.bounds.max.y + view.origin.y) / view.scale];
      return (this._items || []).filter(({ box }) => box[2] >= left && box[0] <= right && box[3] >= top && box[1] <= low);
    },

    /* The places whose box comes within so many pixels of a spot: those worth a closer look. */
    under(latlng, px) {
      const view = this._view();
      const [x, y] = GIS.world([latlng.lng, latlng.lat]);
      const reach = px / view.scale;
      return this.visible(view).filter(({ box }) => box[0] - reach <= x && box[2] + reach >= x && box[1] - reach <= y && box[3] + reach >= y)
        .map(({ feature }) => feature);
    },

    paint(context, view) {
      paintGround(context, view, this.visible(view));
    },

    labels(view) {
      return wishes(this.visible(view), view);
    },
  });

  const FINEST = 15; // beyond it a wide road would be cut off where it leaves the tile
  const MOST_WISHES = 400; // of a tile

  function itemsOf(piece) {
    piece.features.forEach((found) => { found.item = found.item || preparedPiece(found); });
    return piece.seen(64).map((found) => found.item);
  }

  /* Of places too many to be held: painted and named tile by tile. */
  GIS.TiledBase = GIS.TileGrid.extend({
    initialize(layerId, options) {
      GIS.TileGrid.prototype.initialize.call(this, layerId, { ...options, finest: FINEST, parameters: { properties: "name,kind,width_m" },
        paint: (context, piece) => paintGround(context, piece.own(), itemsOf(piece)) });
    },

    /* The places whose box comes within so many pixels of a spot, as the tiles have them, in lon/lat. */
    under(latlng, px) {
      const piece = this.pieceAt(latlng);
      if (!piece) return [];
      const { x, y } = piece.local([latlng.lng, latlng.lat]);
      const reach = px / piece.times;
      return piece.features.filter(({ bbox }) => bbox.minX - reach <= x && bbox.maxX + reach >= x && bbox.minY - reach <= y && bbox.maxY + reach >= y)
        .map((found) => piece.asGeoJSON(found));
    },

    labels(view) {
      return this.pieces().flatMap((piece) => {
        const within = piece.within(view);
        return wishes(itemsOf(piece), within).sort((a, b) => b.priority - a.priority).slice(0, MOST_WISHES)
          .map((wish) => (wish.lines ? { ...wish, view: within } : wish));
      });
    },
  });

  function areaLabel(item, view) {
    const style = AREAS[item.kind];
    const room = (item.box[2] - item.box[0]) * view.scale;
    const size = item.kind === "river" || item.kind === "lake" || item.kind === "park" ? 12 : 11;
    if (!style || view.zoom < style.from || room < item.name.length * size * 0.8) return null;
    return {
      once: true, text: item.name, x: view.x(item.anchor[0]), y: view.y(item.anchor[1]), size, color: INK_OF[item.kind] || "#8b8578",
      priority: item.kind === "estate" || item.kind === "building" || item.kind === "area" ? 12 : 25,
    };
  }

  function lineLabel(item, view) {
    if (item.kind === "wall" || (item.kind === "road" && item.klass === 1 && view.zoom < 14.5)) return null;
    if (item.kind === "road" && item.klass === 2 && view.zoom < 13) return null;
    const size = item.kind === "road" && item.klass < 3 ? 11 : 12;
    return {
      text: item.name, lines: item.world, size, color: INK_OF[item.kind] || INK,
      priority: item.kind === "road" ? 14 + item.klass * 3 : 24,
    };
  }
})();
