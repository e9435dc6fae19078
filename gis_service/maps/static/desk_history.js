/* Every version of an area: who drew, decided and why; to be seen on the map, compared, and taken up again as a draft. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const SEEN = { color: "#7a4b00", weight: 3, dashArray: "8 5", fill: true, fillColor: "#7a4b00", fillOpacity: 0.08, interactive: false, pmIgnore: true };

  function steps(revision) {
    return GIS.el("ul", { class: "steps" }, (revision.steps || []).map(({ step, words, person_name: person, at, note }) =>
      GIS.el("li", { data: { step } }, `${GIS.moment(at)}　${person}　${words}`, note && GIS.el("q", {}, note))));
  }

  function period({ effective_from: from, effective_to: to }) {
    return from && `${from} 起${to ? `，至 ${to}` : "，现行"}`;
  }

  GIS.History = class {
    constructor(desk, area) {
      Object.assign(this, { desk, area, page: desk.page, seen: L.featureGroup().addTo(desk.page.map) });
    }

    node() {
      const { history } = this.area;
      if (!history.length) return null;
      return GIS.el("details", { class: "history" }, GIS.el("summary", {}, `历史版本（${history.length}）`),
        GIS.el("ol", {}, history.map((revision, index) => this._row(revision, history[index + 1]))));
    }

    _row(revision, before) {
      const button = (title, onclick, label) => GIS.el("button", { type: "button", class: "plain", "aria-label": label, onclick }, title);
      const name = `第 ${revision.number} 版`;
      return GIS.el("li", { data: { number: revision.number } }, GIS.el("p", {}, GIS.el("b", {}, name), ` ${revision.state_words}`,
        GIS.el("small", {}, [revision.origin_words, GIS.area(revision.area_m2 || 0), period(revision)].filter(Boolean).join("　"))),
      steps(revision), GIS.el("p", { class: "history-tools" },
        button("在图上看", () => this.see(revision), `在图上看${name}`),
        before && button("与上一版比较", () => this.compare(before.number, revision.number), `${name}与上一版比较`),
        this.area.may.restore && button("恢复为草图", () => this.desk.restore(revision.number), `把${name}恢复为草图`)));
    }

    async see({ number }) {
      const { geometry } = await this.desk.tried(() => GIS.boundaries.revision(this.area.id, number)) || {};
      if (!geometry) return;
      this.seen.clearLayers();
      L.polygon(GIS.shapeLatLngs(GIS.shapeOf(geometry)), { ...SEEN, renderer: this.page.canvas }).addTo(this.seen);
      this.desk.zoomTo([geometry]);
      this.page.passing(`棕色虚线是第 ${number} 版。`);
    }

    async compare(from, to) {
      const told = await this.desk.tried(() => GIS.boundaries.compare(this.area.id, from, to));
      if (!told) return;
      const shapes = { before: told.from.geometry, after: told.to.geometry, added: told.added, removed: told.removed,
        added_m2: told.added_m2, removed_m2: told.removed_m2 };
      await GIS.ask(`第 ${from} 版与第 ${to} 版`, GIS.comparison(shapes, { before: `第 ${from} 版`, after: `第 ${to} 版` }),
        [{ value: "ok", title: "关闭", primary: true }], { wide: true });
    }

    close() {
      this.seen.remove();
    }
  };
})();
