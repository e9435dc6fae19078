/* “That side is this line”: a phrase is chosen, then a road, river or estate, on the map or in the list of candidates. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const REACH_PX = 10;
  const LIT = { color: "#f2b705", weight: 9, opacity: 0.55, lineCap: "round", interactive: false, pmIgnore: true };
  const HOVER = { ...LIT, color: "#d9480f", opacity: 0.75 };

  const toLatLngs = (geometry) => GIS.paths(geometry).map((path) => path.map(([lon, lat]) => [lat, lon]));
  const far = (metres) => (metres >= 1000 ? `${(metres / 1000).toFixed(1)} 千米` : `${Math.round(metres)} 米`);

  GIS.Picking = class {
    constructor(desk, area, side) {
      Object.assign(this, { desk, page: desk.page, map: desk.page.map, area, side, items: [], told: "正在找候选…" });
      this.group = L.featureGroup().addTo(this.map);
      this.hover = L.polyline([], { ...HOVER, renderer: this.page.canvas }).addTo(this.map);
      this.node = GIS.el("section", { class: "picking", "aria-label": `指定${GIS.SIDES[side].words}边` });
      this.moved = (event) => this._over(event.latlng);
      this.map.on("mousemove", this.moved);
      this.map.getContainer().classList.add("picking-line");
      this.render();
      this._ask();
    }

    /* Candidates by the name that is written; without any, or for a place, those that lie near. */
    async _ask(place) {
      try {
        let { items } = await GIS.boundaries.candidates(this.area.id, this.side, place);
        if (!items.length && !place && this._spot()) {
          ({ items } = await GIS.boundaries.candidates(this.area.id, this.side, this._spot()));
          items.forEach((item) => { item.why = ""; });
        }
        this.items = items;
        this.told = items.length ? "" : "附近没有可选的地物。请在地图上点一条线，或自己画。";
      } catch (error) {
        this.told = `候选未能读取（${error.message}）`;
      }
      if (this.closed) return;
      this.group.clearLayers();
      this.items.forEach(({ geometry }) => L.polyline(toLatLngs(geometry), { ...LIT, renderer: this.page.canvas }).addTo(this.group));
      this.render();
    }

    /* Where the open side is looked for: at the arrow that marks it. */
    _spot() {
      const mark = this.desk.shown.open.find(({ side }) => side === this.side);
      return mark && mark.arrow[0];
    }

    render() {
      const { words, color } = GIS.SIDES[this.side];
      const row = (item) => GIS.el("li", {}, GIS.el("button", { type: "button", onclick: () => this.take(item),
        onmouseenter: () => this._light(item.geometry), onfocus: () => this._light(item.geometry), onmouseleave: () => this._light(null) },
      GIS.el("b", {}, item.name || "（未命名）"), GIS.el("small", {}, [item.kind_words, item.why].filter(Boolean).join("，")),
      GIS.el("span", {}, typeof item.distance_m === "number" ? far(item.distance_m) : "")));
      GIS.fill(this.node, GIS.el("p", {}, GIS.el("b", { class: "picked-side", css: { "--side": color } }, `${words}边是哪一条？`), "在地图上点一条路、河或一个小区，或选："),
        this.told && GIS.el("p", { class: "nothing", role: "status" }, this.told),
        GIS.el("ul", {}, this.items.slice(0, 8).map(row)),
        GIS.el("p", { class: "picking-more" }, GIS.el("button", { type: "button", class: "plain", onclick: () => this.desk.drawSide(this.side) }, "自己画一条线"),
          GIS.el("button", { type: "button", class: "plain", onclick: () => this.desk.stopPicking() }, "先不定（Esc）")));
    }

    _light(geometry) {
      this.hover.setLatLngs(geometry ? toLatLngs(geometry) : []);
    }

    /* What lies under the pointer: a candidate first, else whatever the base map shows there. */
    under(latlng) {
      const places = this.items.map((item) => ({ item, geometry: item.geometry, width: item.width_m }));
      const ground = this.page.base ? this.page.base.under(latlng, REACH_PX) : [];
      const base = ground
        .map(({ properties, geometry }) => ({ item: { name: properties.name }, geometry, width: properties.width_m }));
      const near = (list) => list.map((each) => ({ ...each, px: GIS.pixelsAway(this.map, each.geometry, latlng, each.width) }))
        .filter(({ px }) => px <= REACH_PX).sort((one, other) => one.px - other.px)[0];
      return near(places) || near(base) || null;
    }

    _over(latlng) {
      const found = this.under(latlng);
      this._light(found && found.geometry);
      this.map.getContainer().title = found ? `${found.item.name || "未命名"}：点一下定为${GIS.SIDES[this.side].words}边` : "";
    }

    /* A click on the map; the server says which place that is, since the base map knows a road by its pieces. */
    async clicked(latlng) {
      const found = this.under(latlng);
      if (found && found.item.place_id) { this.take(found.item); return; }
      await this._ask([latlng.lng, latlng.lat]);
      const same = found && this.items.find(({ name }) => name === found.item.name);
      if (same) this.take(same);
    }

    take(item) {
      this.desk.judge(this.side, { place_id: item.place_id }, item.name);
    }

    close() {
      this.closed = true;
      this.map.off("mousemove", this.moved);
      this.map.getContainer().classList.remove("picking-line");
      this.map.getContainer().title = "";
      this.group.remove();
      this.hover.remove();
      this.node.remove();
    }
  };

  /* How far a geometry is from a place on the screen, in pixels: a line as wide as it is (m), an area within it a little away. */
  GIS.pixelsAway = function (map, geometry, latlng, width) {
    const place = map.latLngToLayerPoint(latlng);
    const points = GIS.paths(geometry).map((path) => path.map(([lon, lat]) => map.latLngToLayerPoint([lat, lon])));
    const edge = Math.min(...points.flatMap((path) => path.slice(1).map((to, index) => L.LineUtil.pointToSegmentDistance(place, path[index], to))),
      Infinity);
    if (GIS.isPolygon(geometry)) return GIS.contains(geometry, [latlng.lng, latlng.lat]) ? Math.min(edge, REACH_PX) : edge;
    const [mx] = GIS.metres(latlng.lat);
    const metre = map.latLngToLayerPoint([latlng.lat, latlng.lng + 1 / mx]).x - place.x;
    return Math.max(0, edge - ((width || 0) / 2) * Math.abs(metre));
  };
})();
