/* The rows behind a number: fetched page by page, with files of all of them to keep. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const PAGE = 50;
  const FILES = [["xlsx", "Excel"], ["geojson", "GeoJSON"]];

  GIS.CoverageRows = class {
    constructor(desk, panel) {
      Object.assign(this, { desk, panel });
    }

    parameters({ figure, level, code }) {
      const { desk } = this;
      return { ...desk.question, figure, level, code, from: figure.startsWith("turned_") ? desk.from : "" };
    }

    files(asked) {
      return this.links("/rows", this.parameters(asked));
    }

    /* The figures of the divisions, as they stand in the list. */
    divisionFiles() {
      return this.links("", { ...this.desk.question, level: this.desk.level });
    }

    links(path, asked) {
      const { desk } = this;
      if (!desk.facts.living) return null;
      return GIS.el("span", { class: "files" }, "下载 ", FILES.map(([form, title]) =>
        GIS.el("a", { href: desk.facts.address(path, { ...asked, f: form }), download: "", data: { form } }, title)));
    }

    render(asked) {
      const { desk } = this;
      const head = GIS.el("p", { class: "rows-head" }, GIS.el("b", {}, "……"));
      const list = this.list(asked, "数字所计的各行", "没有这样的行。", (answer) => {
        const said = answer.title + (asked.title ? `（${asked.title}）` : "");
        GIS.fill(head, GIS.el("b", {}, `${said} ${GIS.count(answer.matched)} ${answer.kind === "community" ? "个" : answer.kind === "area" ? "行" : "项"}`),
          GIS.el("small", {}, `${answer.as_of}，${answer.definition_words}`), (answer.notes || []).map((note) => GIS.el("small", {}, note)));
      });
      return [GIS.el("div", { class: "detail-bar" }, GIS.el("button", { type: "button", id: "back", onclick: () => this.panel.closeRows() }, "‹ 返回")),
        head, list];
    }

    /* A list that fills itself; `told` is given the first answer. The same question again gets the list that stands. */
    list(asked, label, empty, told) {
      const key = JSON.stringify([label, this.parameters(asked)]);
      if (!this.standing || this.standing.key !== key) this.standing = { key, ...this.fresh(asked, label, empty) };
      if (told) this.standing.first.then((answer) => answer && told(answer));
      return this.standing.box;
    }

    fresh(asked, label, empty) {
      const box = GIS.el("div", { class: "paged", "aria-live": "polite" });
      const list = GIS.el("ul", { class: "rows", "aria-label": label, onkeydown: GIS.walkRows });
      const first = this.fetch(asked, 0).then((answer) => {
        GIS.fill(box, this.files(asked), answer.rows.length ? list : GIS.el("p", { class: "nothing" }, empty));
        this.append(list, asked, answer, 0);
        return answer;
      }).catch((error) => {
        this.standing = null;
        GIS.fill(box, GIS.el("p", { class: "nothing" }, `未能读取（${error.message}）。请稍后再试。`));
      });
      return { box, first };
    }

    fetch(asked, offset) {
      return this.desk.facts.rows(this.parameters(asked), PAGE, offset);
    }

    append(list, asked, answer, offset) {
      answer.rows.forEach((row) => list.append(GIS.el("li", {}, this.row(answer, row))));
      const next = offset + answer.rows.length;
      if (!answer.more) return;
      const button = GIS.el("button", { type: "button", class: "more", onclick: async () => {
        button.disabled = true;
        try {
          const following = await this.fetch(asked, next);
          button.parentElement.remove();
          this.append(list, asked, following, next);
        } catch (error) {
          button.disabled = false;
          button.textContent = `未能读取（${error.message}），再试一次`;
        }
      } }, `再显示 ${Math.min(PAGE, answer.matched - next)} 条（共 ${GIS.count(answer.matched)} 条）`);
      list.append(GIS.el("li", {}, button));
    }

    row(answer, row) {
      const words = (name) => {
        const field = answer.fields[name];
        const value = row[name];
        if (value === null || value === undefined || value === "") return "";
        if (field && field.values && field.values[String(value)]) return field.values[String(value)];
        return Array.isArray(value) ? value.join("、") : String(value);
      };
      const made = { community: () => this.community(row), area: () => this.area(row, words), problem: () => this.problem(row, words) }[answer.kind]();
      return GIS.row({ ...made, id: String(row.id), onclick: () => this.desk.goTo(answer.kind, row) });
    }

    community(row) {
      const { desk } = this;
      const reasons = row.reasons || [];
      return {
        picture: reasons.map((reason) => GIS.swatch(desk.reasonRule(reason), "area")), title: row.name,
        below: [[row.county, row.street, row.neighborhood].filter(Boolean).join(" ") + (row.boundary_pending ? "　边界待核" : ""), row.evidence]
          .filter(Boolean).map((text) => GIS.el("span", { class: "line" }, text)),
        aside: reasons.map((reason) => GIS.el("span", { class: "reason" }, GIS.CoveragePanel.SHORT[reason])),
      };
    }

    area(row, words) {
      return { title: row.name, below: [words("reporting_unit"), words("street"), words("neighborhood"), words("company")].filter(Boolean).join(" "),
        aside: [words("service_form"), words("committee"), typeof row.fee_rate === "number" ? `收缴率 ${GIS.share(row.fee_rate, 1)}` : ""]
          .filter(Boolean).map((text) => GIS.el("span", {}, text)) };
    }

    problem(row, words) {
      return { title: row.project_name, below: [words("category"), row.content].filter(Boolean).join("　"),
        aside: [row.closed === true ? "已销号" : "未销号", row.deadline].filter(Boolean).map((text) => GIS.el("span", {}, text)) };
    }
  };
})();
