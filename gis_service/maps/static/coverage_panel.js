/* The panel of the planners' desk: day and definition, the figures, and the lists; every number opens its rows. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const PAGE = 50;
  const LEVELS = [["auto", "随缩放"], ["county", "区县"], ["street", "街道"], ["neighborhood", "社区"], ["reporting_unit", "填报单位"]];
  const SHORT = { declared: "登记无物管", lost: "物业撤离", spatial: "无管理区域" };
  const FORMS = ["1", "2", "3", "4", "5", "6", "unknown"];
  const CIRCLED = { 1: "①", 2: "②", 3: "③", 4: "④", 5: "⑤", 6: "⑥", unknown: "○" };

  GIS.CoveragePanel = class {
    constructor(desk) {
      this.desk = desk;
      this.rows = new GIS.CoverageRows(desk, this);
      this.dates = new GIS.CoverageDates(desk);
    }

    render() {
      const { desk } = this;
      if (!desk.answer) return;
      const body = document.getElementById("panel-body");
      const scroll = body.querySelector(".scroll");
      const place = [desk.tab, desk.behind && desk.behind.key].join();
      const top = scroll && body.dataset.place === place ? scroll.scrollTop : 0;
      const focus = document.activeElement && body.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      GIS.fill(body, this.dates.render(), this.definition(), this.figures(), this.tabs(),
        GIS.el("div", { class: "scroll", tabindex: "-1" }, this.content()));
      body.dataset.place = place;
      body.querySelector(".scroll").scrollTop = top;
      const again = focus && body.querySelector(`[data-key="${focus}"]`);
      if (again) again.focus({ preventScroll: true });
    }

    content() {
      const { desk } = this;
      if (desk.behind) return this.rows.render(desk.behind);
      if (desk.tab === "divisions") return this.divisions();
      if (desk.tab === "difference") return this.difference();
      return this.rows.list({ figure: "uncovered" }, "失管小区", "所选范围内没有失管小区。");
    }

    /* The reasons that count as 失管; at least one of them does. */
    definition() {
      const { desk } = this;
      const totals = desk.answer.totals;
      const chips = GIS.chips("失管口径：计入哪几种原因", GIS.REASONS.map((reason) => ({
        value: reason, title: SHORT[reason], count: totals[reason], picture: GIS.swatch(desk.reasonRule(reason), "area"),
      })), desk.definition, (chosen) => {
        if (!chosen.size) {
          desk.page.passing("口径至少要计入一种原因。");
          return;
        }
        desk.definition = chosen;
        desk.changed();
      });
      chips.querySelectorAll("button").forEach((button) => {
        button.dataset.key = `reason-${button.dataset.value}`;
        button.disabled = !desk.facts.living;
      });
      return GIS.el("div", { class: "definition-row" }, GIS.el("span", { class: "row-label" }, "失管口径"), chips);
    }

    /* A number that opens the rows it counts. */
    number(figure, text, { level, code, title, className } = {}) {
      const { desk } = this;
      if (!desk.facts.living || !figure) return GIS.el("span", { class: className }, text);
      return GIS.el("button", { type: "button", class: `number ${className || ""}`, title: "查看这个数字所计的各行",
        data: { figure, code: code || "", key: ["n", figure, level, code].join("-") },
        onclick: (event) => {
          event.stopPropagation();
          desk.behind = { figure, level, code, title, key: [figure, level, code].join() };
          this.render();
          this.rows.standing.first.then(() => document.getElementById("back")?.scrollIntoView()); // on a phone the rows come below the fold
          desk.page.map.invalidateSize({ pan: false });
        } }, text);
    }

    figures() {
      const { totals } = this.desk.answer;
      const figure = (title, value, ...below) => GIS.el("div", { class: "figure" }, GIS.el("span", {}, title), value, GIS.el("small", {}, below));
      const rate = (measure) => {
        const { title, part, total, of, target } = GIS.MEASURES[measure];
        const { part: some, total: all } = of(totals);
        return figure(title, GIS.el("strong", {}, GIS.share(some, all)), this.number(part, GIS.count(some)), "/", this.number(total, GIS.count(all)),
          target && all ? GIS.el("span", { class: "target" }, `目标 ${target * 100} %`) : "");
      };
      return GIS.el("div", { class: "figures" }, rate("coverage"),
        figure("失管小区", GIS.el("strong", {}, this.number("uncovered", GIS.count(totals.uncovered))),
          ...GIS.REASONS.filter((reason) => this.desk.definition.has(reason)).map((reason) =>
            [this.number(reason, `${{ declared: "登记", lost: "撤离", spatial: "空间" }[reason]} ${GIS.count(totals[reason])}`), " "])),
        rate("committee"));
    }

    tabs() {
      const { desk } = this;
      const options = [{ value: "uncovered", title: "失管小区", count: desk.answer.totals.uncovered }, { value: "divisions", title: "分区统计" }];
      if (desk.facts.living) options.push({ value: "difference", title: "日期对比" });
      const tabs = GIS.choice("列表内容", options, desk.behind ? null : desk.tab, (tab) => {
        desk.turnTo(tab);
        if (tab === "difference" && !desk.from) this.dates.compareWithFirst();
        else if (tab !== "difference" && desk.from) this.dates.compareNoMore();
      }, "tabs");
      tabs.querySelectorAll("button").forEach((button) => { button.dataset.key = `tab-${button.dataset.value}`; });
      return tabs;
    }

    levels() {
      const { desk } = this;
      return GIS.choice("统计层级", LEVELS.map(([value, title]) => ({ value, title })), desk.levelChosen, (level) => {
        desk.levelChosen = level;
        desk.level = desk.wantedLevel();
        desk.changed();
      });
    }

    measures() {
      const { desk } = this;
      return GIS.el("label", { class: "measure-choice" }, GIS.el("span", {}, "指标"),
        GIS.el("select", { id: "measure", data: { key: "measure" }, onchange: (event) => {
          desk.show = event.target.value;
          desk.changed();
        } }, Object.entries(GIS.MEASURES).map(([value, { title }]) => GIS.el("option", { value, selected: value === desk.show }, title))));
    }

    divisions() {
      const { desk } = this;
      const measure = GIS.MEASURES[desk.show];
      const share = (row) => { const { part, total } = measure.of(row); return total ? part / total : Infinity; };
      const none = measure.indicator && desk.answer.rows.every((row) => !measure.of(row).total);
      const rows = [...desk.answer.rows].sort((a, b) => share(a) - share(b) || b.communities - a.communities);
      return [this.levels(), this.measures(), measure.indicator && GIS.indicatorTrend(desk, measure.indicator), desk.answer.notes.map((note) => GIS.el("p", { class: "note" }, note)),
        none && GIS.el("p", { class: "note" }, "这一层级没有报来的数值，请换一个层级。"),
        this.rows.divisionFiles(), GIS.list(rows, (row) => this.divisionRow(row, measure), { label: "分区统计", empty: "这一层级没有数据。" })];
    }

    divisionRow(row, measure) {
      if (measure.indicator) return this.figureRow(row, measure);
      const { part, total } = measure.of(row);
      const where = { level: row.level, code: row.code, title: row.name };
      const count = (figure, value) => this.number(figure, GIS.count(value), where);
      const amount = (figure) => (figure.startsWith("form_") ? row.forms[figure.slice(5)] || 0 : figure.endsWith("_no") ? total - part : row[figure]);
      return GIS.el("div", { class: "division", data: { id: row.id } },
        GIS.el("button", { type: "button", class: "row division-name", onclick: () => this.desk.openDivision(row) },
          GIS.el("span", { class: "row-title" }, row.name), GIS.el("span", { class: "row-aside" }, measure.words(row))),
        measure.forms ? this.formBar(row) : GIS.meter(part, total, measure.target),
        GIS.el("p", { class: "counts" }, measure.forms ? this.formCounts(row, where) : [
          count(measure.part, amount(measure.part)), "/", measure.total ? count(measure.total, amount(measure.total)) : GIS.count(total), ` ${measure.unit}`,
          measure.lacking && ["　", measure.lackingWords, " ", count(measure.lacking, amount(measure.lacking)),
            measure.lacking === "uncovered" && this.reasonCounts(row, count)],
          measure.target && total > 0 && GIS.el("b", { class: part / total < measure.target ? "missed" : "met" },
            part / total < measure.target ? `　▼ 未达 ${measure.target * 100} %` : `　✓ 达到 ${measure.target * 100} %`)]));
    }

    figureRow(row, measure) {
      const figure = measure.figure(row);
      return GIS.el("div", { class: "division", data: { id: row.id } },
        GIS.el("button", { type: "button", class: "row division-name", onclick: () => this.desk.openDivision(row) },
          GIS.swatch(measure.rule(row), "area"), GIS.el("span", { class: "row-title" }, row.name), GIS.el("span", { class: "row-aside" }, measure.words(row))),
        figure && GIS.el("p", { class: "counts" }, `${figure.period}，所报 ${GIS.count(figure.counted)} 项`,
          measure.target && GIS.el("b", { class: figure.value < measure.target ? "missed" : "met" }, figure.value < measure.target ? "　▼ 未达目标" : "　✓ 达到目标")));
    }

    reasonCounts(row, count) {
      const words = { declared: "登记", lost: "撤离", spatial: "空间" };
      const said = GIS.REASONS.filter((reason) => this.desk.definition.has(reason)).flatMap((reason, index) =>
        [index ? "、" : "", words[reason], " ", count(reason, row[reason])]);
      return ["（", said, "）"];
    }

    formRule(form) {
      const rules = this.desk.areas.declared.style.rule;
      return rules.find((rule) => String(rule.value) === form) || rules[rules.length - 1];
    }

    formBar(row) {
      const parts = FORMS.filter((form) => row.forms[form]).map((form) => GIS.el("i", { css: {
        width: `${(row.forms[form] / row.area_rows) * 100}%`, background: this.formRule(form).fill } }));
      return GIS.el("span", { class: "meter stacked", "aria-hidden": "true" }, parts);
    }

    formCounts(row, where) {
      return FORMS.filter((form) => row.forms[form]).map((form) => [GIS.el("span", { title: this.formRule(form).title }, CIRCLED[form]), " ",
        this.number(`form_${form}`, GIS.count(row.forms[form]), where), "　"]);
    }

    difference() {
      const { desk } = this;
      const told = desk.difference;
      if (!told) return GIS.el("p", { class: "nothing" }, "请选择前后两个日期。");
      const { before, after } = told.totals;
      const line = (title, row, day) => GIS.el("tr", {}, GIS.el("th", { scope: "row" }, title, GIS.el("small", {}, day)),
        GIS.el("td", {}, GIS.share(row.covered, row.communities)), GIS.el("td", {}, `${GIS.count(row.covered)}/${GIS.count(row.communities)}`),
        GIS.el("td", {}, GIS.count(row.uncovered)));
      const turned = (way, words) => GIS.el("li", {}, GIS.swatch(GIS.TURNED[way], "area"), words,
        this.number(`turned_${way}`, `${GIS.count(told.turned[way].length)} 个`));
      const rows = told.rows.filter((row) => Math.abs(GIS.changeOf(row) || 0) >= 0.05)
        .sort((a, b) => GIS.changeOf(a) - GIS.changeOf(b));
      return [
        GIS.el("table", { class: "compared" }, GIS.el("thead", {}, GIS.el("tr", {}, ["日期", "覆盖率", "已覆盖/小区", "失管"].map((head) => GIS.el("th", { scope: "col" }, head)))),
          GIS.el("tbody", {}, line("前", before, told.from), line("后", after, told.to))),
        GIS.el("ul", { class: "turned" }, turned("uncovered", "转为失管"), turned("covered", "转为已覆盖")),
        told.notes.map((note) => GIS.el("p", { class: "note" }, note)), this.levels(),
        GIS.list(rows, (row) => this.changeRow(row), { label: "有变化的分区", empty: "这两天之间，各分区的覆盖率没有变化。" }),
      ];
    }

    changeRow(row) {
      const bar = (when, day) => GIS.el("span", { class: "change-bar" }, GIS.el("small", {}, day), GIS.meter(row[when].covered, row[when].communities),
        GIS.el("small", {}, GIS.shareWithFraction(row[when].covered, row[when].communities)));
      return GIS.row({ title: row.name, aside: GIS.changeWords(row),
        below: row.before ? [bar("before", this.desk.difference.from), bar("after", this.desk.difference.to)] : "前一日没有数据",
        onclick: () => this.desk.openDivision(row) });
    }

    closeRows() {
      const key = this.desk.behind && ["n", this.desk.behind.figure, this.desk.behind.level, this.desk.behind.code].join("-");
      this.desk.behind = null;
      this.render();
      const again = key && document.querySelector(`#panel-body [data-key="${key}"]`);
      if (again) again.focus();
    }

    reasonLegend() {
      const { desk } = this;
      const line = (rule, words) => GIS.el("li", {}, GIS.swatch(rule, "area"), GIS.el("span", {}, words));
      if (desk.from) return Object.values(GIS.TURNED).map((rule) => line(rule, rule.title));
      return GIS.REASONS.filter((reason) => desk.definition.has(reason)).map((reason) => line(desk.reasonRule(reason), desk.reasonRule(reason).title));
    }

    measureLegend() {
      const { desk } = this;
      const own = GIS.MEASURES[desk.show].rules;
      const rules = desk.from ? GIS.CHANGES : own || desk.coverage.declared.style.rule.map((rule, index) => desk.stronger(rule, index));
      return rules.map((rule) => GIS.el("li", {}, GIS.swatch(rule, "area"), GIS.el("span", {}, rule.title)));
    }
  };
  GIS.CoveragePanel.SHORT = SHORT;
  GIS.CoveragePanel.PAGE = PAGE;
})();
