/* Measuring on the map: each press adds a point; the length along them, and the ground inside them, are written beside. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const INK = "#1a202c";
  const END = window.matchMedia("(pointer: coarse)").matches ? "再按“量”" : "按 Esc 或再按“量”";

  const length = (metres) => (metres < 1000 ? `${metres.toFixed(metres < 100 ? 1 : 0)} m` : `${(metres / 1000).toFixed(2)} km`);

  GIS.Measure = class {
    constructor(page) {
      Object.assign(this, { page, places: [], on: false, group: L.featureGroup() });
      this.button = GIS.el("a", { href: "#", role: "button", title: "量距离和面积", "aria-label": "量距离和面积", "aria-pressed": "false",
        onclick: (event) => { event.preventDefault(); event.stopPropagation(); this.toggle(); } }, "量");
      const Control = L.Control.extend({ options: { position: "topleft" }, onAdd: () => {
        const bar = GIS.el("div", { class: "leaflet-bar measure" }, this.button);
        L.DomEvent.disableClickPropagation(bar);
        return bar;
      } });
      new Control().addTo(page.map);
      document.addEventListener("keydown", (event) => this.on && event.key === "Escape" && this.toggle());
    }

    toggle() {
      this.on = !this.on;
      this.button.setAttribute("aria-pressed", String(this.on));
      this.page.map.getContainer().classList.toggle("measuring", this.on);
      this.places = [];
      this.group.clearLayers();
      if (this.on) this.group.addTo(this.page.map);
      else this.group.remove();
      this.page.notice("measure", this.on ? `在图上逐点点击，量出距离和面积；${END}结束。` : null);
    }

    /* True where the press was for measuring. */
    took({ latlng }) {
      if (!this.on) return false;
      this.places.push(latlng);
      this.draw();
      return true;
    }

    metres() {
      return this.places.slice(1).reduce((sum, place, index) => sum + this.page.map.distance(this.places[index], place), 0);
    }

    squareMetres() {
      return this.places.length < 3 ? 0 : GIS.ringSquareMetres([...this.places, this.places[0]].map(({ lng, lat }) => [lng, lat]));
    }

    draw() {
      const style = { renderer: this.page.canvas, color: INK, weight: 2, dashArray: "6 4", interactive: false, fillOpacity: 0.08 };
      this.group.clearLayers();
      if (this.places.length > 1) this.group.addLayer(L.polyline(this.places, { ...style, color: "#ffffff", weight: 6, dashArray: null, opacity: 0.9, fill: false }));
      const shape = this.places.length > 2 ? L.polygon(this.places, style) : L.polyline(this.places, { ...style, fill: false });
      this.group.addLayer(shape);
      this.places.forEach((place) => this.group.addLayer(L.circleMarker(place, { ...style, radius: 3, dashArray: null, fillColor: "#fff", fillOpacity: 1 })));
      const words = [`距离 ${length(this.metres())}`, this.squareMetres() && `围合面积约 ${GIS.area(this.squareMetres())}`].filter(Boolean);
      this.page.notice("measure", this.places.length > 1 ? `${words.join("，")}。${END}结束。` : "再点一处。");
    }
  };
})();
