/* The planners' desk: one day, one definition of 失管, one measure; map, list and numbers all tell of the same. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const REASONS = ["declared", "lost", "spatial"];
  const CIRCLED = ["", "①", "②", "③", "④", "⑤", "⑥"];
  const FADED = 0.35;
  const SINGLE = 13; // from which zoom on single areas and communities of a large city are drawn; farther away divisions tell
  const NEAR = { street: 12, neighborhood: 15 }; // from which zoom on a level is drawn, unless one was chosen
  const PLACES = ["county", "street", "neighborhood", "reporting_unit"];

  const TURNED = {
    uncovered: { title: "转为失管", fill: "#c53030", stroke: "#8c2222", width: 2.5, hatch: "cross", opacity: 0.2 },
    covered: { title: "转为已覆盖", fill: "#2f855a", stroke: "#22543d", width: 2, hatch: "vertical", opacity: 0.2 },
  };

  GIS.desks.coverage = class {
    constructor(page) {
      this.page = page;
      this.facts = new GIS.Facts();
      this.link = new GIS.Permalink(page.map);
      this.panel = new GIS.CoveragePanel(this);
      this.tellsOfAll = true; // the panel does, whatever of it is in view
      this.measure = new GIS.Measure(page);
      this.readState();
      this.wireLayers();
      page.map.on("moveend", () => this.remember());
    }

    readState() {
      GIS.addIndicators(this.page.config.indicators);
      GIS.setTargets(this.page.config.targets);
      const told = (name, known, otherwise) => (known.includes(this.link.get(name)) ? this.link.get(name) : otherwise);
      const day = (name) => (/^\d{4}-\d\d-\d\d$/.test(this.link.get(name)) ? this.link.get(name) : "");
      const definition = this.link.get("definition").split(",").filter((reason) => REASONS.includes(reason));
      Object.assign(this, {
        asOf_: day("as_of"), from: day("from"), definition: new Set(definition.length ? definition : REASONS),
        levelChosen: told("level", PLACES, "auto"), show: told("measure", Object.keys(GIS.MEASURES), "coverage"),
        within: this.link.get("within"), tab: told("tab", ["uncovered", "divisions", "difference"], "uncovered"), behind: null,
      });
      this.level = this.wantedLevel();
      this.rowsById = new Map();
      this.reasonsOf = new Map();
      this.turnedOf = new Map();
    }

    /* Everything that was chosen, in the words of the API; what is as it is from the start is left out. */
    get question() {
      return {
        as_of: this.asOf_, within: this.within,
        definition: this.definition.size < REASONS.length ? REASONS.filter((reason) => this.definition.has(reason)).join() : "",
      };
    }

    remember() {
      if (!this.answer || !this.facts.living) return;
      this.link.write({ ...this.question, from: this.from, tab: this.tab === "uncovered" ? "" : this.tab,
        level: this.levelChosen === "auto" ? "" : this.levelChosen, measure: this.show === "coverage" ? "" : this.show });
    }

    wireLayers() {
      const { page } = this;
      this.coverage = page.layers.get("coverage");
      this.areas = page.layers.get("management_areas");
      this.uncovered = page.layers.get("communities");
      this.reasonStyle = page.layers.get("uncovered_communities").declared;
      page.layers.delete("uncovered_communities"); // its style and words; who is uncovered, the answers tell
      Object.assign(this.uncovered.declared, { title: "失管小区", kind: "小区", hidden: false, popup: this.reasonStyle.popup,
        fields: { ...this.reasonStyle.fields, ...this.uncovered.declared.fields }, description: this.reasonStyle.description });
      this.uncovered.declared.style.min_zoom = this.uncovered.tiled ? SINGLE : 0;
      if (this.areas.tiled) this.areas.declared.style.min_zoom = SINGLE;
      this.uncovered.visible = true;
      this.uncovered.filter = (feature) => (this.from ? this.turnedOf : this.reasonsOf).has(this.uncovered.key(feature));
      this.uncovered.rule = (feature) => this.ruleOfCommunity(this.uncovered.key(feature));
      this.uncovered.titleOf = (feature) => (this.reasonsOf.has(this.uncovered.key(feature)) ? "失管小区" : "小区");
      this.uncovered.legendRows = () => this.panel.reasonLegend();
      if (this.coverage.tiled) {
        this.coverage.silent = true;
        page.map.getPane("tiles-coverage").style.zIndex = 260;
        page.map.getPane("tiles-coverage").style.mixBlendMode = "multiply";
      } else this.coverage.renderer = page.below;
      this.coverage.filter = ({ properties }) => properties.level === this.level && Boolean(this.answer);
      this.coverage.listed = this.coverage.filter;
      this.coverage.rule = (feature) => this.ruleOfDivision(String(feature.id));
      this.coverage.restyle = (options) => ({ ...options, interactive: false,
        fillOpacity: options.fillOpacity * this.ground(), weight: page.map.getZoom() >= 15 ? 1 : 1.4 });
      this.coverage.legendRows = () => this.panel.measureLegend();
      this.areas.restyle = (options) => this.fadedArea(options);
      this.areas.legendRows = () => this.areas.declared.style.rule.map((rule) => GIS.el("li", {}, GIS.swatch(rule, "area"),
        GIS.el("span", {}, `${CIRCLED[rule.value] || "○"} ${rule.title}`)));
      this.coverage.declared.kind = "区划";
      this.dated.forEach((layer) => {
        layer.asked = () => ({ datetime: this.asOf_ });
        if (layer.tiled && this.asOf_) layer.grid.ask(layer.asked());
      });
    }

    /* What the map shows as of the day in use. */
    get dated() {
      return [this.areas, this.uncovered];
    }

    /* Where the address says what to look at, the map opens there. */
    placed() {
      const view = this.link.view();
      if (view) this.page.map.setView(view.centre, view.zoom, { animate: false });
      this.page.viewed = Boolean(view);
      return this.page.viewed;
    }

    async firstAnswers() {
      this.level = this.wantedLevel();
      await this.ask();
      this.fillPlaces().then(() => this.page.status())
        .catch((error) => this.page.notice("places", `区划清单未能读取（${error.message}）。请稍后刷新页面。`));
    }

    /* Asks anew for what was chosen; true where the answer is to that choice and not to an older one. */
    async ask() {
      const turn = (this.turn = (this.turn || 0) + 1);
      const question = this.question;
      document.getElementById("panel-body").setAttribute("aria-busy", "true");
      try {
        const [answer, reasons, difference] = await Promise.all([
          this.facts.ask("", { ...question, level: this.level }), this.facts.ask("/reasons", question),
          this.from ? this.facts.ask("/difference", { ...question, as_of: "", from: this.from, to: this.asOf_, level: this.level }) : null,
        ]);
        if (turn !== this.turn) return false;
        this.take(answer, reasons, difference);
        this.page.notice("facts", null);
        return true;
      } catch (error) {
        if (turn === this.turn) this.page.notice("facts", `统计未能读取（${error.message}）。请稍后再试。`);
        return false;
      } finally {
        if (turn === this.turn) document.getElementById("panel-body").removeAttribute("aria-busy");
      }
    }

    take(answer, reasons, difference) {
      Object.assign(this, { answer, difference });
      this.rowsById = new Map((difference || answer).rows.map((row) => [row.id, row]));
      this.reasonsOf = new Map();
      Object.entries(reasons.ids).forEach(([reason, ids]) => ids.forEach((id) => {
        this.reasonsOf.set(String(id), [...(this.reasonsOf.get(String(id)) || []), reason]);
      }));
      this.turnedOf = new Map(Object.entries(difference ? difference.turned : {}).flatMap(([way, ids]) => ids.map((id) => [String(id), way])));
      this.coverage.declared.title = this.from ? "覆盖率的变化" : GIS.MEASURES[this.show].title;
      this.uncovered.declared.title = this.from ? "变化的小区" : "失管小区";
      const button = document.getElementById("definition");
      button.textContent = `口径：${this.page.config.definition}。${answer.definition_words}`;
    }

    /* After a choice: the answers, then map, panel, legend and address together. */
    async changed({ day } = {}) {
      if (!(await this.ask())) return;
      if (day) await this.groundOfDay();
      this.redraw();
      this.page.settle();
      this.remember();
    }

    redraw() {
      this.coverage.draw();
      this.uncovered.draw();
      this.areas.refresh();
    }

    opened() {
      this.redraw();
    }

    /* Another list beside the map, and with it another emphasis on the map. */
    turnTo(tab) {
      Object.assign(this, { tab, behind: null });
      this.redraw();
      this.page.settle();
      this.remember();
    }

    async groundOfDay() {
      await Promise.all(this.dated.map(async (layer) => {
        if (layer.tiled) layer.grid.ask(layer.asked());
        else layer.setFeatures(await GIS.loadFeatures(layer.id, null, layer.asked()));
      }));
    }

    wantedLevel() {
      if (this.levelChosen !== "auto") return this.levelChosen;
      const zoom = this.page.map.getZoom();
      return zoom >= NEAR.neighborhood ? "neighborhood" : zoom >= NEAR.street ? "street" : "county";
    }

    zoomed() {
      const level = this.wantedLevel();
      if (level !== this.level && this.answer) {
        this.level = level;
        this.changed();
      } else this.coverage.refresh();
    }

    ground() {
      if (this.comparing) return 1;
      const zoom = this.page.map.getZoom();
      return zoom < 14 ? 1 : zoom < 15.5 ? 0.75 : 0.4;
    }

    layerShown(id) {
      if (id === "communities") this.areas.refresh();
    }

    reasonRule(reason) {
      return this.reasonStyle.style.rule.find((rule) => rule.value === reason) || {};
    }

    /* Several reasons of one community are drawn as one: the hatches cross, the dashed outline stays. */
    ruleOfCommunity(key) {
      if (this.from) return TURNED[this.turnedOf.get(key)] || TURNED.uncovered;
      const rules = (this.reasonsOf.get(key) || []).map((reason) => this.reasonRule(reason));
      const filled = rules.filter((rule) => rule.hatch);
      const outline = rules.find((rule) => rule.dash);
      return { ...(filled[0] || outline || {}), ...(filled.length > 1 ? { hatch: "cross" } : {}),
        ...(outline && filled.length ? { stroke: outline.stroke, dash: outline.dash, width: outline.width } : {}) };
    }

    ruleOfDivision(id) {
      const row = this.rowsById.get(id);
      const rules = this.coverage.declared.style.rule;
      if (!row) return rules[rules.length - 1];
      if (this.from) return GIS.changeRule(row);
      const measure = GIS.MEASURES[this.show];
      if (measure.rule) return measure.rule(row);
      const { part, total } = measure.of(row);
      if (!total) return rules[rules.length - 1];
      const index = rules.slice(0, -1).reduce((best, rule, at) => (rule.value <= part / total ? at : best), 0);
      return this.stronger(rules[index], index);
    }

    /* Where divisions are compared, or nothing is drawn on them yet, they carry the colour; else the areas on them do. */
    get comparing() {
      return this.tab !== "uncovered" || this.areas.tooFar();
    }

    stronger(rule, index) {
      return this.comparing && GIS.RAMP[index] ? { ...rule, fill: GIS.RAMP[index], opacity: 0.8 } : rule;
    }

    fadedArea(options) {
      if (this.comparing) return { ...options, fillOpacity: 0.05, hatch: null, weight: 0.7, opacity: 0.5 };
      return this.uncovered.visible ? { ...options, fillOpacity: FADED, hatchOpacity: 0.6 } : options;
    }

    asOf() {
      return this.answer ? (this.from ? `${this.from} 与 ${this.answer.as_of} 比较` : this.answer.as_of) : null;
    }

    counts() {
      if (!this.answer) return "";
      const { uncovered, communities, area_rows: rows } = this.answer.totals;
      const { value, selectedOptions } = document.getElementById("division");
      const place = this.within && value === this.within ? selectedOptions[0].textContent.trim() : this.within;
      return `${place ? `${place}　` : ""}失管小区 ${GIS.count(uncovered)}/${GIS.count(communities)}　台账 ${GIS.count(rows)} 行`;
    }

    render() {
      this.panel.render();
    }

    legend() {
      const words = { county: "区县", street: "街道", neighborhood: "社区", reporting_unit: "填报单位" }[this.level];
      return GIS.el("p", { class: "legend-note" }, `分区按${words}着色。${this.answer ? this.answer.definition_words : ""}`);
    }

    /* The switch of the top bar: counties and streets that hold something, and the units that report. */
    async fillPlaces() {
      const select = document.getElementById("division");
      const [counties, streets, units] = await Promise.all(["county", "street", "reporting_unit"].map(async (level) =>
        (await this.facts.ask("", { level })).rows.filter(({ code }) => code !== "未知")));
      const option = ({ code, name }, depth) => GIS.el("option", { value: code, selected: code === this.within }, "　".repeat(depth) + name);
      const known = new Set(counties.map(({ name }) => name));
      const apart = units.filter(({ name }) => !known.has(name));
      GIS.fill(select, GIS.el("option", { value: "" }, `全市（${this.page.config.city}）`),
        counties.flatMap((county) => [option(county, 0), streets.filter(({ code }) => code.startsWith(county.code)).map((street) => option(street, 1))]),
        apart.length && this.facts.living && GIS.el("optgroup", { label: "单独填报" }, apart.map((unit) => option(unit, 0))));
      if (!this.facts.living) return;
      select.disabled = false;
      select.onchange = () => this.goWithin(select.value);
    }

    async goWithin(code) {
      this.within = code;
      this.behind = null;
      await this.zoomToPlace(code);
      await this.changed();
    }

    async shapeOf(id) {
      const own = this.coverage.features.find((feature) => String(feature.id) === id && feature.geometry);
      if (own || !this.facts.living) return own ? own.geometry : null;
      return (await GIS.loadItem("coverage", id)).geometry;
    }

    async zoomToPlace(code) {
      if (!code) {
        if (this.page.config.extent) this.page.zoomToExtent();
        return;
      }
      const level = /^\d+$/.test(code) ? { 6: "county", 9: "street", 12: "neighborhood" }[code.length] : "reporting_unit";
      try {
        const shape = await this.shapeOf(`${level}:${code}`);
        if (shape) this.page.zoomTo([shape], { animate: false });
        else this.page.passing("所选区划没有边界数据，地图没有移动。");
      } catch (error) {
        this.page.passing(`所选区划未能读取（${error.message}）。`);
      }
    }

    async openDivision(row, place) {
      const shape = await this.shapeOf(row.id);
      if (!shape) {
        this.page.passing(`“${row.name}”没有边界数据，无法在图上定位。`);
        return;
      }
      if (!place) this.page.zoomTo([shape], { animate: false });
      const properties = (await this.facts.ask("", { ...this.question, level: row.level })).rows.find(({ id }) => id === row.id) || row;
      GIS.openPopup(this.page, this.coverage, { type: "Feature", id: row.id, geometry: shape, properties }, place);
    }

    clickedGround(position, place) {
      if (!this.coverage.visible) return;
      const found = this.coverage.tiled ? this.coverage.hit(place)
        : this.coverage.shown().find((feature) => feature.geometry && GIS.contains(feature.geometry, position));
      const row = found && this.rowsById.get(String(found.id));
      if (row) this.openDivision(row, place);
    }

    chosen(layer, feature, { place, stay }) {
      if (layer.id === "coverage") {
        const row = this.rowsById.get(String(feature.id));
        if (row) this.openDivision(row, place);
        else if (feature.geometry) this.page.zoomTo([feature.geometry], { animate: false });
        else this.page.passing(`“${layer.name(feature)}”没有边界数据，无法在图上定位。`);
        return true;
      }
      if (layer.id !== "communities") return false;
      this.openCommunity(feature, { place, stay });
      return true;
    }

    /* What the answers say of one community, under the definition in use, on the day in use. */
    async openCommunity(feature, { place, stay } = {}) {
      const answer = await this.facts.rows({ ...this.question, figure: "communities", id: feature.id }, 1, 0);
      const row = answer.rows.find(({ id }) => String(id) === String(feature.id)) || feature.properties;
      const reason = (row.reasons || []).map((each) => this.reasonStyle.fields.reason.words[each]).join("；") || "没有失管原因";
      if (!stay && feature.geometry) this.page.zoomTo([feature.geometry], { animate: false, maxZoom: 16.5 });
      if (!feature.geometry) this.page.passing(`“${row.name}”没有范围图形，无法在图上定位。`);
      GIS.openPopup(this.page, this.uncovered, { ...feature, properties: { ...row, reason, as_of: this.answer.as_of } }, place);
    }

    /* Goes to a row of a list: a community, a ledger row's area, a problem. */
    async goTo(kind, row) {
      const layer = { community: "communities", area: "management_areas", problem: "problems" }[kind];
      const own = this.page.layers.get(layer);
      try {
        const held = own && !own.tiled && own.features.find((feature) => own.key(feature) === String(row.id));
        const feature = held || (await GIS.loadItem(layer, row.id, { datetime: this.asOf_ }));
        if (own) this.page.choose(own, feature);
        else if (feature.geometry) {
          this.page.zoomTo([feature.geometry], { animate: false });
          this.page.flash([feature.geometry]);
        } else this.page.passing("这一条没有位置。");
      } catch (error) {
        this.page.passing(`未能读取（${error.message}）。`);
      }
    }

    escape() {
      if (this.behind) this.panel.closeRows();
    }

    labels(view) {
      return [...this.rateLabels(view), ...this.areaLabels(view), ...this.communityLabels(view)];
    }

    spot(layer, feature, view) {
      if (layer.tiled) return layer.spot(feature, view);
      const [x, y] = GIS.world(GIS.labelPosition(feature.geometry));
      return { x: view.x(x), y: view.y(y) };
    }

    named(layer, zoom, view, wish) {
      if (!layer.visible || view.zoom < zoom) return [];
      return layer.shown().filter((feature) => layer.tiled || feature.geometry).map((feature) => {
        const asked = wish(feature);
        return asked && { ...this.spot(layer, feature, view), size: 12, ...asked };
      }).filter(Boolean);
    }

    rateLabels(view) {
      if (view.zoom >= 17) return [];
      return this.named(this.coverage, 0, view, (feature) => {
        const row = this.rowsById.get(String(feature.id));
        const text = row && (this.from ? GIS.changeWords(row) : GIS.MEASURES[this.show].short(row));
        return text && { weight: 600, color: "#2d3748", priority: 60, haloWidth: 4, whole: true, text: `${row.name} ${text}` };
      });
    }

    areaLabels(view) {
      const onPaper = document.documentElement.classList.contains("printing"); // there the number must tell what the colour cannot
      return this.named(this.areas, onPaper ? 13.5 : 15, view, ({ properties }) => ({ color: "#2d3748", priority: 50,
        text: `${CIRCLED[properties.service_form] || "○"}${view.zoom >= 15.5 ? GIS.areaName(properties.name) : ""}` }));
    }

    communityLabels(view) {
      return this.named(this.uncovered, this.from ? 15 : 14.5, view, (feature) => ({ weight: 600, priority: 55, text: feature.properties.name,
        color: this.from && this.turnedOf.get(this.uncovered.key(feature)) === "covered" ? "#22543d" : "#9b2c2c" }));
    }
  };

  GIS.TURNED = TURNED;
  GIS.REASONS = REASONS;
})();
