/* The day of the fire brigade's map: what surveys and people had told by then, with what is said of that day. */
(function () {
  "use strict";
  const GIS = window.GIS;

  GIS.HazardDay = class extends GIS.Days {
    constructor(desk) {
      super(desk);
      const given = new URLSearchParams(window.location.hash.slice(1)).get("as_of") || "";
      Object.assign(this, { chosen: GIS.isDay(given) && given < GIS.today() ? given : "", told: null });
    }

    /* The day by which deadlines are told. */
    get day() {
      return this.chosen || GIS.today();
    }

    /* What a request for features of the day bears beside its own. */
    get asked() {
      return { datetime: this.chosen };
    }

    /* The moment by which is told how long a broken cover has still to be mended: the end of a day that is over. */
    get moment() {
      return this.chosen ? Date.parse(`${GIS.shiftedDay(this.chosen, 1)}T00:00:00+08:00`) : Date.now();
    }

    stops() {
      return this.stopsAt(this.told && this.told.change_days, this.chosen);
    }

    async set(_name, day) {
      if (!GIS.isDay(day)) return;
      if (day > GIS.today()) {
        this.desk.page.passing("所选的日子还没有到。");
        this.desk.page.settle();
        return;
      }
      this.chosen = day === GIS.today() ? "" : day;
      window.history.replaceState(null, "", this.chosen ? `#as_of=${this.chosen}` : "#");
      this.desk.render();
      await this.desk.dayChanged();
    }

    /* Which days there are and what is said of this one; where that cannot be read, the map is none the worse. */
    async read() {
      const asked = this.chosen;
      try {
        const told = await GIS.getJson(GIS.address("/hazards/days", { as_of: asked }));
        if (asked === this.chosen) this.told = told;
      } catch (error) {
        this.desk.page.passing(`所选日期的说明未能读取（${error.message}）。`);
      }
      this.desk.render();
    }

    render() {
      if (!GIS.config.server_data) return null;
      const notes = this.chosen && this.told && this.told.as_of === this.chosen ? this.told.notes : [];
      return GIS.el("div", { class: "days" }, this.field("day", "日期", this.day),
        notes.length > 0 && GIS.el("details", { class: "note" }, GIS.el("summary", {}, notes.length > 1 ? notes[1] : notes[0]),
          notes.filter((_, at) => at !== (notes.length > 1 ? 1 : 0)).map((note) => GIS.el("p", {}, note))));
    }
  };
})();
