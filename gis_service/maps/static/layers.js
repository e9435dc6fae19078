/* A declared layer on the map: its style rules become Leaflet options, its features are filtered, searched and chosen. */
(function () {
  "use strict";
  const GIS = window.GIS;

  const given = (value, otherwise) => (value === undefined || value === null ? otherwise : value);

  GIS.geometryKind = function (layer) {
    if (layer.geometry.includes("Point")) return "point";
    return layer.geometry.includes("Line") ? "line" : "area";
  };

  function ruleByValue(style, value) {
    const wanted = value === null || value === undefined ? "" : String(value);
    return style.rule.find((rule) => String(given(rule.value, "")) === wanted);
  }

  function ruleByRamp(style, value) {
    if (typeof value !== "number") return null;
    return style.rule.reduce((best, rule) => (Number(rule.value) <= value ? rule : best), style.rule[0]);
  }

  /* The rule of the declaration that a feature falls under; the last rule is the one for everything else. */
  GIS.ruleOf = function (layer, properties) {
    const style = layer.style;
    if (!style.rule.length) return { fill: "#cfd8dc", stroke: "#607d8b", title: layer.title };
    if (style.type === "simple") return style.rule[0];
    const value = properties[style.field];
    const found = style.type === "ramp" ? ruleByRamp(style, value) : ruleByValue(style, value);
    return found || style.rule[style.rule.length - 1];
  };

  GIS.pathOptions = function (rule, kind) {
    if (kind === "point") {
      const hollow = rule.marker === "ring";
      return {
        marker: rule.marker || "circle", radius: 6, weight: hollow ? 2 : 1, fillOpacity: given(rule.opacity, 1),
        color: rule.stroke || (hollow ? rule.fill : "#fff"), fillColor: rule.fill || rule.stroke,
      };
    }
    const line = { color: rule.stroke || "#607d8b", weight: given(rule.width, kind === "line" ? 3 : 1.2),
      dashArray: rule.dash || null, opacity: 1 };
    if (kind === "line") return { ...line, casing: rule.dash ? null : "#ffffff", fill: false };
    return {
      ...line, fill: Boolean(rule.fill), fillColor: rule.fill, fillOpacity: given(rule.opacity, 0.75),
      hatch: rule.hatch || null, hatchColor: rule.hatch_color || rule.stroke, stroke: Boolean(rule.stroke),
    };
  };

  /* Small rings of pixel offsets, so that features at the same spot are all seen. */
  function shifts() {
    const taken = new Map();
    return function (position) {
      const key = position.map((number) => number.toFixed(6)).join();
      const index = taken.get(key) || 0;
      taken.set(key, index + 1);
      if (!index) return [0, 0];
      const ring = Math.ceil((Math.sqrt(12 * index + 9) - 3) / 6);
      const turn = ((index - 1 - 3 * ring * (ring - 1)) / (6 * ring)) * 2 * Math.PI;
      return [Math.round(15 * ring * Math.cos(turn)), Math.round(15 * ring * Math.sin(turn))];
    };
  }

  GIS.FeatureLayer = class {
    constructor(page, declared) {
      Object.assign(this, { page, declared, id: declared.id, kind: GIS.geometryKind(declared) });
      this.features = [];
      this.visible = !declared.hidden;
      this.filter = () => true;
      this.restyle = (options) => options;
      this.group = L.featureGroup();
      this.byKey = new Map();
      this.matched = 0;
    }

    setFeatures(loaded) {
      this.features = loaded.features;
      this.matched = loaded.matched;
      this.cut = loaded.cut;
      this.draw();
    }

    /* What is asked for beside the features themselves: their day, where a desk has one. */
    asked() {
      return {};
    }

    key(feature) {
      return String(feature.id === undefined ? feature.properties[this.declared.id_field] : feature.id);
    }

    name(feature) {
      const properties = feature.properties;
      return String(properties[this.declared.style.label_field || "name"] || properties.name || properties.code || "");
    }

    /* How bad a feature is, 0 the worst: it lies on top; a layer without such an order has one rank. */
    rank() {
      return 0;
    }

    rule(feature) {
      return GIS.ruleOf(this.declared, feature.properties);
    }

    shown() {
      return this.features.filter((feature) => this.filter(feature));
    }

    draw() {
      this.group.clearLayers();
      this.byKey.clear();
      const shift = shifts();
      this.shown().sort((a, b) => this.rank(b) - this.rank(a)).forEach((feature) => {
        if (!feature.geometry) return;
        const path = this._path(feature, shift);
        path.feature = feature;
        path.owner = this;
        this.byKey.set(this.key(feature), path);
        this.group.addLayer(path);
      });
      this.place();
    }

    /* On the map when it is switched on and the map is near enough. */
    place() {
      if (this.visible && !this.tooFar()) this.group.addTo(this.page.map);
      else this.group.remove();
    }

    tooFar() {
      return this.page.map.getZoom() < (this.declared.style.min_zoom || 0);
    }

    _path(feature, shift) {
      const options = { ...this.options(feature), renderer: this.renderer || this.page.canvas };
      if (this.kind === "point" && feature.geometry.type === "Point") {
        const [lon, lat] = feature.geometry.coordinates;
        return new GIS.Symbol([lat, lon], { ...options, shift: shift([lon, lat]) });
      }
      const levels = { LineString: 0, Polygon: 1, MultiLineString: 1, MultiPolygon: 2 }[feature.geometry.type];
      const places = L.GeoJSON.coordsToLatLngs(feature.geometry.coordinates, levels);
      return GIS.isPolygon(feature.geometry) ? L.polygon(places, options) : L.polyline(places, options);
    }

    options(feature) {
      return this.restyle(GIS.pathOptions(this.rule(feature), this.kind), feature);
    }

    refresh() {
      this.byKey.forEach((path) => path.setStyle(this.options(path.feature)));
    }

    show(visible) {
      this.visible = visible;
      this.place();
    }

    drawn() {
      return this.page.map.hasLayer(this.group) ? this.group.getLayers().length : 0;
    }

    /* The uppermost feature at a place; of what may not be pressed, none. */
    at(latlng) {
      if (!this.page.map.hasLayer(this.group)) return null;
      const point = this.page.map.latLngToLayerPoint(latlng);
      const path = [...this.byKey.values()].findLast((each) => each.options.interactive !== false && each._containsPoint(point));
      return path ? { feature: path.feature } : null;
    }

    hasSample() {
      return this.visible && this.features.some((feature) => feature.properties.sample === true);
    }

    /* As it is drawn; what the filter leaves out has its shape too, to be marked when it is sought. */
    path(feature) {
      return this.byKey.get(this.key(feature)) || (feature.geometry ? this._path(feature, () => [0, 0]) : null);
    }
  };
})();
