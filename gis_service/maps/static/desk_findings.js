/* What the checks found: a list that zooms there, and marks on the map; what blocks comes first. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const BLOCKS = { color: "#c53030", fillColor: "#c53030", word: "须改正" };
  const WARNS = { color: "#b7791f", fillColor: "#d69e2e", word: "请核对" };

  const kind = (finding) => (finding.blocking ? BLOCKS : WARNS);

  /* The findings that came with a refusal; without any, the refusal itself. */
  GIS.refusedFindings = (refused) => refused.problem.findings ||
    [{ code: "refused", blocking: true, message: refused.message, geometry: null }];

  GIS.Findings = class {
    constructor(page) {
      Object.assign(this, { page, list: [], group: L.featureGroup(), node: GIS.el("section", { class: "findings", "aria-label": "检查结果" }) });
    }

    show(list) {
      this.list = [...(list || [])].sort((one, other) => Number(other.blocking) - Number(one.blocking));
      this._mark();
      this._write();
    }

    blocking() {
      return this.list.filter(({ blocking }) => blocking);
    }

    _mark() {
      this.group.clearLayers();
      this.list.filter(({ geometry }) => geometry).forEach((finding) => {
        const { color, fillColor } = kind(finding);
        const style = { renderer: this.page.canvas, interactive: false, pmIgnore: true, color, fillColor, weight: 2, fillOpacity: 0.5 };
        L.geoJSON(finding.geometry, { style, interactive: false, pmIgnore: true,
          pointToLayer: (_, place) => new GIS.Symbol(place, { ...style, marker: "cross", radius: 9, fillOpacity: 1 }) }).addTo(this.group);
      });
      this.group.addTo(this.page.map);
    }

    _write() {
      const row = (finding) => GIS.el("li", { class: finding.blocking ? "blocking" : "warning" },
        GIS.el("button", { type: "button", disabled: !finding.geometry, title: finding.geometry ? "在图上看" : null,
          onclick: () => this.zoom(finding) }, GIS.el("b", {}, kind(finding).word), GIS.el("span", {}, finding.message)));
      GIS.fill(this.node, this.list.length > 0 && [GIS.el("h3", {}, `检查：${this.blocking().length} 处须改正，` +
        `${this.list.length - this.blocking().length} 处请核对`), GIS.el("ul", {}, this.list.map(row))]);
    }

    zoom({ geometry }) {
      this.page.zoomTo([geometry], { ...this.page.margins(120), animate: false, maxZoom: 19 });
      this.page.flash([geometry]);
    }

    clear() {
      this.show([]);
    }
  };
})();
