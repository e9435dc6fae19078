/* Questions about coverage in; the answers of our server, or those that were written into the page, out. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const KEPT = 40;

  function writtenAnswers() {
    const node = document.getElementById("data-answers");
    return node ? JSON.parse(node.textContent) : null;
  }

  GIS.Facts = class {
    constructor() {
      this.kept = new Map();
      this.written = GIS.config.server_data ? null : writtenAnswers() || {};
    }

    /* True where day and definition can be chosen; a page that stands alone tells of the day it was made. */
    get living() {
      return this.written === null;
    }

    address(path, parameters) {
      return GIS.address(`/coverage${path}`, parameters);
    }

    async ask(path, parameters) {
      if (!this.living) return this.written[[path, path ? "" : parameters.level].join("#")];
      const address = this.address(path, parameters);
      if (!this.kept.has(address)) {
        const answer = GIS.getJson(address);
        answer.catch(() => this.kept.delete(address));
        this.kept.set(address, answer);
        if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
      }
      return this.kept.get(address);
    }

    /* A page of the rows behind a figure: {rows, matched, next, fields, title}. */
    async rows(parameters, limit, offset) {
      const answer = this.living ? await GIS.getJson(this.address("/rows", { ...parameters, limit, offset })) : this.written["/rows#"];
      return { ...answer, matched: answer.numberMatched, more: offset + answer.rows.length < answer.numberMatched && this.living };
    }
  };
})();
