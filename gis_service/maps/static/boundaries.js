/* The county staff's map: which sentence became which polygon, phrase by phrase and edge by edge. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const STATUSES = {
    resolved: { title: "已落图", fill: "#2f855a", marker: "circle" },
    partial: { title: "部分落图", fill: "#d69e2e", marker: "triangle" },
    ambiguous: { title: "有歧义", fill: "#7b61b5", marker: "diamond" },
    unresolved: { title: "未落图", fill: "#c53030", marker: "square" },
  };

  const GROUNDS = {
    resolved: { fill: "#5b7a99", stroke: "#5a6f85", opacity: 0.18 },
    partial: { fill: "#d69e2e", stroke: "#9a6f14", opacity: 0.28, hatch: "back" },
    ambiguous: { fill: "#7b61b5", stroke: "#574581", opacity: 0.25, hatch: "cross" },
    unresolved: { fill: "#c53030", stroke: "#8c2222", opacity: 0.22, hatch: "diagonal" },
  };

  const statusOf = (properties) => (STATUSES[properties.resolution_status] ? properties.resolution_status : "unresolved");

  GIS.desks.boundaries = class {
    constructor(page) {
      Object.assign(this, { page, statuses: new Set(Object.keys(STATUSES)), words: "", current: null, shown: new GIS.AreaMarks(page) });
      this.marks = this.shown.group;
      this.areas = page.layers.get("management_areas");
      this.areas.filter = ({ properties }) => this.inDivision(properties);
      this.areas.restyle = (options, feature) => this.quiet(options, feature);
      this.areas.legendRows = () => this.legendRows();
      page.layers.forEach((layer) => { layer.offLegend = layer.id === "divisions"; });
    }

    /* Filled by how far the sentence got; the outline says whether the boundary is agreed. */
    quiet(options, feature) {
      const other = this.current && this.current !== feature;
      const agreed = feature.properties.state === "approved";
      const ground = GROUNDS[statusOf(feature.properties)];
      return { ...options, color: "#5a6f85", fill: true, fillColor: ground.fill, stroke: true,
        hatch: this.current ? null : ground.hatch, hatchColor: ground.stroke, hatchOpacity: 0.35,
        fillOpacity: other ? 0.07 : ground.opacity, opacity: other ? 0.5 : 1, weight: 1.2, dashArray: agreed ? null : "5 4" };
    }

    legendRows() {
      const row = (rule, title) => GIS.el("li", {}, GIS.swatch({ width: 1.2, ...rule }, "area"), GIS.el("span", {}, title));
      return [...Object.entries(GROUNDS).map(([status, rule]) => row(rule, STATUSES[status].title)),
        row({ stroke: "#5a6f85" }, "实线：边界已核准"), row({ stroke: "#5a6f85", dash: "5 4" }, "虚线：草图、审核中")];
    }

    inDivision(properties) {
      return !this.divisions || this.divisions.holds(properties);
    }

    start() {
      this.divisions = new GIS.Divisions(this.page, []);
      this.wireDivisions();
      const wanted = decodeURIComponent(window.location.hash.slice(1));
      const feature = wanted && this.areas.features.find(({ properties }) => properties.code === wanted);
      if (feature) this.open(feature);
    }

    async wireDivisions() {
      try {
        this.divisions = await GIS.Divisions.of(this.page);
      } catch (error) {
        this.page.notice("places", `区划清单未能读取（${error.message}）。请稍后刷新页面。`);
      }
      GIS.wireDivisions(this.page, this.divisions.features, this.divisions.used(this.areas), () => this.divisionChosen());
    }

    divisionChosen() {
      this.leave();
      this.areas.draw();
      this.page.settle();
    }

    inside() {
      return this.areas.features.filter(({ properties }) => this.inDivision(properties));
    }

    listed() {
      const words = this.words;
      return this.inside().filter(({ properties }) => this.statuses.has(statusOf(properties)) && (!words ||
        [properties.name, properties.code, properties.abuttals_text, ...(properties.community_names || []), properties.street]
          .some((text) => text && String(text).includes(words))))
        .sort((a, b) => (a.properties.ledger_seq || 0) - (b.properties.ledger_seq || 0));
    }

    render() {
      if (!this.divisions) this.start();
      const body = document.getElementById("panel-body");
      if (this.current) {
        GIS.fill(body, this.detail(this.current));
        return;
      }
      GIS.fill(body, this.search(), this.chips(), GIS.el("div", { class: "scroll", tabindex: "-1" }, this.rows()));
    }

    search() {
      return GIS.el("input", { type: "search", class: "filter", id: "area-filter", value: this.words, "aria-label": "在列表中查找",
        placeholder: "查找区域、小区或四至文字", oninput: (event) => {
          this.words = event.target.value.trim();
          const scroll = document.querySelector("#panel-body .scroll");
          GIS.fill(scroll, this.rows());
        } });
    }

    chips() {
      const inside = this.inside();
      return GIS.chips("按落图情况筛选", Object.entries(STATUSES).map(([value, rule]) => ({
        value, title: rule.title, picture: GIS.swatch(rule, "point"),
        count: inside.filter(({ properties }) => statusOf(properties) === value).length,
      })), this.statuses, (statuses) => { this.statuses = statuses; this.render(); });
    }

    rows() {
      const items = this.listed();
      return [GIS.el("p", { class: "tally" }, `${GIS.count(items.length)} 个物业管理区域`),
        GIS.list(items, (feature) => this.row(feature), { label: "物业管理区域", empty: "没有符合条件的物业管理区域。" })];
    }

    row(feature) {
      const properties = feature.properties;
      const rule = STATUSES[statusOf(properties)];
      return GIS.row({ picture: GIS.swatch(rule, "point"), title: properties.name, id: properties.code,
        below: properties.abuttals_text || "（台账未填四至范围）", aside: rule.title, onclick: () => this.page.choose(this.areas, feature) });
    }

    neighbours() {
      const items = this.listed();
      const index = items.indexOf(this.current);
      return [items[index - 1], items[index + 1]];
    }

    detail(feature) {
      const properties = feature.properties;
      const rule = STATUSES[statusOf(properties)];
      const [before, after] = this.neighbours();
      const step = (title, target) => GIS.el("button", { type: "button", disabled: !target, onclick: () => this.open(target) }, title);
      return [
        GIS.el("div", { class: "detail-bar" },
          GIS.el("button", { type: "button", id: "back", onclick: () => this.back() }, "‹ 返回列表"),
          GIS.el("span", {}, step("上一个", before), step("下一个", after))),
        GIS.el("div", { class: "scroll", tabindex: "-1" },
          GIS.el("h2", {}, properties.name),
          GIS.el("p", { class: "verdict" }, GIS.swatch(rule, "point"), GIS.el("b", {}, rule.title), this.certainty(properties)),
          GIS.el("h3", {}, "四至范围"), properties.abuttals_text ? GIS.sentence(properties) : GIS.el("p", { class: "nothing" }, "台账没有填写四至范围。"),
          this.choice(), GIS.sideTable(properties), GIS.issueList(this.unsaid(properties.issues)),
          this.missing(feature),
          GIS.el("h3", {}, "台账内容"), GIS.fieldList(this.areas.declared, properties),
          properties.sample === true && GIS.el("p", { class: "sample-note" }, "示例数据（虚构）")),
      ];
    }

    certainty(properties) {
      const parts = [];
      if (typeof properties.confidence === "number") parts.push(`把握 ${Math.floor(properties.confidence * 100 + 1e-9)} %`);
      if (properties.state) parts.push(GIS.wordsOf("management_areas", "state", properties.state));
      return parts.length ? `　${parts.join("　")}` : "";
    }

    /* The issues but for the one that the choice tells in full. */
    unsaid(issues) {
      return (issues || []).filter(({ code }) => code !== "ambiguous" || !this.shown.alternatives.length);
    }

    /* Where several areas fit the words: each with its size, and what would tell them apart. */
    choice() {
      const { alternatives } = this.shown;
      if (!alternatives.length) return null;
      return GIS.el("section", { class: "choice", "aria-label": "可能的范围" },
        GIS.el("p", {}, GIS.el("b", {}, `有 ${alternatives.length} 处范围都符合这句四至，须由人选定一处，程序不替人选。`)),
        GIS.el("ul", {}, alternatives.map(({ name, ring }) => GIS.el("li", {}, GIS.el("button", { type: "button",
          onclick: () => this.zoomTo([{ type: "Polygon", coordinates: [ring] }]) }, GIS.el("b", {}, name),
        GIS.el("span", {}, `约 ${GIS.area(GIS.ringSquareMetres(ring))}`), GIS.el("span", {}, "在图上看"))))),
        GIS.el("p", { class: "nothing" }, "可在地名库补上本小区的范围；各处大小不同的，也可在四至里写明面积。改后重新导入。"));
    }

    missing(feature) {
      if (feature.geometry || this.shown.shapes().length) return null;
      return GIS.el("p", { class: "nothing" }, "这句四至还没有能画到图上的边。");
    }

    chosen(layer, feature, { stay } = {}) {
      if (layer !== this.areas) return false;
      this.open(feature, stay);
      return true;
    }

    open(feature, stay) {
      this.current = feature;
      this.page.map.closePopup();
      this.shown.show(feature);
      this.areas.refresh();
      if (!stay) this.zoomTo(this.shown.shapes());
      this.render();
      this.page.labels.redraw();
      document.body.classList.add("has-detail");
      window.history.replaceState(null, "", `#${encodeURIComponent(feature.properties.code)}`);
      const back = document.getElementById("back");
      if (back) back.focus({ preventScroll: true });
    }

    zoomTo(shapes) {
      const around = this.page.map.getSize().x < 800 ? 40 : 90;
      if (shapes.length) this.page.zoomTo(shapes, { ...this.page.margins(around), animate: false, maxZoom: 17.5 });
    }

    back() {
      const code = this.current && this.current.properties.code;
      this.leave();
      this.render();
      this.page.labels.redraw();
      const row = [...document.querySelectorAll("#panel-body button.row")].find((button) => button.dataset.id === code);
      if (row) {
        row.scrollIntoView({ block: "center" });
        row.focus({ preventScroll: true });
      }
    }

    leave() {
      this.current = null;
      this.shown.clear();
      document.body.classList.remove("has-detail");
      window.history.replaceState(null, "", window.location.pathname + window.location.search);
      this.areas.refresh();
    }

    escape() {
      if (this.current) this.back();
    }

    legend() {
      return GIS.el("section", { class: "legend-layer" }, GIS.el("p", { class: "legend-title" }, "所选区域的四至"), this.shown.legend());
    }

    labels(view) {
      const at = (position) => {
        const [x, y] = GIS.world(position);
        return { x: view.x(x), y: view.y(y) };
      };
      const names = view.zoom < 14.5 || !this.areas.visible ? [] : this.areas.shown().filter((feature) => feature.geometry)
        .map((feature) => ({ ...at(GIS.labelPosition(feature.geometry)), text: GIS.areaName(feature.properties.name), size: 12, color: "#2c3e50",
          weight: feature === this.current ? 700 : "normal", priority: feature === this.current ? 90 : 50 }));
      return [...names, ...this.shown.labels(view)];
    }
  };
})();
