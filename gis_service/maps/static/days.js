/* A day to choose: written, taken from a calendar, or on a slider over the days on which something changed. */
(function () {
  "use strict";
  const GIS = window.GIS;

  GIS.shiftedDay = (day, days) => new Date(Date.parse(day) + days * 86400000).toISOString().slice(0, 10);
  GIS.isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text);

  /* Whoever has days says which `stops` there are, and takes the day that was `set`. */
  GIS.Days = class {
    constructor(desk) {
      this.desk = desk;
    }

    /* The eve of the first change, every day of a change, today, and what is chosen. */
    stopsAt(changes, ...chosen) {
      const days = changes || [];
      return [...new Set([...(days.length ? [GIS.shiftedDay(days[0], -1)] : []), ...days, GIS.today(), ...chosen.filter(Boolean)])].sort();
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
  };
})();
