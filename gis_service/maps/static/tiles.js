/* Vector tiles of our server: fetched, decoded and painted one canvas a tile, so that no view is ever painted in one go. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const SIDE = 512; // px of a tile at its own level
  const AGAIN_MS = 1500;
  const BUSY = new Set([429, 503]);

  async function bytes(address, patience = 2) {
    const answer = await fetch(address);
    if (answer.ok) return answer.arrayBuffer();
    if (!BUSY.has(answer.status) || !patience) throw new Error(`服务器答复 ${answer.status}`);
    await new Promise((wake) => setTimeout(wake, AGAIN_MS));
    return bytes(address, patience - 1);
  }

  const turns = [];
  const bell = new MessageChannel();
  bell.port1.onmessage = () => {
    turns.shift()();
    if (turns.length) bell.port2.postMessage(null);
  };

  /* Resolves in a task of its own, one after the other: between any two pieces of work the page answers its reader. */
  GIS.ownTurn = function () {
    return new Promise((begin) => {
      turns.push(begin);
      if (turns.length === 1) bell.port2.postMessage(null);
    });
  };

  /* Decoded tiles of a layer: features with `geom` in px of the tile, `props` and `bbox`. */
  class Tiles {
    constructor(layerId, parameters) {
      const place = (z, x, y) => GIS.address(`/collections/${layerId}/tiles/WebMercatorQuad/${z}/${y}/${x}`, parameters);
      const asArchive = { getZxy: async (z, x, y) => {
        const data = await bytes(place(z, x, y));
        await GIS.ownTurn(); // to be decoded
        return { data };
      } };
      this.source = new protomapsL.PmtilesSource(asArchive, false);
      this.cache = new protomapsL.TileCache(this.source, SIDE);
      this.layerId = layerId;
    }

    async get(place) {
      const layers = await this.cache.get(place);
      this.source.zoomaborts.length = 0; // nothing is cut short, so nothing need be remembered
      return layers.get(this.layerId) || [];
    }
  }

  /* A tile's way to the screen: where its px lie on the Mercator square of 256 × 256, and within which box of a canvas. */
  class Piece {
    constructor(data, coords, features) {
      Object.assign(this, { data, coords, features });
      this.unit = 256 / (SIDE * Math.pow(2, data.z)); // of the square, a px of the decoded tile
      this.left = (data.x * 256) / Math.pow(2, data.z);
      this.top = (data.y * 256) / Math.pow(2, data.z);
      this.times = Math.pow(2, coords.z - 1 - data.z); // px of the canvas for a px of the decoded tile
      this.right = coords.x * SIDE - data.x * SIDE * this.times;
      this.down = coords.y * SIDE - data.y * SIDE * this.times;
    }

    /* As a canvas of this tile sees it. */
    own() {
      const scale = Math.pow(2, this.coords.z);
      const latitude = Math.atan(Math.sinh(Math.PI * (1 - (2 * (this.coords.y + 0.5) * SIDE) / (256 * scale))));
      return {
        zoom: this.coords.z, scale: this.times, metresPerPixel: (40075016.686 * Math.cos(latitude)) / 256 / scale,
        x: (value) => value * this.times - this.right, y: (value) => value * this.times - this.down,
      };
    }

    /* As a view of the whole map sees it. */
    within(view) {
      return { ...view, scale: view.scale * this.unit,
        x: (value) => view.x(value * this.unit + this.left), y: (value) => view.y(value * this.unit + this.top) };
    }

    /* A position in px of the decoded tile. */
    local([lon, lat]) {
      const [x, y] = GIS.world([lon, lat]);
      return { x: (x - this.left) / this.unit, y: (y - this.top) / this.unit };
    }

    lonlat({ x, y }) {
      const [worldX, worldY] = [x * this.unit + this.left, y * this.unit + this.top];
      return [(worldX / 256 - 0.5) * 360, (Math.atan(Math.sinh(Math.PI * (1 - worldY / 128))) * 180) / Math.PI];
    }

    /* A feature as the tile has it: cut at the edge of the tile, rings of one polygon each. */
    asGeoJSON({ props, geom, geomType }) {
      const paths = geom.map((path) => path.map((place) => this.lonlat(place)));
      const geometry = { 1: { type: "MultiPoint", coordinates: paths.flat() }, 2: { type: "MultiLineString", coordinates: paths },
        3: { type: "MultiPolygon", coordinates: paths.map((ring) => [ring]) } }[geomType];
      return { type: "Feature", id: props.id, properties: props, geometry };
    }

    /* What of the features can be seen on this canvas, not only on the decoded tile that may be larger. */
    seen(room = 0) {
      const [left, top] = [(this.right - room) / this.times, (this.down - room) / this.times];
      const [wide, high] = [left + (SIDE + 2 * room) / this.times, top + (SIDE + 2 * room) / this.times];
      if (this.times === 1) return this.features;
      return this.features.filter(({ bbox }) => bbox.maxX >= left && bbox.minX <= wide && bbox.maxY >= top && bbox.minY <= high);
    }
  }

  /* A layer of tiles; `paint(context, piece)` draws one of them, `onchange` is told when others are in view. */
  GIS.TileGrid = L.GridLayer.extend({
    options: { tileSize: SIDE, updateWhenZooming: false, keepBuffer: 1, minZoom: 1, finest: 19, className: "tile-grid" },

    /* `parameters` go into the address of every tile: which fields, which day. */
    initialize(layerId, { paint, onchange, onerror, parameters, ...options }) {
      L.setOptions(this, options);
      Object.assign(this, { layerId, paint, onchange, onerror, parameters });
      this.on("load tileunload", () => this.onchange && this.onchange());
    },

    createTile(coords, done) {
      const canvas = document.createElement("canvas");
      canvas.setAttribute("aria-hidden", "true");
      this._bring(canvas, coords).then(() => done(null, canvas), (error) => {
        if (this.onerror) this.onerror(error);
        done(error, canvas);
      });
      return canvas;
    },

    async _bring(canvas, coords) {
      this.tiles = this.tiles || new Tiles(this.layerId, this.parameters);
      const level = Math.min(coords.z - 1, this.options.finest);
      const apart = Math.pow(2, coords.z - 1 - level);
      const data = { z: level, x: Math.floor(coords.x / apart), y: Math.floor(coords.y / apart) };
      const features = await this.tiles.get(data);
      await GIS.ownTurn();
      canvas.piece = new Piece(data, coords, features);
      if (canvas.isConnected) this._paint(canvas); // the map may have moved on meanwhile
    },

    /* Other tiles of the same layer: of another day. */
    ask(parameters) {
      Object.assign(this, { parameters: { ...this.parameters, ...parameters }, tiles: null });
      this.redraw();
    },

    _paint(canvas) {
      canvas.due = false;
      if (!canvas.piece.features.length && !canvas.painted) return;
      canvas.painted = true;
      const ratio = Math.max(1, Math.min(window.devicePixelRatio || 1, 3));
      canvas.width = canvas.height = SIDE * ratio;
      const context = GIS.penOf(canvas);
      context.scale(ratio, ratio);
      this.paint(context, canvas.piece);
    },

    /* Everything anew, one tile a turn. */
    repaint() {
      Object.values(this._tiles || {}).map(({ el }) => el).filter((canvas) => canvas.piece && !canvas.due).forEach(async (canvas) => {
        canvas.due = true;
        await GIS.ownTurn();
        if (canvas.due && canvas.isConnected) this._paint(canvas);
      });
    },

    /* The tiles of the level that is shown. */
    pieces() {
      return Object.values(this._tiles || {}).filter(({ current, coords, el }) => current && el.piece && coords.z === this._tileZoom)
        .map(({ el }) => el.piece);
    },

    pieceAt(latlng) {
      const { x, y } = this._map.project(latlng, this._tileZoom).divideBy(SIDE).floor();
      return this.pieces().find(({ coords }) => coords.x === x && coords.y === y) || null;
    },
  });

  GIS.tracePiece = function (context, view, geometry, close) {
    context.beginPath();
    geometry.forEach((path) => {
      path.forEach(({ x, y }, index) => {
        if (index) context.lineTo(view.x(x), view.y(y));
        else context.moveTo(view.x(x), view.y(y));
      });
      if (close) context.closePath();
    });
  };
})();
