/* The fire brigade's map: lanes with their verdict, e-bike places, manholes by state, problems by deadline. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const FIRE_CATEGORIES = [10, 14];
  const TABS = [["fire_lanes", "消防车道"], ["ebike_charging", "电动车"], ["manholes", "窨井盖"], ["problems", "问题整改"], ["tally", "统计"]];
  const LAYERS = TABS.slice(0, 4).map(([id]) => id);
  const STATES = { found: "排查", rectifying: "整改中", waiting: "待核", closed: "已销号" };
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

  /* The text of the clauses that a verdict cites, each with its figure and where it stands. */
  function clauses(layer, { finding, clause }) {
    const told = `${finding || ""}${clause || ""}`;
    const cited = (GIS.config.rules[layer.id] || []).filter((rule) => told.includes(rule.cited));
    return cited.length > 0 && GIS.el("details", { class: "clauses" }, GIS.el("summary", {}, `条文 ${cited.length} 条`),
      GIS.el("ul", {}, cited.map((rule) => GIS.el("li", {}, GIS.el("b", {}, rule.clause), `　${rule.text}。`,
        rule.source === rule.clause ? null : GIS.el("small", {}, rule.source)))));
  }

  const isWidth = (text) => /^[\d.]+ m$/.test(text);

  /* How long a broken cover has still to be mended, or is overdue: 24 hours from the report. */
  function clock({ state, due_at: due }) {
    if (state === "完好" || !due) return "";
    const hours = Math.round((Date.parse(due) - Date.now()) / 3600000);
    if (hours >= 0) return `剩 ${hours} 小时`;
    return hours > -48 ? `逾期 ${-hours} 小时` : `逾期 ${Math.floor(-hours / 24)} 天`;
  }

  const lines = (...texts) => texts.filter(Boolean).map((text) => GIS.el("span", {}, text));

  GIS.desks.hazards = class {
    constructor(page) {
      Object.assign(this, { page, tab: "fire_lanes", chosenStates: {}, fireOnly: true });
      this.lanes = page.layers.get("fire_lanes");
      this.problems = page.layers.get("problems");
      this.file = new GIS.ProblemFile(this);
      this.spot = new GIS.SpotReport(this);
      this.names = new GIS.ProblemNames(this);
      this.tally = new GIS.HazardTally(this);
      LAYERS.forEach((id) => {
        const layer = page.layers.get(id);
        layer.filter = (feature) => this.wanted(layer, feature);
        if (layer.kind === "point") layer.rank = this.order(layer);
      });
      this.problems.rule = (feature) => DEADLINES[this.state(this.problems, feature)];
      this.problems.legendRows = () => Object.values(DEADLINES).map((rule) =>
        GIS.el("li", {}, GIS.swatch(rule, "point"), GIS.el("span", {}, this.deadlineTitle(rule))));
      LAYERS.forEach((id) => { page.layers.get(id).more = ({ properties }) => [clauses(page.layers.get(id), properties), properties.community_id && GIS.sheetLink(properties.community_id)]; });
      const communities = page.layers.get("communities");
      if (communities) communities.more = (feature) => GIS.sheetLink(communities.key(feature));
      this.problems.restyle = (options) => ({ ...options, radius: this.radius() });
      this.asDiscs(page.layers.get("manholes"));
      LAYERS.map((id) => page.layers.get(id)).filter((layer) => layer.tiled && layer.kind === "point").forEach((layer) => {
        layer.clusters = true;
        layer.soundFrom = layer.id === "manholes" ? STATE_ORDER.完好 : Object.keys(DEADLINES).indexOf("closed");
        layer.narrowed = () => Boolean(page.division || (layer.id === "problems" && this.chosenStates[layer.id]));
      });
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
      if (layer.id === "problems" && !this.wantedProblem(properties)) return false;
      const states = this.chosenStates[layer.id];
      return !states || states.has(this.state(layer, feature));
    }

    wantedProblem(properties) {
      if (this.fireOnly && !this.isFire(properties)) return false;
      if (this.category && String(properties.category) !== this.category) return false;
      return !this.steps || this.steps.has(properties.state);
    }

    deadlineRule(due) {
      return DEADLINES[due];
    }

    isFire(properties) {
      return properties.category >= FIRE_CATEGORIES[0] && properties.category <= FIRE_CATEGORIES[1];
    }

    async start() {
      const communities = this.page.layers.get("communities");
      this.divisions = new GIS.Divisions(this.page, []);
      this.changed();
      try {
        this.divisions = await GIS.Divisions.of(this.page);
      } catch (error) {
        this.page.notice("places", `区划清单未能读取（${error.message}）。请稍后刷新页面。`);
      }
      this.divisions.knowCommunities(communities ? communities.features : []);
      GIS.wireDivisions(this.page, this.divisions.features, this.divisions.used(communities), () => this.divisionChosen());
      this.changed();
    }

    /* A county is mostly open country: the map goes to what the page knows in it. */
    heldIn() {
      return ["fire_lanes", "ebike_charging", "communities"].map((id) => this.page.layers.get(id)).filter((layer) => layer && !layer.tiled)
        .flatMap(({ features }) => features.filter(({ geometry, properties }) => geometry && this.divisions.holds(properties)))
        .map(({ geometry }) => geometry);
    }

    async divisionChosen() {
      try {
        await this.divisions.gather(this.page.division);
      } catch (error) {
        this.page.passing(`所选区划的小区未能读取（${error.message}）。`);
      }
      this.changed();
    }

    changed() {
      LAYERS.forEach((id) => this.page.layers.get(id).draw());
      if (this.tab === "tally") this.tally.read();
      this.page.settle();
    }

    legend() {
      const discs = LAYERS.map((id) => this.page.layers.get(id)).some((layer) => layer.clusters && layer.visible && !layer.tooFar());
      return discs && GIS.el("p", { class: "legend-note" }, "圆圈里是一处的个数，旁边是其中最急的一种和它的个数；点开就放大。");
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
      const body = document.getElementById("panel-body");
      if (this.spot.on || this.file.id || this.names.on) {
        this.renderDetail(body);
        return;
      }
      const layer = this.page.layers.get(this.tab);
      const old = body.querySelector(".scroll");
      const top = old && body.dataset.tab === this.tab ? old.scrollTop : 0;
      const inner = layer ? [layer === this.problems && this.names.line(), this.problemFilters(layer), this.chips(layer), this.rows(layer)] : this.tally.parts();
      GIS.fill(body, this.tabs(), GIS.el("div", { class: "scroll", tabindex: "-1" }, inner), this.reportButton());
      body.dataset.tab = this.tab;
      body.querySelector(".scroll").scrollTop = top;
    }

    /* What is being written stays when the map moves; another page of the panel takes its place only when it changes. */
    renderDetail(body) {
      if (this.spot.on) {
        if (!body.querySelector("form.spot")) GIS.fill(body, this.spot.render());
        return;
      }
      if (!this.file.id) {
        if (body.dataset.names === this.names.state && body.querySelector(".names")) return;
        body.dataset.names = this.names.state;
        GIS.fill(body, this.names.render());
        return;
      }
      const shown = [this.file.id, this.file.step, this.file.wrong, this.file.problem && this.file.problem.events.length].join();
      if (body.dataset.file === shown && body.querySelector(".problem")) return;
      body.dataset.file = shown;
      GIS.fill(body, this.file.render());
    }

    reportButton() {
      if (!this.page.config.may_report) return null;
      return GIS.el("div", { class: "panel-foot" }, GIS.el("button", { type: "button", class: "primary", id: "spot-report", onclick: () => this.spot.open() }, "现场上报"));
    }

    /* A problem is told in the panel, with its history; a self-contained page has only the popup. */
    chosen(layer, feature, { place } = {}) {
      if (this.spot.on) {
        if (place) this.spot.at(place);
        return true;
      }
      if (layer.id !== "problems" || !this.page.config.server_data) return false;
      this.showProblem(layer.key(feature), feature);
      return true;
    }

    clickedGround(_lonlat, latlng) {
      if (this.spot.on) this.spot.at(latlng);
    }

    escape() {
      if (this.spot.on) this.spot.close();
      else if (this.file.id) this.file.close();
      else if (this.names.on) this.names.close();
    }

    async showProblem(id, feature) {
      document.body.classList.remove("panel-folded");
      this.tab = "problems";
      const found = feature || this.problems.features.find((each) => this.problems.key(each) === String(id));
      if (found && found.geometry) {
        this.page.zoomTo([found.geometry], { animate: false });
        const path = this.problems.path(found);
        if (path) GIS.mark(this.page, path);
      }
      await this.file.open(id);
    }

    async problemsChanged() {
      await this.page._load(this.problems);
      this.page.settle();
    }

    tabs() {
      return GIS.choice("隐患类别", TABS.map(([value, title]) => ({ value, title })), this.tab, (tab) => {
        this.tab = tab;
        if (tab === "tally") {
          this.tally.read();
          return;
        }
        if (!this.page.layers.get(tab).visible) this.page.showLayer(tab, true);
        else this.render();
      }, "tabs");
    }

    problemFilters(layer) {
      if (layer.id !== "problems") return null;
      const words = layer.declared.fields.category.words;
      const used = [...new Set(layer.features.map(({ properties }) => properties.category))].sort((a, b) => a - b);
      const offered = used.filter((number) => !this.fireOnly || this.isFire({ category: number }));
      const select = GIS.el("select", { class: "filter", id: "problem-category", "aria-label": "问题类别",
        onchange: (event) => { this.category = event.target.value; this.changed(); } },
      GIS.el("option", { value: "" }, "全部类别"),
      offered.map((number) => GIS.el("option", { value: number, selected: String(number) === this.category }, `${number}　${words[number] || "县区自定"}`)));
      const pool = layer.features.filter(({ properties }) => this.divisions.holds(properties) && (!this.fireOnly || this.isFire(properties)) &&
        (!this.category || String(properties.category) === this.category));
      const all = new Set(Object.keys(STATES));
      const steps = Object.entries(STATES).map(([value, title]) => ({ value, title, count: layer.tiled ? null : pool.filter(({ properties }) => properties.state === value).length }));
      return [this.fireSwitch(), select, GIS.chips("按整改状态筛选", steps, this.steps || all, (chosen) => { this.steps = chosen; this.changed(); })];
    }

    fireSwitch() {
      const box = GIS.el("input", { type: "checkbox", id: "fire-only", checked: this.fireOnly,
        onchange: (event) => { this.fireOnly = event.target.checked; this.category = ""; this.changed(); } });
      return GIS.el("label", { class: "check" }, box, "只看消防相关（第 10–14 类）");
    }

    stateOptions(layer) {
      if (layer.id === "problems") return Object.entries(DEADLINES).map(([value, rule]) => ({ value, title: rule.title, rule }));
      return layer.declared.style.rule.filter((rule) => rule.title)
        .map((rule) => ({ value: String(rule.value), title: rule.title, rule }));
    }

    chips(layer) {
      const pool = layer.features.filter(({ properties }) => this.divisions.holds(properties) &&
        (layer.id !== "problems" || this.wantedProblem(properties)));
      const options = this.stateOptions(layer).map(({ value, title, rule }) => ({
        value, title: title.split("（")[0], picture: GIS.swatch(rule, layer.kind),
        count: layer.tiled ? null : pool.filter((feature) => this.state(layer, feature) === value).length,
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
      const far = layer.tiled && GIS.el("p", { class: "tally" }, `共 ${GIS.count(layer.matched)} 个，这里列出视野内的，远看每处只列最急的一个；按小区、街道的数见“统计”。`);
      return [far, GIS.list(items, (feature) => this.row(layer, feature), { label: title, empty: "所选范围和状态下没有记录。" })];
    }

    row(layer, feature) {
      const properties = feature.properties;
      const community = this.divisions.communityOf(properties);
      const { title, below, aside } = this.wording(layer, properties, feature);
      return GIS.row({
        id: feature.id, picture: GIS.swatch(layer.rule(feature), layer.kind), title,
        below: [below, !below && community ? community.name : ""].filter(Boolean).join("　"), aside,
        onclick: () => this.page.choose(layer, feature),
      });
    }

    wording(layer, properties, feature) {
      if (layer.id === "problems") {
        const words = GIS.wordsOf("problems", "category", properties.category);
        return { title: properties.project_name, below: `${properties.category} ${words === String(properties.category) ? "" : words}`,
          aside: lines(properties.closed ? "已销号" : `${STATES[properties.state] || ""}，${DEADLINES[this.state(layer, feature)].title}`,
            properties.deadline ? GIS.date(properties.deadline) : "") };
      }
      if (layer.id === "manholes") {
        return { title: properties.code, below: [properties.kind, properties.owner].filter(Boolean).join("　"),
          aside: lines(properties.state, clock(properties)) };
      }
      const verdict = GIS.ruleOf(layer.declared, properties).title || "";
      return { title: properties.name || properties.code, below: properties.finding, aside: layer.id === "fire_lanes"
        ? lines(verdict, properties.result === "not_measured" ? "" : laneValue(properties)) : verdict };
    }

    labels(view) {
      return [...this.rooms(view), ...this.laneLabels(view), ...this.communityLabels(view)];
    }

    /* No words lie on a problem: a blank takes the room before they do. */
    rooms(view) {
      if (!this.problems.visible || this.problems.tiled || view.zoom < 14) return [];
      return this.problems.shown().filter(({ geometry }) => geometry).map(({ geometry }) => {
        const [x, y] = GIS.world(geometry.coordinates);
        return { x: view.x(x), y: view.y(y), size: 15, text: "　", color: "#000000", priority: 80 };
      });
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
          whole: true, text: laneValue(feature.properties) };
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
