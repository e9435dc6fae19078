/* What everybody may look up: who serves which area, and how far each division is covered; nothing is asked but layers. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const TABS = [{ value: "areas", title: "物业管理区域" }, { value: "coverage", title: "覆盖率" }];
  const LEVELS = [{ value: "county", title: "区县" }, { value: "street", title: "街道" }];
  const MOST = 2_000; // rows of a list; the search finds the others

  GIS.desks.service = class {
    constructor(page) {
      Object.assign(this, { page, tab: "areas", level: "county", words: "" });
      this.areas = page.layers.get("management_areas");
      this.coverage = page.layers.get("coverage");
      this.divisions = new Map();
      this.areas.restyle = (options, { properties }) => this.areaStyle(options, properties);
      if (this.coverage.tiled) {
        this.coverage.silent = true;
        page.map.getPane("tiles-coverage").style.zIndex = 260;
      } else this.coverage.renderer = page.below;
      this.coverage.filter = ({ properties }) => properties.level === this.level;
      this.coverage.listed = this.coverage.filter;
      this.coverage.restyle = (options) => ({ ...options, interactive: false, weight: 1.2 });
    }

    /* Where divisions are compared, areas are outlines; what is not agreed is dashed. */
    areaStyle(options, { state }) {
      const quiet = this.tab === "coverage" ? { fillOpacity: 0.04, hatch: null, weight: 0.7, opacity: 0.6 } : {};
      return { ...options, ...quiet, dashArray: state === "approved" ? null : "5 4" };
    }

    turnTo(tab) {
      this.tab = tab;
      this.coverage.show(tab === "coverage");
      this.areas.refresh();
      this.page.settle();
      const pressed = document.querySelector("#panel-body .tabs [aria-pressed=true]");
      if (pressed) pressed.focus();
      if (tab === "coverage") this.readDivisions();
    }

    atLevel(level) {
      this.level = level;
      this.coverage.draw();
      this.page.settle();
      this.readDivisions();
    }

    /* Every division of the level, whatever part of them is in view. */
    async readDivisions() {
      const { level } = this;
      if (this.divisions.has(level)) return;
      try {
        const { features } = this.page.config.server_data ? await GIS.loadFeatures("coverage", null, { level }) : this.coverage;
        this.divisions.set(level, features.filter(({ properties }) => properties.level === level));
        this.page.notice("divisions", null);
      } catch (error) {
        this.page.notice("divisions", `覆盖率未能读取（${error.message}）。请稍后再试。`);
      }
      if (this.tab === "coverage") this.render();
    }

    render() {
      const body = document.getElementById("panel-body");
      if (this.tab === "areas" && body.querySelector("#area-filter")) {
        GIS.fill(this.scroll, this.areaRows());
        return;
      }
      const tabs = GIS.choice("看什么", TABS, this.tab, (tab) => this.turnTo(tab), "tabs");
      this.scroll = GIS.el("div", { class: "scroll", tabindex: "-1" }, this.tab === "areas" ? this.areaRows() : [this.levels(), this.coverageRows()]);
      GIS.fill(body, tabs, this.tab === "areas" && this.search(), this.scroll);
    }

    search() {
      return GIS.el("input", { type: "search", class: "filter", id: "area-filter", value: this.words, "aria-label": "在清单中查找",
        placeholder: "查找区域、小区或物业企业", oninput: (event) => {
          this.words = event.target.value.trim();
          GIS.fill(this.scroll, this.areaRows());
        } });
    }

    levels() {
      return GIS.choice("统计层级", LEVELS, this.level, (level) => this.atLevel(level));
    }

    listed() {
      const told = ({ properties: { name, company, community_names: names } }) => [name, company, ...(Array.isArray(names) ? names : [names])];
      const fits = (feature) => !this.words || told(feature).some((text) => text && String(text).includes(this.words));
      return this.areas.features.filter(fits).sort((one, other) => this.areas.name(one).localeCompare(this.areas.name(other), "zh-CN"));
    }

    areaRows() {
      const items = this.listed();
      const all = this.areas.tiled ? `共 ${GIS.count(this.areas.matched)} 个，这里列出视野内的 ${GIS.count(items.length)} 个` : `${GIS.count(items.length)} 个物业管理区域`;
      return [GIS.el("p", { class: "tally", role: "status" }, all),
        GIS.list(items.slice(0, MOST), (feature) => this.areaRow(feature), { label: "物业管理区域", empty: "没有符合条件的物业管理区域。" })];
    }

    areaRow(feature) {
      const { properties } = feature;
      return GIS.row({ picture: GIS.swatch(this.areas.rule(feature), "area"), title: properties.name, id: String(feature.id),
        below: [properties.street, properties.company].filter(Boolean).join("　"),
        aside: GIS.wordsOf("management_areas", "service_form", properties.service_form) || "未填",
        onclick: () => this.page.choose(this.areas, feature) });
    }

    coverageRows() {
      if (!this.divisions.has(this.level)) return GIS.el("p", { class: "nothing", role: "status" }, "正在读取……");
      const rows = this.divisions.get(this.level).filter(({ properties }) => properties.communities)
        .sort((one, other) => String(one.properties.code).localeCompare(String(other.properties.code)));
      return GIS.list(rows, (feature) => this.coverageRow(feature), { label: "物业服务覆盖率", empty: "没有可计的小区。" });
    }

    coverageRow(feature) {
      const { name, communities, covered } = feature.properties;
      return GIS.row({ picture: GIS.swatch(this.coverage.rule(feature), "area"), title: name, id: String(feature.id),
        below: GIS.meter(covered, communities), aside: GIS.shareWithFraction(covered, communities), onclick: () => this.page.choose(this.coverage, feature) });
    }

    labels(view) {
      const shown = [[this.areas, 14.5, 60], [this.page.layers.get("communities"), 16, 40]].filter(([layer, zoom]) => layer.visible && !layer.tiled && view.zoom >= zoom);
      return shown.flatMap(([layer, , priority]) => layer.shown().filter(({ geometry }) => geometry).map((feature) => {
        const [x, y] = GIS.world(GIS.labelPosition(feature.geometry));
        return { x: view.x(x), y: view.y(y), size: 12, color: "#2c3e50", priority, text: GIS.areaName(layer.name(feature)) };
      }));
    }

    asOf() {
      const [known] = this.divisions.get(this.level) || [];
      return known ? GIS.date(known.properties.as_of) : null;
    }

    counts() {
      return `物业管理区域 ${GIS.count(this.areas.matched)}　小区 ${GIS.count(this.page.layers.get("communities").matched)}`;
    }
  };
})();
