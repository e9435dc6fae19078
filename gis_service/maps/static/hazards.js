/* The fire brigade's map: lanes with their verdict, e-bike places, manholes by state, problems by deadline. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const FIRE_CATEGORIES = [10, 14];
  const TABS = [["fire_lanes", "消防车道"], ["ebike_charging", "电动车"], ["manholes", "窨井盖"], ["problems", "问题整改"]];
  const DEADLINES = {
    overdue: { title: "已逾期", fill: "#c53030", marker: "square" },
    due_soon: { title: "临近到期", fill: "#d69e2e", marker: "triangle" },
    in_time: { title: "期限内", fill: "#2f855a", marker: "circle" },
    undated: { title: "未定时限", fill: "#ffffff", stroke: "#4a5568", marker: "ring" },
    closed: { title: "已销号", fill: "#8a8f98", marker: "check" },
  };
  const RESULT_ORDER = { fail: 0, not_measured: 1, pass: 2 };
  const STATE_ORDER = { 缺失: 0, 破损: 1, 下沉: 2, 松动: 3, 完好: 4 };

  function deadlineState(properties, soonDays) {
    if (properties.closed === true) return "closed";
    if (!properties.deadline) return "undated";
    const days = (Date.parse(GIS.date(properties.deadline)) - Date.parse(GIS.today())) / 86400000;
    if (days < 0) return "overdue";
    return days <= soonDays ? "due_soon" : "in_time";
  }

  /* What stands beside a lane: the first finding where it fails (净宽 3.2 m becomes 3.2 m), else its width. */
  function laneValue(properties) {
    if (properties.result === "not_measured") return "未测量";
    if (properties.result === "fail" && properties.finding) {
      return properties.finding.split("；")[0].split("，")[0].replace(/（.*/, "").replace(/^净宽 /, "");
    }
    const width = properties.clear_width_m;
    return typeof width === "number" ? `${Math.round(width * 100) / 100} m` : "";
  }

  const isWidth = (text) => /^[\d.]+ m$/.test(text);

  const lines = (...texts) => texts.filter(Boolean).map((text) => GIS.el("span", {}, text));

  GIS.desks.hazards = class {
    constructor(page) {
      Object.assign(this, { page, tab: "fire_lanes", chosenStates: {}, fireOnly: true });
      this.lanes = page.layers.get("fire_lanes");
      this.problems = page.layers.get("problems");
      TABS.forEach(([id]) => {
        const layer = page.layers.get(id);
        layer.filter = (feature) => this.wanted(layer, feature);
      });
      this.problems.rule = (feature) => DEADLINES[this.state(this.problems, feature)];
      this.problems.legendRows = () => Object.values(DEADLINES).map((rule) =>
        GIS.el("li", {}, GIS.swatch(rule, "point"), GIS.el("span", {}, this.deadlineTitle(rule))));
      this.problems.restyle = (options) => ({ ...options, radius: this.radius() });
      this.asDiscs(page.layers.get("manholes"));
    }

    /* A cover is round: its state is the white shape on it, so that it is never taken for a problem. */
    asDiscs(manholes) {
      manholes.declared.style.rule.forEach((rule) => { rule.disc = rule.value !== "完好"; });
      manholes.restyle = (options, { properties }) => {
        const sound = properties.state === "完好";
        if (sound) return { ...options, color: options.fillColor, weight: 0.5, radius: this.page.map.getZoom() < 16 ? 1.3 : 3, fillOpacity: 0.75 };
        return { ...options, disc: true, color: "#fff", radius: this.radius() + 1 };
      };
    }

    deadlineTitle(rule) {
      return rule === DEADLINES.due_soon ? `${rule.title}（${this.page.config.due_soon_days} 天内）` : rule.title;
    }

    radius() {
      const zoom = this.page.map.getZoom();
      return zoom < 13.5 ? 3.2 : zoom < 15 ? 4.2 : 6;
    }

    zoomed() {
      ["manholes", "problems"].forEach((id) => {
        const layer = this.page.layers.get(id);
        layer.byKey.forEach((path) => path.setRadius && path.setRadius(layer.options(path.feature).radius));
      });
    }

    state(layer, feature) {
      const properties = feature.properties;
      if (layer.id === "problems") return deadlineState(properties, this.page.config.due_soon_days);
      return layer.id === "manholes" ? properties.state : properties.result || "not_measured";
    }

    wanted(layer, feature) {
      const properties = feature.properties;
      if (this.divisions && !this.divisions.holds(properties)) return false;
      if (layer.id === "problems" && this.fireOnly && !this.isFire(properties)) return false;
      const states = this.chosenStates[layer.id];
      return !states || states.has(this.state(layer, feature));
    }

    isFire(properties) {
      return properties.category >= FIRE_CATEGORIES[0] && properties.category <= FIRE_CATEGORIES[1];
    }

    start() {
      const divisions = this.page.layers.get("divisions");
      const communities = this.page.layers.get("communities");
      this.divisions = new GIS.Divisions(this.page, divisions ? divisions.features : []);
      this.divisions.knowCommunities(communities ? communities.features : []);
      GIS.wireDivisions(this.page, this.divisions.features,
        this.divisions.used(communities ? communities.features : []), () => this.changed());
      this.changed();
    }

    changed() {
      TABS.forEach(([id]) => this.page.layers.get(id).draw());
      this.page.settle();
    }

    asOf() {
      const dates = this.lanes.features.map((feature) => feature.properties.measured_on).filter(Boolean).sort();
      return dates.length ? `测量至 ${GIS.date(dates[dates.length - 1])}` : null;
    }

    render() {
      if (!this.divisions) {
        this.start();
        return;
      }
      const layer = this.page.layers.get(this.tab);
      const body = document.getElementById("panel-body");
      const old = body.querySelector(".scroll");
      const top = old && body.dataset.tab === this.tab ? old.scrollTop : 0;
      GIS.fill(body, this.tabs(), GIS.el("div", { class: "scroll", tabindex: "-1" }, this.fireSwitch(), this.chips(layer), this.rows(layer)));
      body.dataset.tab = this.tab;
      body.querySelector(".scroll").scrollTop = top;
    }

    tabs() {
      return GIS.choice("隐患类别", TABS.map(([value, title]) => ({ value, title })), this.tab, (tab) => {
        this.tab = tab;
        if (!this.page.layers.get(tab).visible) this.page.showLayer(tab, true);
        else this.render();
      }, "tabs");
    }

    fireSwitch() {
      if (this.tab !== "problems") return null;
      const box = GIS.el("input", { type: "checkbox", id: "fire-only", checked: this.fireOnly,
        onchange: (event) => { this.fireOnly = event.target.checked; this.changed(); } });
      return GIS.el("label", { class: "check" }, box, "只看消防相关（第 10–14 类）");
    }

    stateOptions(layer) {
      if (layer.id === "problems") return Object.entries(DEADLINES).map(([value, rule]) => ({ value, title: rule.title, rule }));
      return layer.declared.style.rule.filter((rule) => rule.title)
        .map((rule) => ({ value: String(rule.value), title: rule.title, rule }));
    }

    chips(layer) {
      const pool = layer.features.filter(({ properties }) => this.divisions.holds(properties) &&
        (layer.id !== "problems" || !this.fireOnly || this.isFire(properties)));
      const options = this.stateOptions(layer).map(({ value, title, rule }) => ({
        value, title: title.split("（")[0], picture: GIS.swatch(rule, layer.kind),
        count: pool.filter((feature) => this.state(layer, feature) === value).length,
      }));
      const all = new Set(options.map(({ value }) => value));
      return GIS.chips("按状态筛选", options, this.chosenStates[layer.id] || all, (states) => {
        this.chosenStates[layer.id] = states;
        this.changed();
      });
    }

    order(layer) {
      if (layer.id === "problems") return (feature) => Object.keys(DEADLINES).indexOf(this.state(layer, feature));
      if (layer.id === "manholes") return (feature) => STATE_ORDER[feature.properties.state];
      return (feature) => RESULT_ORDER[this.state(layer, feature)];
    }

    rows(layer) {
      const rank = this.order(layer);
      const items = layer.shown().sort((a, b) => rank(a) - rank(b) || layer.name(a).localeCompare(layer.name(b), "zh-CN"));
      const title = TABS.find(([id]) => id === layer.id)[1];
      return GIS.list(items, (feature) => this.row(layer, feature), { label: title, empty: "所选范围和状态下没有记录。" });
    }

    row(layer, feature) {
      const properties = feature.properties;
      const community = this.divisions.communityOf(properties);
      const { title, below, aside } = this.wording(layer, properties, feature);
      return GIS.row({
        picture: GIS.swatch(layer.rule(feature), layer.kind), title,
        below: [below, !below && community ? community.name : ""].filter(Boolean).join("　"), aside,
        onclick: () => this.page.choose(layer, feature),
      });
    }

    wording(layer, properties, feature) {
      if (layer.id === "problems") {
        const words = GIS.wordsOf("problems", "category", properties.category);
        return { title: properties.project_name, below: `${properties.category} ${words === String(properties.category) ? "" : words}`,
          aside: lines(DEADLINES[this.state(layer, feature)].title, properties.deadline ? GIS.date(properties.deadline) : "") };
      }
      if (layer.id === "manholes") {
        return { title: properties.code, below: [properties.kind, properties.owner].filter(Boolean).join("　"), aside: properties.state };
      }
      const verdict = GIS.ruleOf(layer.declared, properties).title || "";
      return { title: properties.name || properties.code, below: properties.finding, aside: layer.id === "fire_lanes"
        ? lines(verdict, properties.result === "not_measured" ? "" : laneValue(properties)) : verdict };
    }

    labels(view) {
      return [...this.laneLabels(view), ...this.communityLabels(view)];
    }

    laneLabels(view) {
      if (!this.lanes.visible || view.zoom < 14) return [];
      return this.lanes.shown().filter((feature) => feature.geometry && laneValue(feature.properties)).map((feature) => {
        const fail = feature.properties.result === "fail";
        const narrow = fail && isWidth(laneValue(feature.properties));
        if (view.zoom < (narrow ? 14 : 15.5)) return null;
        const [x, y] = GIS.world(GIS.labelPosition(feature.geometry));
        return { x: view.x(x), y: view.y(y), size: view.zoom < 15.5 ? 11 : 12, weight: fail ? 700 : "normal", plate: fail ? "#fff5f5" : "#ffffff",
          color: { fail: "#b42525", pass: "#276749" }[feature.properties.result] || "#5f6671", priority: narrow ? 72 : fail ? 70 : 58,
          text: laneValue(feature.properties) };
      }).filter(Boolean);
    }

    communityLabels(view) {
      const communities = this.page.layers.get("communities");
      if (!communities || !communities.visible || view.zoom < 15.5) return [];
      return communities.shown().filter((feature) => feature.geometry).map((feature) => {
        const [x, y] = GIS.world(GIS.labelPosition(feature.geometry));
        return { x: view.x(x), y: view.y(y) - 15, size: 12, color: "#4a5568", priority: 40, text: feature.properties.name };
      });
    }
  };
})();
