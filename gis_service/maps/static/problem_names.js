/* Names of 附件2 that fit no community: what each may mean, chosen once by a clerk and remembered for the next ledger. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const MAY = ["county", "city"];
  const KINDS = { community: "小区", area: "物业管理区域" };
  const WAIT_MS = 250;

  GIS.ProblemNames = class {
    constructor(desk) {
      Object.assign(this, { desk, on: false, told: null, chosen: null, found: null, wrong: "" });
    }

    get may() {
      return MAY.includes(this.desk.page.config.may_report) && this.desk.page.config.server_data;
    }

    /* The names, read once; then again after each change. */
    async read() {
      try {
        this.told = await GIS.ask("/problems/names");
      } catch (error) {
        this.wrong = error.message;
      }
      this.desk.render();
    }

    /* The line above the list of problems that says how many names are to be settled. */
    line() {
      if (!this.may) return null;
      if (!this.told) {
        if (!this.asked) this.read();
        this.asked = true;
        return null;
      }
      const { names, settled } = this.told;
      if (!names.length && !settled.length) return null;
      const words = names.length ? `${names.length} 个项目名称对不上小区，问题不能上图` : `已定下 ${settled.length} 个项目名称`;
      return GIS.el("button", { type: "button", class: `names-line${names.length ? " open" : ""}`, id: "problem-names", onclick: () => this.open() },
        words, GIS.el("b", { "aria-hidden": "true" }, "›"));
    }

    open() {
      Object.assign(this, { on: true, chosen: null, found: null, wrong: "" });
      this.desk.render();
    }

    close() {
      if (this.chosen) Object.assign(this, { chosen: null, found: null, wrong: "" });
      else this.on = false;
      this.desk.render();
    }

    async choose(row) {
      Object.assign(this, { chosen: row, found: null, words: "", wrong: "" });
      this.desk.render();
      await this.search("");
    }

    async search(words) {
      const { chosen } = this;
      this.words = words;
      try {
        const asked = new URLSearchParams({ unit: chosen.unit, name: chosen.name, ...(words ? { q: words } : {}) });
        const answer = await GIS.ask(`/problems/names/candidates?${asked}`);
        if (this.chosen !== chosen || this.words !== words) return;
        this.found = answer.candidates;
        this.wrong = "";
      } catch (error) {
        this.wrong = error.message;
      }
      const list = document.getElementById("name-candidates");
      if (list) GIS.fill(list, this.candidates());
      else this.desk.render();
    }

    async settle(target) {
      const { unit, name, problems } = this.chosen;
      await this.change(() => GIS.send("/problems/names", { unit, name, kind: target.kind, id: target.id }),
        `“${name}”就是${target.name}：${problems} 个问题已对上，以后导入的同名各行也照此。`);
    }

    async forget(row) {
      await this.change(() => GIS.send(`/problems/names/${row.id}`, undefined, "DELETE"), `“${row.name}”不再对应${row.target}。`);
    }

    async change(write, words) {
      try {
        await write();
        Object.assign(this, { chosen: null, found: null, wrong: "" });
        this.desk.page.passing(words);
        await Promise.all([this.read(), this.desk.problemsChanged()]);
      } catch (error) {
        this.wrong = error.message;
        this.desk.render();
      }
    }

    /* What is on the panel, in a word: it is painted anew only when this changes. */
    get state() {
      const { names, settled } = this.told || { names: [], settled: [] };
      return [this.chosen && this.chosen.name, names.length, settled.length, this.wrong].join();
    }

    render() {
      const back = GIS.el("div", { class: "detail-bar" }, GIS.el("button", { type: "button", onclick: () => this.close() }, this.chosen ? "‹ 各个名称" : "‹ 问题清单"));
      return [back, GIS.el("div", { class: "scroll names", tabindex: "-1" }, this.chosen ? this.one() : this.all(),
        GIS.el("p", { class: "wrong", role: "alert", hidden: !this.wrong }, this.wrong))];
    }

    all() {
      const { names, settled } = this.told;
      return [GIS.el("h2", {}, "对不上的项目名称"),
        GIS.el("p", { class: "hint" }, "问题台账所写的项目名称在本区县没有唯一的同名小区或物业管理区域。定下一次，以后导入的同名各行自动对上。"),
        GIS.list(names, (row) => GIS.row({ title: row.name, below: `${row.unit}　${row.categories.join("、")}`, id: row.name,
          aside: [GIS.el("span", {}, `${row.problems} 个问题`), GIS.el("span", {}, `${row.problems_open} 个未销号`)], onclick: () => this.choose(row) }),
        { label: "对不上的项目名称", empty: "都已对上。" }),
        settled.length > 0 && [GIS.el("h3", {}, "已定下的"), GIS.el("ul", { class: "settled" }, settled.map((row) => this.settledRow(row)))]];
    }

    settledRow(row) {
      return GIS.el("li", {}, GIS.el("span", {}, GIS.el("b", {}, row.name), ` 就是 ${row.target}`,
        GIS.el("small", {}, `${KINDS[row.kind]}　${row.street}　${row.person_name}，${GIS.date(row.made_at)}，${row.problems} 个问题`)),
      GIS.el("button", { type: "button", class: "act", "aria-label": `撤销“${row.name}”的对应`, onclick: () => this.forget(row) }, "撤销"));
    }

    one() {
      const { chosen } = this;
      const box = GIS.el("input", { type: "search", id: "name-search", autocomplete: "off", maxlength: 100,
        oninput: ({ target }) => { clearTimeout(this.waiting); this.waiting = setTimeout(() => this.search(target.value.trim()), WAIT_MS); } });
      return [GIS.el("h2", {}, `“${chosen.name}”是哪一个？`),
        GIS.el("p", { class: "hint" }, `${chosen.unit}　${chosen.categories.join("、")}　${chosen.problems} 个问题`),
        GIS.el("p", { class: "field" }, GIS.el("label", { for: "name-search" }, "在本区县的小区和管理区域中查找"), box),
        GIS.el("div", { id: "name-candidates", "aria-live": "polite" }, this.candidates())];
    }

    candidates() {
      if (!this.found) return GIS.el("p", { class: "nothing" }, "正在查找相近的名称……");
      return GIS.list(this.found, (target) => GIS.row({ title: target.name, below: [KINDS[target.kind], target.street, target.neighborhood].filter(Boolean).join("　"),
        aside: target.likeness === 1 ? "同名" : null, id: `${target.kind}-${target.id}`, onclick: () => this.settle(target) }),
      { label: "可能是", empty: this.words ? "没有名称含这些字的小区或管理区域。" : "没有相近的名称，请在上面输入几个字查找。" });
    }
  };
})();
