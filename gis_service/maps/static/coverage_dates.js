/* The days of the planners' desk: one day on a slider over the days on which something changed, or two to compare. */
(function () {
  "use strict";
  const GIS = window.GIS;

  const shifted = (day, days) => new Date(Date.parse(day) + days * 86400000).toISOString().slice(0, 10);

  GIS.CoverageDates = class {
    constructor(desk) {
      this.desk = desk;
    }

    /* The eve of the first change, every day on which a boundary, a ledger or a 销号 changed, and today. */
    stops() {
      const today = GIS.today();
      const days = this.desk.answer.change_days || [];
      return [...new Set([...(days.length ? [shifted(days[0], -1)] : []), ...days, today, this.desk.asOf_ || today, ...(this.desk.from ? [this.desk.from] : [])])].sort();
    }

    set(name, day) {
      const { desk } = this;
      const today = GIS.today();
      if (!/^\d{4}-\d\d-\d\d$/.test(day)) return;
      if (name === "from") desk.from = day;
      else desk.asOf_ = day === today ? "" : day;
      if (desk.from && desk.from > (desk.asOf_ || today)) desk.from = desk.asOf_ || today;
      desk.changed({ areas: name === "to" });
    }

    compareWithFirst() {
      this.set("from", this.stops()[0]);
    }

    compareNoMore() {
      this.desk.from = "";
      this.desk.changed();
    }

    /* A day as people write it; what is no day is put back. */
    written(name, input) {
      const [year, month, date] = input.value.trim().split(/[-/.年月]/).map((part) => parseInt(part, 10));
      const told = new Date(Date.UTC(year, month - 1, date));
      if (told.getUTCMonth() === month - 1 && told.getUTCDate() === date && year > 1900) {
        this.set(name, told.toISOString().slice(0, 10));
        return;
      }
      this.desk.page.passing("日期应写成 2023-07-15 这样。");
      this.desk.page.settle();
    }

    calendar(name, label, day) {
      const picker = GIS.el("input", { type: "date", class: "picker", value: day, tabindex: "-1", "aria-hidden": "true",
        onchange: (event) => event.target.value && this.set(name, event.target.value) });
      return [GIS.el("button", { type: "button", class: "calendar", "aria-label": `${label}：打开日历`, onclick: () => picker.showPicker() }, "▾"), picker];
    }

    field(name, label, day) {
      const stops = this.stops();
      return GIS.el("div", { class: "day" },
        GIS.el("label", { for: `day-${name}` }, label),
        GIS.el("span", { class: "day-box" },
          GIS.el("input", { type: "text", id: `day-${name}`, value: day, inputmode: "numeric", maxlength: 10, autocomplete: "off", data: { key: `day-${name}` },
            onchange: (event) => this.written(name, event.target) }), this.calendar(name, label, day)),
        GIS.el("input", { type: "range", min: 0, max: stops.length - 1, step: 1, value: stops.indexOf(day), data: { key: `slider-${name}` },
          "aria-label": `${label}：在有变化的日子之间移动`, "aria-valuetext": day,
          oninput: (event) => { document.getElementById(`day-${name}`).value = stops[event.target.value]; },
          onchange: (event) => this.set(name, stops[event.target.value]) }));
    }

    render() {
      const { desk } = this;
      const day = desk.asOf_ || GIS.today();
      if (!desk.facts.living) return GIS.el("p", { class: "days note" }, `统计日期 ${desk.answer.as_of}。这是写成文件的网页，日期和口径是写出时的。`);
      return GIS.el("div", { class: "days" }, desk.from && this.field("from", "前一日", desk.from), this.field("to", desk.from ? "后一日" : "日期", day),
        !desk.from && desk.asOf_ && desk.answer.notes.map((note) => GIS.el("p", { class: "note" }, note)));
    }
  };
})();
