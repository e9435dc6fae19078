/* A draft that is not lost: each change goes to this machine at once, to the server when asked, again when the line is back. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const SOON_MS = 250;
  const AGAIN_MS = 4000;

  const STATES = {
    saved: { title: "已保存", mark: "✓" }, unsaved: { title: "未保存", mark: "●" }, local: { title: "已存本机", mark: "◐" },
    saving: { title: "正在保存…", mark: "…" }, waiting: { title: "已存本机，连上服务器后自动保存", mark: "◐" },
    full: { title: "未保存（本机存不下，请尽快保存草稿）", mark: "●" },
  };
  GIS.KEEP_STATES = STATES;

  const prefix = (area) => `gis-service.draft.${GIS.config.login || ""}.${area}.`;
  const nameOf = (area, revision) => prefix(area) + revision;

  /* The number that a draft stands on: the version in work, else the one in force. */
  GIS.revisionOf = ({ working, approved }) => (working || approved || { number: 0 }).number;

  /* What this machine keeps of an area, newest first: [{revision, shape, moves, at}]. */
  GIS.keptDrafts = function (area) {
    return Object.keys(localStorage).filter((name) => name.startsWith(prefix(area)))
      .map((name) => JSON.parse(localStorage.getItem(name))).sort((one, other) => other.at.localeCompare(one.at));
  };

  GIS.forgetDraft = (area, revision) => localStorage.removeItem(nameOf(area, revision));

  GIS.Keeper = class {
    constructor(area, revision, onstate) {
      Object.assign(this, { area, revision, onstate, state: "saved" });
      this.back = () => this.retry();
      window.addEventListener("online", this.back);
    }

    _become(state) {
      this.state = state;
      this.onstate(state);
    }

    changed(content) {
      this.content = content;
      this._become("unsaved");
      clearTimeout(this.soon);
      this.soon = setTimeout(() => this.keep(), SOON_MS);
    }

    keep() {
      clearTimeout(this.soon);
      if (this.state === "saved" || this.state === "saving" || !this.content) return;
      try {
        localStorage.setItem(nameOf(this.area, this.revision),
          JSON.stringify({ revision: this.revision, at: new Date().toISOString(), ...this.content }));
        this._become(this.wanted ? "waiting" : "local");
      } catch (error) {
        if (error.name !== "QuotaExceededError") throw error;
        this._become("full");
      }
    }

    /* Sends with `put`; without a line to the server it stays here and is sent again. True when the server has it. */
    async save(put) {
      this.keep();
      this.wanted = put;
      clearTimeout(this.later);
      const { content: sent, revision } = this;
      this._become("saving");
      try {
        await put(sent);
      } catch (error) {
        this._become("unsaved");
        if (!(error instanceof GIS.Offline)) {
          this.wanted = null;
          this.keep();
          throw error;
        }
        this.keep();
        this.later = setTimeout(() => this.retry(), AGAIN_MS);
        return false;
      }
      this.wanted = null;
      GIS.forgetDraft(this.area, revision);
      if (this.content === sent) this._become("saved");
      else this.changed(this.content);
      return true;
    }

    /* What was changed is given up. */
    forget() {
      this.content = null;
      this.wanted = null;
    }

    retry() {
      if (this.wanted && this.state !== "saving") this.onretry(this.wanted);
    }

    close() {
      this.keep();
      clearTimeout(this.later);
      window.removeEventListener("online", this.back);
    }
  };
})();
