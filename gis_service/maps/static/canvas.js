/* Leaflet canvases: one that knows hatches, casings and symbols, and one that is simply painted afresh for each view. */
(function () {
  "use strict";
  const GIS = window.GIS;

  function stroke(context, options, color, weight, dash) {
    context.globalAlpha = options.opacity;
    context.lineWidth = weight;
    context.strokeStyle = color;
    context.lineCap = options.lineCap;
    context.lineJoin = options.lineJoin;
    context.setLineDash(dash || []);
    context.stroke();
    context.setLineDash([]);
  }

  /* What paints on a canvas, by the processor: no frame waits for the graphics while thousands of small shapes are painted. */
  GIS.penOf = (canvas) => canvas.getContext("2d", { willReadFrequently: true });

  /* The path that the context holds, filled, hatched, cased and outlined. */
  GIS.paintPath = function (context, options, dash) {
    if (options.fill) {
      context.globalAlpha = options.fillOpacity;
      context.fillStyle = options.fillColor || options.color;
      context.fill(options.fillRule || "evenodd");
    }
    if (options.hatch) {
      context.globalAlpha = options.hatchOpacity === undefined ? 1 : options.hatchOpacity;
      context.fillStyle = GIS.hatchPattern(context, options.hatch, options.hatchColor || options.color);
      context.fill(options.fillRule || "evenodd");
    }
    if (options.casing) stroke(context, options, options.casing, options.weight + 3);
    if (options.stroke && options.weight) stroke(context, options, options.color, options.weight, dash);
  };

  /* One of our shapes around a place. */
  GIS.paintSymbol = function (context, options, { x, y }, radius) {
    context.save();
    context.translate(x, y);
    const shape = options.disc ? "circle" : options.marker;
    const path = new Path2D(GIS.shape(shape, radius));
    context.globalAlpha = options.fillOpacity || 1;
    context.lineJoin = "round";
    if (options.weight >= 1) {
      context.lineWidth = options.weight + 2;
      context.strokeStyle = "#fff";
      context.stroke(path);
    }
    context.fillStyle = options.marker === "ring" ? "#fff" : options.fillColor;
    if (options.fillOpacity) context.fill(path);
    context.lineWidth = options.weight;
    context.strokeStyle = options.color;
    context.stroke(path);
    if (options.disc) {
      context.fillStyle = "#fff";
      context.fill(new Path2D(GIS.shape(options.marker, radius * 0.5)));
    }
    context.restore();
  };

  GIS.DataCanvas = L.Canvas.extend({
    _fillStroke(context, layer) {
      GIS.paintPath(context, layer.options, layer.options._dashArray);
    },

    _updateSymbol(layer) {
      if (this._drawing && !layer._empty()) GIS.paintSymbol(this._ctx, layer.options, layer._point, layer._radius);
    },
  });

  /* A point drawn as one of our shapes; `shift` (px) keeps several at one place apart. */
  GIS.Symbol = L.CircleMarker.extend({
    options: { marker: "circle", shift: [0, 0] },

    _project() {
      L.CircleMarker.prototype._project.call(this);
      this._point = this._point.add(this.options.shift);
      this._updateBounds();
    },

    _updatePath() {
      this._renderer._updateSymbol(this);
    },
  });

  /* A canvas that follows the map; subclasses give `paint(context, view)`. */
  GIS.PaintedCanvas = L.Renderer.extend({
    options: { padding: 0.25, interactive: false },

    _initContainer() {
      this._container = document.createElement("canvas");
      this._container.setAttribute("aria-hidden", "true");
      this._context = GIS.penOf(this._container);
    },

    _destroyContainer() {
      this._container.remove();
      delete this._container;
      delete this._context;
    },

    _onZoomEnd() {},

    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const ratio = Math.max(1, Math.min(window.devicePixelRatio || 1, 3));
      const size = this._bounds.getSize();
      L.DomUtil.setPosition(this._container, this._bounds.min);
      this._container.width = size.x * ratio;
      this._container.height = size.y * ratio;
      this._container.style.width = size.x + "px";
      this._container.style.height = size.y + "px";
      this._context.scale(ratio, ratio);
      this._context.translate(-this._bounds.min.x, -this._bounds.min.y);
      this.paint(this._context, this._view());
    },

    _view() {
      const zoom = this._map.getZoom();
      const origin = this._map.getPixelOrigin();
      const scale = Math.pow(2, zoom);
      const latitude = (this._map.getCenter().lat * Math.PI) / 180;
      const left = this._map.containerPointToLayerPoint([0, 0]).x;
      return {
        zoom, scale, origin, bounds: this._bounds, seen: { left, right: left + this._map.getSize().x },
        metresPerPixel: (40075016.686 * Math.cos(latitude)) / 256 / scale,
        x: (worldX) => worldX * scale - origin.x,
        y: (worldY) => worldY * scale - origin.y,
      };
    },

    redraw() {
      if (this._map && this._container) this._update();
    },
  });

  /* Longitude and latitude on the Mercator square of 256 × 256. */
  GIS.world = function (position) {
    const sin = Math.sin((position[1] * Math.PI) / 180);
    return [
      256 * (position[0] / 360 + 0.5),
      256 * (0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)),
    ];
  };
})();
