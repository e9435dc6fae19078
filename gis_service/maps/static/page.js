/* The page of a map: opens the layers, keeps frame, list, legend and status line in step with what is drawn. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const byId = (id) => document.getElementById(id);

  GIS.Page = class {
    constructor(map, config) {
      Object.assign(this, { map, config, readAt: GIS.today(), layers: new Map(), places: [], division: "", notices: new Map() });
      this.canvas = new GIS.DataCanvas({ padding: 0.3, tolerance: 4 });
      map.createPane("ground").style.zIndex = 210;
      map.createPane("below").style.zIndex = 260;
      map.createPane("words").style.zIndex = 620;
      map.getPane("below").style.mixBlendMode = "multiply";
      ["ground", "below", "words"].forEach((pane) => { map.getPane(pane).style.pointerEvents = "none"; });
      this.labels = new GIS.Labels({ pane: "words" });
      this.below = new GIS.DataCanvas({ pane: "below", padding: 0.3 });
      if (config.base) this.base = new GIS.BaseMap({ pane: "ground" });
    }

    async open() {
      GIS.wireFrame(this);
      this._wireMap();
      this.config.map.layers.forEach((id) => this.layers.set(id, new GIS.FeatureLayer(this, this.config.layers[id])));
      this.desk = GIS.desks[this.config.map.desk] ? new GIS.desks[this.config.map.desk](this) : null;
      GIS.wireLegend();
      GIS.wireSearch(this);
      GIS.skeleton();
      if (this.base) this.base.addTo(this.map);
      this.labels.addTo(this.map);
      if (this.config.extent) this.zoomToExtent();
      await Promise.all([this._loadBase(), ...[...this.layers.values()].map((layer) => this._load(layer))]);
      this._firstView();
      this.settle();
      document.documentElement.dataset.ready = "true";
    }

    _wireMap() {
      const map = this.map;
      L.control.scale({ imperial: false, maxWidth: 120, position: "bottomleft" }).addTo(map);
      map.on("click", (event) => this._clicked(event));
      map.on("popupclose", () => GIS.unmark(this));
      map.on("moveend", () => this._reloadCut());
      map.on("zoomend", () => this._zoomed());
      this.labels.addSource((view) => (this.base && this.baseShown !== false ? this.base.labels(view) : []));
      this.labels.addSource((view) => (this.desk && this.desk.labels ? this.desk.labels(view) : []));
    }

    _clicked(event) {
      const path = event.originalEvent && event.sourceTarget !== this.map ? event.sourceTarget : null;
      if (path && path.owner) this.choose(path.owner, path.feature, { place: event.latlng, stay: true });
      else if (this.desk && this.desk.clickedGround) this.desk.clickedGround([event.latlng.lng, event.latlng.lat], event.latlng);
    }

    _zoomed() {
      const far = [...this.layers.values()].map((layer) => layer.tooFar()).join();
      if (far !== this.far) {
        this.far = far;
        this.layers.forEach((layer) => layer.place());
        this.stack();
        GIS.drawLegend(this);
      }
      if (this.desk && this.desk.zoomed) this.desk.zoomed();
    }

    async _loadBase() {
      if (!this.base) return;
      try {
        const loaded = await GIS.loadFeatures(this.config.base);
        this.places = loaded.features;
        this.base.setPlaces(this.places);
        this.baseMatched = loaded.matched;
        if (loaded.cut) this.notice("base", `底图共 ${GIS.count(loaded.matched)} 个地物，本页只画出前 ${GIS.count(loaded.features.length)} 个。`);
      } catch (error) {
        this.notice("base", `底图未能读取（${error.message}）。请稍后刷新页面。`);
      }
    }

    async _load(layer, bbox) {
      try {
        const loaded = await GIS.loadFeatures(layer.id, bbox);
        layer.setFeatures(loaded);
        this.notice(layer.id, loaded.cut && `“${layer.declared.title}”共 ${GIS.count(loaded.matched)} 个要素，` +
          `本页只显示 ${GIS.count(loaded.features.length)} 个；移动或放大地图后按视野重新读取。`);
      } catch (error) {
        this.notice(layer.id, `“${layer.declared.title}”未能读取（${error.message}）。请稍后刷新页面。`);
      }
    }

    _reloadCut() {
      clearTimeout(this.reloading);
      const large = [...this.layers.values()].filter((layer) => layer.cut || layer.byView);
      if (!large.length || document.documentElement.dataset.ready !== "true") return;
      this.reloading = setTimeout(async () => {
        const view = this.map.getBounds().pad(0.2);
        const bbox = [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()];
        large.forEach((layer) => { layer.byView = true; });
        await Promise.all(large.map((layer) => this._load(layer, bbox)));
        this.settle();
      }, 300);
    }

    /* After anything changed: order on the canvas, legend, list, words, status. */
    settle() {
      this.stack();
      if (this.desk) this.desk.render();
      GIS.drawLegend(this);
      this.labels.redraw();
      this.status();
    }

    /* The first declared layer lies on top; what is marked lies above all. */
    stack() {
      [...this.layers.values()].reverse().forEach((layer) => layer.group.bringToFront());
      [this.desk && this.desk.marks, this.halo].forEach((group) => group && group.bringToFront());
    }

    showLayer(id, visible) {
      this.layers.get(id).show(visible);
      if (this.desk && this.desk.layerShown) this.desk.layerShown(id, visible);
      this.settle();
    }

    showBase(visible) {
      this.baseShown = visible;
      if (visible) this.base.addTo(this.map);
      else this.base.remove();
      this.labels.redraw();
    }

    _firstView() {
      const located = (layer) => layer && layer.features.some((feature) => feature.geometry);
      const layers = [this.layers.get(this.config.map.fit), ...this.layers.values()].filter(located);
      const source = layers.length ? layers[0].features : this.places;
      this.home = source.map((feature) => feature.geometry);
      if (this.home.length && !this.config.extent && !this.viewed) this.zoomTo(this.home, { animate: false });
    }

    zoomToExtent() {
      const [west, south, east, north] = this.config.extent;
      this.map.fitBounds([[south, west], [north, east]], { ...this.margins(24), maxZoom: 16, animate: false });
    }

    /* Room around what is shown, and for the legend where it lies on the map. */
    margins(around) {
      const legend = byId("legend-body").hidden || this.map.getSize().x < 800 ? 0 : byId("legend-body").offsetWidth + 12;
      return { paddingTopLeft: [around, around], paddingBottomRight: [around + legend, around] };
    }

    zoomTo(geometries, options) {
      const bounds = GIS.boundsOf(geometries.filter(Boolean));
      if (bounds.isValid()) this.map.fitBounds(bounds, { ...this.margins(40), maxZoom: 17, ...options });
    }

    flash(geometries) {
      if (this.lit) this.lit.remove();
      const style = { renderer: this.canvas, color: "#1a202c", weight: 5, opacity: 0.7, fill: false, dashArray: "2 7", interactive: false };
      this.lit = L.featureGroup(geometries.map((geometry) => L.geoJSON(geometry, { style, interactive: false,
        pointToLayer: (_, place) => L.circleMarker(place, style) }))).addTo(this.map);
      setTimeout(() => this.lit && this.lit.remove(), 4000);
    }

    /* A feature was chosen in the list, by search or on the map. */
    choose(layer, feature, { place, stay } = {}) {
      if (!layer.visible) {
        this.showLayer(layer.id, true);
        this.settle();
      }
      if (this.desk && this.desk.chosen && this.desk.chosen(layer, feature, { place, stay })) return;
      if (!feature.geometry) {
        this.passing(`“${layer.name(feature)}”没有位置，无法在图上显示。`);
        return;
      }
      if (!stay) this.zoomTo([feature.geometry], { animate: false });
      GIS.openPopup(this, layer, feature, place);
    }

    notice(key, text) {
      if (text) this.notices.set(key, text);
      else this.notices.delete(key);
      GIS.fill(byId("notices"), [...this.notices.values()].map((words) => GIS.el("p", {}, words)));
    }

    /* A notice that goes by itself. */
    passing(text) {
      clearTimeout(this.fading);
      this.notice("passing", text);
      this.fading = setTimeout(() => this.notice("passing", null), 5000);
    }

    status() {
      const context = ["communities", "divisions", "coverage"];
      const shown = [...this.layers.values()].filter((layer) => layer.visible && layer.matched && !context.includes(layer.id));
      const counts = shown.map((layer) => {
        const total = layer.matched;
        const drawn = layer.shown().length;
        return `${layer.declared.title} ${drawn === total ? GIS.count(total) : `${GIS.count(drawn)}/${GIS.count(total)}`}`;
      });
      GIS.fill(byId("status-count"), counts.join("　"));
      const asOf = this.desk && this.desk.asOf ? this.desk.asOf() : null;
      GIS.fill(byId("status-time"), `数据时间 ${asOf || this.config.made_at || this.readAt}`);
      const sample = [...this.layers.values()].some((layer) => layer.hasSample()) ||
        this.places.some((place) => place.properties.sample === true);
      document.querySelectorAll(".sample-mark").forEach((mark) => { mark.hidden = !sample; });
    }
  };

  /* Called by the line that folium writes into the page. */
  GIS.open = function (map) {
    const page = new GIS.Page(map, GIS.readConfig());
    GIS.page = page;
    page.open();
    return page;
  };
})();
