/* Importing drawn boundaries: a file and its datum, everything seen on the map beside the ledger's rows, then kept as drafts. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const SYSTEMS = { file: "按文件自己的说明", CGCS2000: "CGCS2000 / WGS 84 经纬度", "GCJ-02": "GCJ-02（高德、腾讯）", "BD-09": "BD-09（百度）" };
  const ZONES = [39, 40].map((zone) => [String(4488 + zone), `CGCS2000 3 度带，${zone} 带（带号在前）`])
    .concat([[String(4548), "CGCS2000 3 度带，中央经线 117°"], [String(4549), "CGCS2000 3 度带，中央经线 120°"]]);
  const SEEN = { color: "#7a1fa2", weight: 2.5, dashArray: "7 4", fill: true, fillColor: "#7a1fa2", fillOpacity: 0.12, interactive: false, pmIgnore: true };

  GIS.DrawingsImport = class {
    constructor(desk) {
      Object.assign(this, { desk, page: desk.page, group: L.featureGroup().addTo(desk.page.map), told: "", preview: null });
      this.file = GIS.el("input", { type: "file", id: "drawings-file", accept: ".geojson,.json,.gpkg,.zip,.kml,.dxf", onchange: () => this.read() });
      this.chosen = GIS.el("span", { class: "file-name" }, "尚未选择");
      this.system = GIS.el("select", { id: "drawings-system", onchange: () => this.read() },
        Object.entries(SYSTEMS).concat(ZONES).map(([value, title]) => GIS.el("option", { value }, title)));
      this.below = GIS.el("div", {});
    }

    nodes() {
      return [GIS.el("div", { class: "detail-bar" }, GIS.el("button", { type: "button", id: "back", onclick: () => this.desk.leaveImport() }, "‹ 返回清单")),
        GIS.el("div", { class: "scroll import", tabindex: "-1" }, GIS.el("h2", {}, "导入绘制好的边界"),
          GIS.el("p", {}, "GeoJSON、GPKG、Shapefile（zip）、KML、DXF。先看位置对不对，再存为草图；不会改动已核准的边界。"),
          GIS.el("p", { class: "file-field" }, GIS.el("label", { for: "drawings-file", class: "plain" }, "选择文件"), this.file, this.chosen),
          GIS.el("p", { class: "field" }, GIS.el("label", { for: "drawings-system" }, "坐标系"), this.system), this.below)];
    }

    async read() {
      const file = this.file.files[0];
      if (!file) return;
      this.chosen.textContent = file.name;
      GIS.fill(this.below, GIS.el("p", { role: "status" }, "正在读取…"));
      const form = new FormData();
      form.append("file", file);
      form.append("system", this.system.value);
      const asked = (this.asked = form);
      const preview = await this.desk.tried(() => GIS.boundaries.preview(form));
      if (asked !== this.asked) return; // another file or system was chosen since
      this.preview = preview;
      this._show();
    }

    _show() {
      this.group.clearLayers();
      if (!this.preview) { GIS.fill(this.below); return; }
      const { rows, issues } = this.preview;
      const shapes = rows.map(({ geometry }) => geometry).filter(Boolean);
      shapes.forEach((geometry) => L.polygon(GIS.shapeLatLngs(GIS.shapeOf(geometry)), { ...SEEN, renderer: this.page.canvas }).addTo(this.group));
      if (shapes.length) this.page.zoomTo(shapes, { ...this.page.margins(60), animate: false });
      this.choices = rows.map((row) => this._choice(row));
      GIS.fill(this.below, this._facts(), GIS.el("ul", { class: "import-rows", "aria-label": "文件中的图形" }, this.choices.map(({ node }) => node)),
        issues.length > 0 && GIS.el("ul", { class: "issues" }, issues.map(({ message }) => GIS.el("li", {}, message))),
        GIS.el("datalist", { id: "area-codes" }, this.desk.areas.features.map(({ properties }) => GIS.el("option", { value: properties.code }, properties.name))),
        GIS.el("p", { class: "actions" }, GIS.el("button", { type: "button", class: "primary", onclick: () => this.commit() }, "存为草图")));
    }

    _facts() {
      const { file, format, system, counts, rows } = this.preview;
      const first = rows.find(({ written }) => written);
      const place = (pair, digits) => pair.map((number) => Number(number).toFixed(digits)).join("，");
      return GIS.el("dl", { class: "fields" }, [["文件", `${file}（${format}）`], ["坐标系", SYSTEMS[system] || system],
        ["图形", `${counts.features} 个，${counts.matched} 个对上了区域`],
        first && ["首点原文", place(first.written, 3)], first && ["换算为经纬度", place(first.lonlat, 6)]].filter(Boolean)
        .map(([title, value]) => [GIS.el("dt", {}, title), GIS.el("dd", {}, value)]));
    }

    _choice(row) {
      const usable = row.usable && (!row.area || row.area.may_edit);
      const box = GIS.el("input", { type: "checkbox", checked: usable && Boolean(row.area), disabled: !usable, "aria-label": `第 ${row.n} 个图形` });
      const code = GIS.el("input", { type: "text", list: "area-codes", placeholder: "区域编号", "aria-label": `第 ${row.n} 个图形对应的区域编号`,
        oninput: () => { box.checked = Boolean(this._areaOf(code.value)); } });
      const found = row.area ? GIS.el("span", {}, `${row.area.name}（${row.area.code}）`) : code;
      return { row, box, code, node: GIS.el("li", {}, GIS.el("label", {}, box, GIS.el("b", {}, row.name || row.code || `第 ${row.n} 个图形`)),
        GIS.el("small", {}, `${GIS.area(row.area_m2 || 0)}，${row.vertices} 个点${row.why ? `，${row.why}` : ""}`), found,
        row.area && !row.area.may_edit && GIS.el("small", { class: "refusal" }, "不在您的辖区"),
        row.findings.map(({ message, blocking }) => GIS.el("small", { class: blocking ? "refusal" : "caution" }, GIS.el("b", {}, blocking ? "须改正" : "请核对"), message)),
        row.geometry && GIS.el("button", { type: "button", class: "plain", onclick: () => this.desk.zoomTo([row.geometry]) }, "在图上看")) };
    }

    _areaOf(code) {
      return this.desk.areas.features.find(({ properties }) => properties.code === code.trim());
    }

    async commit() {
      const rows = this.choices.filter(({ box }) => box.checked).map(({ row, code }) => {
        const area = row.area ? null : this._areaOf(code.value);
        return area ? { n: row.n, area_id: area.id } : { n: row.n };
      });
      if (!rows.length) { this.page.passing("请先勾选要存的图形。"); return; }
      const told = await this.desk.tried(() => GIS.boundaries.commit(this.preview.token, { rows }));
      if (!told) return;
      this.page.passing(`${rows.length} 个图形已存为草图。`);
      this.desk.leaveImport();
      await this.desk.refreshAreas();
    }

    close() {
      this.group.remove();
    }
  };
})();
