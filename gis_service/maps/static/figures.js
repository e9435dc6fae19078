/* One indicator of another system on every area or community: how many fall into each class, which, and each one's course. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const ROWS = 100;

  GIS.desks.figures = class {
    constructor(page) {
      this.page = page;
      [this.own, this.ground] = page.config.map.layers.map((id) => page.layers.get(id));
      this.indicator = page.config.indicators.find(({ id }) => `indicator_${id}` === this.own.id);
      Object.assign(this, { counts_: null, chosen_: "", falling: false, rows: null, next: null, wrong: "" });
      this.own.more = (feature) => this.course(feature);
      [this.ground.declared.title] = this.ground.declared.style.rule.map(({ title }) => title); // it is what shows where nothing else does
    }

    /* The classes from low to high, each with the condition that its values meet. */
    classes() {
      const rules = this.own.declared.style.rule;
      return rules.map((rule, at) => {
        const parts = [at > 0 && `value >= ${rule.value}`, rules[at + 1] && `value < ${rules[at + 1].value}`].filter(Boolean);
        return { rule, key: String(at), filter: parts.join(" AND ") };
      });
    }

    async firstAnswers() {
      await Promise.all([this.count(), this.read()]);
    }

    async count() {
      try {
        const asked = (filter) => GIS.getJson(GIS.address(`/collections/${this.own.id}/items`, { resulttype: "hits", filter }));
        const [all, ...told] = await Promise.all([GIS.getJson(GIS.address(`/collections/${this.ground.id}/items`, { resulttype: "hits" })), ...this.classes().map(({ filter }) => asked(filter))]);
        this.counts_ = told.map(({ numberMatched }) => numberMatched);
        this.all = all.numberMatched;
      } catch (error) {
        this.page.notice("counts", `各级的个数未能读取（${error.message}）。请稍后再试。`);
      }
    }

    async read(address) {
      const one = this.classes()[Number(this.chosen_ || -1)];
      const first = GIS.address(`/collections/${this.own.id}/items`, { limit: ROWS, sortby: `${this.falling ? "-" : "+"}value`, filter: one && one.filter });
      this.asked = address || first;
      if (!address) Object.assign(this, { rows: null, next: null });
      this.wrong = "";
      const { asked } = this;
      try {
        const { items, next } = await GIS.itemPage(asked);
        if (asked !== this.asked) return;
        Object.assign(this, { rows: [...(address ? this.rows : []), ...items], next });
      } catch (error) {
        if (asked === this.asked) this.wrong = `清单未能读取（${error.message}）。请稍后再试。`;
      }
      this.render();
    }

    words(value) {
      return GIS.figureWords(this.indicator, value);
    }

    render() {
      const { indicator } = this;
      GIS.fill(document.getElementById("panel-body"), GIS.el("div", { class: "scroll", tabindex: "-1" },
        GIS.el("p", { class: "tally" }, `${indicator.definition}来源：${indicator.system}　`, GIS.el("a", { href: GIS.address(`/indicators/${indicator.id}`) }, "按区划的数字")),
        this.classChoice(), this.order(), this.list()));
    }

    classChoice() {
      const counted = this.counts_ || [];
      const sum = counted.reduce((one, other) => one + other, 0);
      const options = [{ value: "", title: "全部有数值的", count: this.counts_ ? sum : undefined },
        ...this.classes().map(({ rule, key }, at) => ({ value: key, title: rule.title, count: counted[at], picture: GIS.swatch(rule, "area") }))];
      return [GIS.choice("按级别看", options, this.chosen_, (key) => { this.chosen_ = key; this.read(); this.render(); }, "classes"),
        this.counts_ && GIS.el("p", { class: "tally" }, GIS.swatch(this.ground.declared.style.rule[0], "area"), ` ${this.ground.declared.style.rule[0].title} ${GIS.count(Math.max(this.all - sum, 0))}，共 ${GIS.count(this.all)}`)];
    }

    order() {
      return GIS.choice("次序", [{ value: "up", title: "低的在前" }, { value: "down", title: "高的在前" }], this.falling ? "down" : "up",
        (way) => { this.falling = way === "down"; this.read(); this.render(); });
    }

    list() {
      if (this.wrong) return GIS.el("p", { class: "nothing", role: "status" }, this.wrong);
      if (!this.rows) return GIS.el("p", { class: "nothing", role: "status" }, "正在读取……");
      return [GIS.list(this.rows, (feature) => this.row(feature), { label: this.indicator.title, empty: "没有收到数值。" }),
        this.next && GIS.el("button", { type: "button", class: "more", onclick: () => this.read(this.next) }, "再列一些")];
    }

    row(feature) {
      const { name, street, neighborhood, value, period } = feature.properties;
      return GIS.row({ picture: GIS.swatch(this.own.rule(feature), "area"), title: name, id: String(feature.id), aside: this.words(value),
        below: [street, neighborhood, period].filter(Boolean).join("　"), onclick: () => this.page.choose(this.own, feature) });
    }

    /* The values of one, period by period; it fills itself. */
    course({ properties: { code } }) {
      const box = GIS.el("div", { class: "trend", "aria-live": "polite" });
      GIS.getJson(GIS.address(`/indicators/${this.indicator.id}/trend`, { subject: code })).then(({ points }) => {
        if (points.length) GIS.fill(box, GIS.drawTrend(this.indicator, points));
      }).catch((error) => GIS.fill(box, GIS.el("p", { class: "nothing" }, `变化曲线未能读取（${error.message}）。`)));
      return box;
    }

    labels(view) {
      if (view.zoom < 15 || this.own.tiled) return [];
      return this.own.shown().filter(({ geometry }) => geometry).map((feature) => {
        const [x, y] = GIS.world(GIS.labelPosition(feature.geometry));
        return { x: view.x(x), y: view.y(y), size: 12, color: "#2c3e50", priority: 60, text: this.words(feature.properties.value) };
      });
    }

    counts() {
      return this.counts_ ? `有数值 ${GIS.count(this.counts_.reduce((one, other) => one + other, 0))} / ${GIS.count(this.all)}` : "";
    }
  };
})();
