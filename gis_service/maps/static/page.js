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
      if (config.base) this.base = config.tiled_base ? this._tiledBase() : new GIS.BaseMap({ pane: "ground" });
    }

    _tiledBase() {
      return new GIS.TiledBase(this.config.base, { pane: "ground", onchange: () => this.tilesChanged(),
        onerror: (error) => this.notice("base", `底图有的地方未能读取（${error.message}）。请稍后刷新页面。`) });
    }

    _layer(id, order) {
      const declared = this.config.layers[id];
      return declared.tiled ? new GIS.TiledLayer(this, declared, order) : new GIS.FeatureLayer(this, declared);
    }

    async open() {
      GIS.wireFrame(this);
      this._wireMap();
      const { layers } = this.config.map;
      layers.forEach((id, index) => this.layers.set(id, this._layer(id, layers.length - index)));
      this.desk = GIS.desks[this.config.map.desk] ? new GIS.desks[this.config.map.desk](this) : null;
      GIS.wireLegend();
      GIS.wireSearch(this);
      GIS.skeleton();
      if (!(this.desk && this.desk.placed && this.desk.placed()) && this.config.extent) this.zoomToExtent();
      this.map.on("zoomend", () => this._zoomed());
      const answers = this.desk && this.desk.firstAnswers && this.desk.firstAnswers(); // before the tiles, of which there are many
      if (this.base) this.base.addTo(this.map);
      this.labels.addTo(this.map);
      await Promise.all([this._loadBase(), answers, ...[...this.layers.values()].map((layer) => this._load(layer))]);
      this._firstView();
      if (this.desk && this.desk.opened) this.desk.opened();
      this.settle();
      await GIS.ownTurn(); // behind all that is still to be painted
      document.documentElement.dataset.ready = "true";
      await Promise.all([...this.layers.values()].map((layer) => layer.count && layer.count()));
      this.tell();
    }

    _wireMap() {
      const map = this.map;
      map.zoomControl.remove();
      L.control.zoom({ zoomInTitle: "放大", zoomOutTitle: "缩小" }).addTo(map);
      L.control.scale({ imperial: false, maxWidth: 120, position: "bottomleft" }).addTo(map);
      map.on("click", (event) => this._clicked(event));
      map.on("popupclose", () => GIS.unmark(this));
      map.on("moveend", () => this._reloadCut());
      this.labels.addSource((view) => (this.base && this.baseShown !== false ? this.base.labels(view) : []));
      this.labels.addSource((view) => (this.desk && this.desk.labels ? this.desk.labels(view) : []));
    }

    _clicked(event) {
      if (this.desk && this.desk.took && this.desk.took(event)) return;
      if (this.desk && this.desk.measure && this.desk.measure.took(event)) return;
      const found = this.hit(event.latlng);
      const how = { place: event.latlng, stay: true };
      if (found && found.disc) found.layer.enter(found.disc);
      else if (found && found.several) GIS.openSeveral(this, found.layer, found.several, event.latlng);
      else if (found) this.choose(found.layer, found.feature, how);
      else if (this.desk && this.desk.clickedGround) this.desk.clickedGround([event.latlng.lng, event.latlng.lat], event.latlng);
    }

    /* The uppermost at a place: a disc of many, several that no zoom sets apart, or one feature. */
    hit(latlng) {
      for (const layer of this.layers.values()) {
        const found = layer.visible && !layer.silent && layer.at(latlng);
        if (found) return { layer, ...found };
      }
      return null;
    }

    async chooseTiled(layer, feature, how) {
      try {
        this.choose(layer, await layer.whole(feature), how);
      } catch (error) {
        this.passing(`“${layer.name(feature)}”未能读取（${error.message}）。`);
      }
    }

    /* Other tiles are in view: lists and words follow when no more come for a moment. */
    tilesChanged(layer) {
      clearTimeout(this.tilesSettling);
      if (layer) layer.stale = true;
      this.tilesSettling = setTimeout(() => this._seen(), 150);
    }

    /* A piece of work a turn: features are looked through, the list follows, then the words on the map. */
    async _seen() {
      const stale = [...this.layers.values()].filter((each) => each.stale);
      for (const layer of stale) {
        layer.stale = false;
        layer.look();
        await GIS.ownTurn();
      }
      if (stale.length && document.documentElement.dataset.ready === "true") this.tell();
      await GIS.ownTurn();
      this.labels.redraw();
    }

    /* What panel and status line say of the features in view. */
    tell() {
      if (this.desk && !this.desk.tellsOfAll) this.desk.render();
      this.status();
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
      if (!this.base || this.config.tiled_base) return;
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
        if (layer.tiled) {
          await layer.open();
          layer.look();
          return;
        }
        const loaded = await GIS.loadFeatures(layer.id, bbox, layer.asked());
        layer.setFeatures(loaded);
        this.notice(layer.id, loaded.cut && `“${layer.declared.title}”共 ${GIS.count(loaded.matched)} 个要素，` +
          `本页只显示 ${GIS.count(loaded.features.length)} 个；移动或放大地图后按视野重新读取。`);
      } catch (error) {
        this.notice(layer.id, `“${layer.declared.title}”未能读取（${error.message}）。请稍后刷新页面。`);
      }
    }

    /* A layer as the server has it now. */
    async reload(id) {
      await this._load(this.layers.get(id));
      this.settle();
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
      if (feature.piece) {
        this.chooseTiled(layer, feature, { place, stay });
        return;
      }
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
        const drawn = layer.tiled ? total : layer.shown().length;
        return `${layer.declared.title} ${drawn === total ? GIS.count(total) : `${GIS.count(drawn)}/${GIS.count(total)}`}`;
      });
      GIS.fill(byId("status-count"), this.desk && this.desk.counts ? this.desk.counts() : counts.join("　"));
      const asOf = this.desk && this.desk.asOf ? this.desk.asOf() : null;
      GIS.fill(byId("status-time"), `数据时间 ${asOf || this.config.made_at || this.readAt}`);
      const sample = this.config.sample || [...this.layers.values()].some((layer) => layer.hasSample()) ||
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
