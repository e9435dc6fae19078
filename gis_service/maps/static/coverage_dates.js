/* The days of the planners' desk: one day, or two to compare. */
(function () {
  "use strict";
  const GIS = window.GIS;

  GIS.CoverageDates = class extends GIS.Days {
    stops() {
      return this.stopsAt(this.desk.answer.change_days, this.desk.asOf_, this.desk.from);
    }

    set(name, day) {
      const { desk } = this;
      const today = GIS.today();
      if (!GIS.isDay(day)) return;
      if (name === "from") desk.from = day;
      else desk.asOf_ = day === today ? "" : day;
      if (desk.from && desk.from > (desk.asOf_ || today)) desk.from = desk.asOf_ || today;
      desk.changed({ day: name === "to" });
    }

    compareWithFirst() {
      this.set("from", this.stops()[0]);
    }

    compareNoMore() {
      this.desk.from = "";
      this.desk.changed();
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
