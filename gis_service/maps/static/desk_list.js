/* The work list: what is to be done by state and street, searched and counted by our server, walked with the arrow keys. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const AFTER_MS = 250;

  GIS.WORK_STATES = {
    open: { title: "有边未定", fill: "#c53030", marker: "triangle" },
    ambiguous: { title: "有歧义", fill: "#7b61b5", marker: "diamond" },
    drafted: { title: "草图", fill: "#b7791f", marker: "circle" },
    in_review: { title: "审核中", fill: "#2b6cb0", marker: "square" },
    sent_back: { title: "已退回", fill: "#c05621", marker: "cross" },
    approved: { title: "已核准", fill: "#2f855a", marker: "circle" },
  };
  const SIDE_ORDER = ["E", "S", "W", "N"];

  GIS.workPicture = (state) => GIS.swatch(GIS.WORK_STATES[state] || { fill: "#8a8f98", marker: "circle" }, "point");

  GIS.WorkList = class {
    constructor(page, onchoose) {
      Object.assign(this, { page, onchoose, state: "", street: "", words: "", items: [], counts: {}, streets: [], next: null, told: "" });
      this.scroll = GIS.el("div", { class: "scroll", tabindex: "-1" });
      this.states = GIS.el("div", {});
      this.box = GIS.el("input", { type: "search", class: "filter", id: "area-filter", "aria-label": "在待办清单中查找",
        placeholder: "查找区域、编号或四至文字", oninput: () => this._typed(), onkeydown: (event) => this._key(event) });
      this.streetBox = GIS.el("select", { class: "filter", "aria-label": "街道", onchange: (event) => { this.street = event.target.value; this.load(); } });
      this.head = GIS.el("div", { class: "work-head" }, this.box, this.streetBox, this.states);
    }

    nodes() {
      return [this.head, this.scroll];
    }

    _typed() {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => { this.words = this.box.value.trim(); this.load(); }, AFTER_MS);
    }

    _key(event) {
      const row = this.scroll.querySelector("button.row");
      if (event.key === "ArrowDown" && row) row.focus();
      else if (event.key === "Enter" && row) row.click();
      else if (event.key === "Escape" && this.box.value) { this.box.value = ""; this._typed(); event.stopPropagation(); }
      else return;
      event.preventDefault();
    }

    _query(cursor) {
      return { state: this.state, q: this.words, street: this.street, ...this.page.desk.divisionAsked(), limit: 200, cursor };
    }

    async load() {
      if (this.asking) this.asking.abort();
      const asking = this.asking = new AbortController();
      try {
        const answer = await GIS.boundaries.list(this._query(), asking.signal);
        Object.assign(this, answer, { told: "" });
      } catch (error) {
        if (error.name === "AbortError") return;
        this.told = `清单未能读取（${error.message}）。`;
      }
      this.render();
    }

    async _choose(state) {
      this.state = state;
      await this.load();
      const button = this.states.querySelector("[aria-pressed=true]");
      if (button) button.focus();
    }

    async _more() {
      const answer = await GIS.boundaries.list(this._query(this.next));
      this.items = [...this.items, ...answer.items];
      this.next = answer.next;
      this.render();
    }

    render() {
      const all = Object.keys(GIS.WORK_STATES).reduce((sum, state) => sum + (this.counts[state] || 0), 0);
      GIS.fill(this.states, GIS.choice("按状态筛选", [{ value: "", title: "全部", count: all },
        ...Object.entries(GIS.WORK_STATES).map(([value, { title }]) => ({ value, title, count: this.counts[value] || 0, picture: GIS.workPicture(value) }))],
      this.state, (value) => this._choose(value), "chips one"));
      GIS.fill(this.streetBox, GIS.el("option", { value: "" }, "全部街道"),
        this.streets.map((street) => GIS.el("option", { value: street, selected: street === this.street }, street)));
      this.streetBox.hidden = this.streets.length < 2;
      GIS.fill(this.scroll, GIS.el("p", { class: "tally", role: "status" }, this.told || `${GIS.count(this.items.length)} 个物业管理区域`),
        GIS.list(this.items, (item) => this._row(item), { label: "物业管理区域", empty: "没有符合条件的物业管理区域。" }),
        this.next && GIS.el("button", { type: "button", class: "more", onclick: () => this._more() }, "再显示一批"));
    }

    _row(item) {
      const state = GIS.WORK_STATES[item.state];
      const open = SIDE_ORDER.filter((side) => (item.open_sides || []).includes(side)).map((side) => GIS.SIDES[side].words).join("、");
      const below = [item.street, open && item.state !== "approved" && `${open}边未定`, item.pending && item.pending.words].filter(Boolean).join("　");
      return GIS.row({ picture: GIS.workPicture(item.state), title: item.name, id: item.code, below: below || item.neighborhood || item.code,
        aside: state ? state.title : item.state_words, onclick: () => this.onchoose(item) });
    }

    /* The items before and after one, for walking on without the list. */
    around(id) {
      const index = this.items.findIndex((item) => item.id === id);
      return index < 0 ? [undefined, this.items[0]] : [this.items[index - 1], this.items[index + 1]];
    }

    /* The next row that waits for this person, after the one that was just dealt with. */
    nextToDo(id) {
      const index = this.items.findIndex((item) => item.id === id);
      const waits = (item) => item.id !== id && ((item.may_edit && ["open", "ambiguous", "drafted", "sent_back"].includes(item.state)) ||
        (item.may_approve && item.state === "in_review"));
      return [...this.items.slice(index + 1), ...this.items.slice(0, Math.max(index, 0))].find(waits);
    }

    focusRow(code) {
      const row = [...this.scroll.querySelectorAll("button.row")].find((button) => button.dataset.id === code) ||
        this.scroll.querySelector("button.row");
      if (!row) return;
      row.scrollIntoView({ block: "center" });
      row.focus({ preventScroll: true });
    }
  };
})();
