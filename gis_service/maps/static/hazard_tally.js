/* Hazards per community, area, street or county, as the server counts them, beside the map. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const LEVELS = [["community", "小区"], ["area", "管理区域"], ["street", "街道"], ["county", "区县"]];
  const SHOWN = [["lanes_fail", "车道不合格"], ["lanes_not_measured", "车道未测"], ["ebikes_fail", "电动车"], ["covers_bad", "井盖"], ["fire_problems_open", "问题"]];

  GIS.HazardTally = class {
    constructor(desk) {
      Object.assign(this, { desk, by: "community", told: null, wrong: "" });
    }

    address(form) {
      const place = this.desk.page.division;
      const { chosen } = this.desk.day;
      return `/hazards/counts?by=${this.by}${chosen ? `&as_of=${chosen}` : ""}${place ? `&place=${encodeURIComponent(place)}` : ""}${form ? `&f=${form}` : ""}`;
    }

    async read() {
      const asked = this.address();
      this.asked = asked;
      this.told = null;
      this.wrong = "";
      this.desk.render();
      try {
        const told = await GIS.ask(asked);
        if (this.asked === asked) this.told = told;
      } catch (error) {
        this.wrong = error.message;
      }
      if (this.asked === asked) this.desk.render();
    }

    parts() {
      if (!GIS.config.server_data) return GIS.el("p", { class: "nothing" }, "统计由服务器计算，这个单独的文件里没有。");
      const choice = GIS.choice("按什么统计", LEVELS.map(([value, title]) => ({ value, title })), this.by, (by) => { this.by = by; this.read(); });
      if (this.wrong) return [choice, GIS.el("p", { class: "nothing" }, this.wrong)];
      if (!this.told) return [choice, GIS.el("p", { class: "nothing" }, "正在统计……")];
      const { rows, totals, definition } = this.told;
      return [choice, GIS.el("p", { class: "tally" }, `${GIS.count(rows.length)} 个，合计：`, SHOWN.map(([name, title], at) => [at > 0 && "，", GIS.el("span", { class: "whole" }, `${title} ${GIS.count(totals[name])}`)])),
        rows.length ? this.table(rows, totals) : GIS.el("p", { class: "nothing" }, "没有登记隐患。"),
        GIS.el("p", { class: "tally" }, definition),
        this.told.notes.map((note) => GIS.el("p", { class: "note" }, note)),
        GIS.el("p", {}, GIS.el("a", { href: GIS.config.server + this.address("xlsx"), download: true }, "下载 Excel"), "　",
          !this.desk.day.chosen && GIS.el("a", { href: `${GIS.config.server}/problems/summary?category=fire&f=xlsx${this.desk.page.division ? `&place=${this.desk.page.division}` : ""}`, download: true }, "日调度表（Excel）"))];
    }

    table(rows, totals) {
      const number = (row, name) => GIS.el("td", { class: row[name] ? "some" : null }, GIS.count(row[name]));
      const head = GIS.el("tr", {}, GIS.el("th", { scope: "col" }, "名称"), SHOWN.map(([, title]) => GIS.el("th", { scope: "col" }, title)));
      const named = (row) => (this.by === "community" ? GIS.el("button", { type: "button", class: "name", onclick: () => this.goTo(row) }, row.name) : row.name || "未知");
      const body = rows.slice(0, 500).map((row) => GIS.el("tr", { data: { id: row.id } }, GIS.el("th", { scope: "row" }, named(row)), SHOWN.map(([name]) => number(row, name))));
      const foot = GIS.el("tr", {}, GIS.el("th", { scope: "row" }, "合计"), SHOWN.map(([name]) => number(totals, name)));
      return GIS.el("table", { class: "counts" }, GIS.el("thead", {}, head), GIS.el("tbody", {}, body), GIS.el("tfoot", {}, foot));
    }

    async goTo(row) {
      const layer = this.desk.page.layers.get("communities");
      const known = layer.features.find((feature) => layer.key(feature) === row.id);
      try {
        this.desk.page.choose(layer, known && known.geometry ? known : await GIS.loadItem("communities", row.id, this.desk.day.asked));
      } catch (error) {
        this.desk.page.passing(error.message);
      }
    }
  };
})();
