/* The planners' map: coverage by division, areas by form of service, uncovered communities by reason. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const LEVELS = [["county", "区县"], ["street", "街道"], ["neighborhood", "社区"], ["reporting_unit", "填报单位"]];
  const REASONS = ["declared", "lost", "spatial"];
  const CIRCLED = ["", "①", "②", "③", "④", "⑤", "⑥"];
  const FADED = 0.35;

  GIS.desks.coverage = class {
    constructor(page) {
      Object.assign(this, { page, level: "street", tab: "uncovered", reasons: new Set(REASONS), sort: "rate" });
      this.coverage = page.layers.get("coverage");
      this.areas = page.layers.get("management_areas");
      this.uncovered = page.layers.get("uncovered_communities");
      this.coverage.renderer = page.below;
      this.coverage.filter = ({ properties }) => properties.level === this.level;
      this.coverage.restyle = (options) => ({ ...options, interactive: false,
        fillOpacity: options.fillOpacity * this.ground(), weight: page.map.getZoom() >= 15 ? 1 : 1.4 });
      this.uncovered.filter = ({ properties }) => this.reasons.has(properties.reason) && this.inDivision(properties);
      this.areas.restyle = (options) => this.faded(options);
      this.areas.legendRows = () => this.areas.declared.style.rule.map((rule) => GIS.el("li", {}, GIS.swatch(rule, "area"),
        GIS.el("span", {}, `${CIRCLED[rule.value] || "○"} ${rule.title}`)));
      this.uncovered.more = (feature) => this.otherReasons(feature);
      page.layers.forEach((layer) => { layer.offLegend = layer.id === "divisions"; });
    }

    /* A community may be uncovered for several reasons; its popup tells them all. */
    otherReasons({ properties }) {
      const others = this.uncovered.features.map((feature) => feature.properties)
        .filter((other) => other.community_id === properties.community_id && other.reason !== properties.reason);
      return others.map((other) => GIS.el("p", { class: "also" },
        `另一原因：${GIS.wordsOf("uncovered_communities", "reason", other.reason)}（${other.evidence}）`));
    }

    ground() {
      const zoom = this.page.map.getZoom();
      return zoom < 14 ? 1 : zoom < 15.5 ? 0.75 : 0.4;
    }

    faded(options) {
      if (!this.uncovered.visible) return options;
      return { ...options, fillOpacity: FADED, hatchOpacity: 0.6 };
    }

    inDivision(properties) {
      return !this.divisions || this.divisions.holds(properties);
    }

    start() {
      const divisions = this.page.layers.get("divisions");
      this.divisions = new GIS.Divisions(this.page, divisions ? divisions.features : []);
      GIS.wireDivisions(this.page, this.divisions.features,
        this.divisions.used([...this.areas.features, ...this.uncovered.features]), () => this.changed());
    }

    changed() {
      this.coverage.draw();
      this.uncovered.draw();
      this.page.settle();
    }

    zoomed() {
      this.coverage.refresh();
    }

    layerShown(id) {
      if (id === "uncovered_communities") this.areas.refresh();
    }

    /* Rows of the chosen level that lie in the chosen division. */
    rows(level) {
      const chosen = this.divisions.byCode.get(this.page.division);
      return this.coverage.features.map((feature) => feature.properties).filter((row) => {
        if (row.level !== (level || this.level) || !row.communities) return false;
        if (!chosen || row.level === "reporting_unit") return true;
        return String(row.code).startsWith(chosen.code) || chosen.code.startsWith(String(row.code));
      });
    }

    totals() {
      const chosen = this.divisions.byCode.get(this.page.division);
      const rows = this.rows(chosen ? chosen.level : "county").filter((row) => !chosen || String(row.code) === chosen.code);
      const sum = (key) => rows.reduce((total, row) => total + (row[key] || 0), 0);
      return Object.fromEntries(["communities", "covered", "uncovered", "declared", "lost", "spatial", "area_rows",
        "committee_yes", "committee_known"].map((key) => [key, sum(key)]));
    }

    asOf() {
      const row = this.coverage.features.find((feature) => feature.properties.as_of);
      return row ? GIS.date(row.properties.as_of) : null;
    }

    render() {
      if (!this.divisions) this.start();
      const body = document.getElementById("panel-body");
      const scroll = body.querySelector(".scroll");
      const top = scroll && body.dataset.tab === this.tab ? scroll.scrollTop : 0;
      const list = this.tab === "uncovered" ? this.uncoveredList() : this.divisionList();
      GIS.fill(body, this.figures(), this.tabs(), GIS.el("div", { class: "scroll", tabindex: "-1" }, list));
      body.dataset.tab = this.tab;
      body.querySelector(".scroll").scrollTop = top;
    }

    figures() {
      const totals = this.totals();
      const figure = (title, value, below) => GIS.el("div", { class: "figure" }, GIS.el("span", {}, title),
        GIS.el("strong", {}, value), GIS.el("small", {}, below));
      return GIS.el("div", { class: "figures" },
        figure("覆盖率", GIS.share(totals.covered, totals.communities), `${GIS.count(totals.covered)}/${GIS.count(totals.communities)} 个小区`),
        figure("失管小区", GIS.count(totals.uncovered), "一个小区可有多个原因"),
        figure("业委会组建率", GIS.share(totals.committee_yes, totals.committee_known), `${GIS.count(totals.committee_yes)}/${GIS.count(totals.committee_known)} 个管理区域`));
    }

    tabs() {
      const total = new Set(this.page.layers.get("uncovered_communities").features
        .filter(({ properties }) => this.inDivision(properties)).map(({ properties }) => properties.community_id)).size;
      return GIS.choice("列表内容", [
        { value: "uncovered", title: "失管小区", count: total },
        { value: "divisions", title: "分区统计" },
      ], this.tab, (tab) => { this.tab = tab; this.render(); }, "tabs");
    }

    reasonRule(reason) {
      return this.uncovered.declared.style.rule.find((rule) => rule.value === reason) || {};
    }

    uncoveredList() {
      const inside = this.uncovered.features.filter(({ properties }) => this.inDivision(properties));
      const chips = GIS.chips("按原因筛选", REASONS.map((reason) => ({
        value: reason, title: this.reasonRule(reason).title || GIS.wordsOf("uncovered_communities", "reason", reason),
        picture: GIS.swatch(this.reasonRule(reason), "area"),
        count: inside.filter(({ properties }) => properties.reason === reason).length,
      })), this.reasons, (reasons) => { this.reasons = reasons; this.changed(); });
      const groups = new Map();
      this.uncovered.shown().forEach((feature) => {
        const key = String(feature.properties.community_id);
        groups.set(key, [...(groups.get(key) || []), feature]);
      });
      const items = [...groups.values()].sort((a, b) => b.length - a.length ||
        a[0].properties.name.localeCompare(b[0].properties.name, "zh-CN"));
      return [chips, GIS.list(items, (features) => this.communityRow(features),
        { label: "失管小区", empty: "所选范围内没有失管小区。" })];
    }

    communityRow(features) {
      const { name, street, county, neighborhood, boundary_pending: pending } = features[0].properties;
      return GIS.row({
        picture: features.map((feature) => GIS.swatch(this.uncovered.rule(feature), "area")), title: name,
        below: [county, street, neighborhood].filter(Boolean).join(" ") + (pending ? "　边界待核" : ""),
        aside: features.map((feature) => GIS.el("span", { class: "reason" }, this.shortReason(feature.properties.reason))),
        onclick: () => this.page.choose(this.uncovered, features[0]),
      });
    }

    shortReason(reason) {
      return { declared: "登记无物管", lost: "物业撤离", spatial: "无管理区域" }[reason];
    }

    divisionList() {
      const levels = GIS.choice("统计层级", LEVELS.map(([value, title]) => ({ value, title })), this.level, (level) => {
        this.level = level;
        this.changed();
      });
      const rows = this.rows().sort((a, b) => (a.coverage_rate || 0) - (b.coverage_rate || 0) || b.communities - a.communities);
      return [levels, GIS.list(rows, (row) => this.divisionRow(row), { label: "分区统计", empty: "这一层级没有数据。" })];
    }

    divisionRow(row) {
      const feature = this.coverage.features.find(({ properties }) => properties === row);
      return GIS.row({
        title: row.name, below: [GIS.meter(row.covered, row.communities), this.breakdown(row)],
        aside: GIS.shareWithFraction(row.covered, row.communities),
        onclick: () => this.openDivision(feature),
      });
    }

    breakdown(row) {
      return `失管 ${row.uncovered}（登记 ${row.declared}、撤离 ${row.lost}、空间 ${row.spatial}）`;
    }

    openDivision(feature, place) {
      if (!feature.geometry) {
        this.page.passing(`“${feature.properties.name}”没有边界数据，无法在图上定位。`);
        return;
      }
      if (!place) this.page.zoomTo([feature.geometry], { animate: false });
      GIS.openPopup(this.page, this.coverage, feature, place);
    }

    clickedGround(position, place) {
      if (!this.coverage.visible) return;
      const found = this.coverage.shown().find((feature) => feature.geometry && GIS.contains(feature.geometry, position));
      if (found) this.openDivision(found, place);
    }

    chosen(layer, feature, { place, stay }) {
      if (layer.id === "coverage" || layer.id === "divisions") {
        if (layer.id === "coverage") this.openDivision(feature, place);
        else this.page.zoomTo([feature.geometry], { animate: false });
        return true;
      }
      if (layer.id !== "uncovered_communities" || !feature.geometry) return false;
      if (!stay) this.page.zoomTo([feature.geometry], { animate: false, maxZoom: 16.5 });
      GIS.openPopup(this.page, layer, feature, place);
      return true;
    }

    legend() {
      return GIS.el("p", { class: "legend-note" }, `分区按${LEVELS.find(([level]) => level === this.level)[1]}着色`);
    }

    labels(view) {
      return [...this.rateLabels(view), ...this.areaLabels(view), ...this.uncoveredLabels(view)];
    }

    point(feature, view) {
      const [x, y] = GIS.world(GIS.labelPosition(feature.geometry));
      return { x: view.x(x), y: view.y(y) };
    }

    rateLabels(view) {
      if (!this.coverage.visible || view.zoom >= 15.5) return [];
      return this.coverage.shown().filter((feature) => feature.geometry && feature.properties.communities).map((feature) => ({
        ...this.point(feature, view), size: 12, weight: 600, color: "#2d3748", priority: 60, haloWidth: 4,
        text: `${feature.properties.name} ${GIS.share(feature.properties.covered, feature.properties.communities)}`,
      }));
    }

    areaLabels(view) {
      if (!this.areas.visible || view.zoom < 15) return [];
      return this.areas.shown().filter((feature) => feature.geometry).map((feature) => ({
        ...this.point(feature, view), size: 12, color: "#2d3748", priority: 50,
        text: `${CIRCLED[feature.properties.service_form] || "○"}${view.zoom >= 15.5 ? GIS.areaName(feature.properties.name) : ""}`,
      }));
    }

    uncoveredLabels(view) {
      if (!this.uncovered.visible || view.zoom < 14.5) return [];
      return this.uncovered.shown().filter((feature) => feature.geometry).map((feature) => ({
        ...this.point(feature, view), size: 12, weight: 600, color: "#9b2c2c", priority: 55, text: feature.properties.name,
      }));
    }
  };
})();
