/* One problem in the panel: where it stands, everything that was done about it, and what whoever looks may do next. */
(function () {
  "use strict";
  const GIS = window.GIS;

  /* Sends what somebody wrote; the server's own words where it refuses. */
  GIS.send = async function (path, body, method = "POST") {
    const form = body instanceof FormData;
    const headers = { Accept: "application/json", "X-CSRF-Token": GIS.config.csrf || "" };
    if (!form) headers["Content-Type"] = "application/json";
    const answer = await fetch(GIS.config.server + path, { method, headers, body: form ? body : JSON.stringify(body) });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.detail || `服务器答复 ${answer.status}`);
    return told;
  };

  GIS.ask = async function (path) {
    const answer = await fetch(GIS.config.server + path, { headers: { Accept: "application/json" } });
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.detail || `服务器答复 ${answer.status}`);
    return told;
  };

  const FIELDS = {
    start: [["unit", "责任单位"], ["measures", "整改措施", "long"], ["deadline", "整改完成时限", "date"]],
    plan: [["unit", "责任单位"], ["measures", "整改措施", "long"], ["deadline", "整改完成时限", "date"]],
    hand_over: [["unit", "转给哪个单位"]],
  };
  const NOTES = { send_back: "还差什么", reopen: "重新打开的原因", comment: "留言", hand_over: "说明（可不填）", plan: "改动的原因" };

  let serial = 0;

  /* A named control and its label. */
  GIS.field = function (name, title, kind, value) {
    serial += 1;
    const id = `field-${serial}`;
    const long = kind === "long";
    const control = GIS.el(long ? "textarea" : "input", { id, name, type: long ? null : kind || "text", rows: long ? 3 : null,
      maxlength: kind === "date" || kind === "file" ? null : long ? 2000 : 200, value: long ? null : value || "" });
    if (long && value) control.value = value;
    return GIS.el("p", { class: "field" }, GIS.el("label", { for: id }, title), control);
  };

  const moment = (text) => {
    const at = new Date(text);
    const pad = (number) => String(number).padStart(2, "0");
    return `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())} ${pad(at.getHours())}:${pad(at.getMinutes())}`;
  };

  function picture(problem, { evidence, title }) {
    if (!evidence) return null;
    if (evidence.id === null) return GIS.el("small", {}, "（有照片或文件，办理的人可以看）");
    const address = `${GIS.config.server}/problems/${problem.id}/evidence/${evidence.id}`;
    if (evidence.media_type !== "image/jpeg") return GIS.el("a", { href: address, download: true }, "下载 PDF");
    return GIS.el("a", { href: address, target: "_blank", rel: "noopener" },
      GIS.el("img", { src: address, alt: `${title}的照片`, width: evidence.width, height: evidence.height, loading: "lazy" }));
  }

  function event(problem, one) {
    const facts = [one.unit && `责任单位：${one.unit}`, one.measures && `措施：${one.measures}`, one.deadline && `时限：${one.deadline}`].filter(Boolean);
    return GIS.el("li", { class: one.moved ? "moved" : null },
      GIS.el("p", {}, GIS.el("b", {}, one.title), one.moved && GIS.el("span", { class: "to" }, `→ ${one.state_words}`)),
      GIS.el("p", { class: "by" }, `${moment(one.at)}　${[one.role_words, one.who].filter(Boolean).join(" ")}`),
      one.note && GIS.el("p", { class: "said" }, one.note), facts.length > 0 && GIS.el("p", { class: "said" }, facts.join("；")),
      picture(problem, one));
  }

  GIS.ProblemFile = class {
    constructor(desk) {
      Object.assign(this, { desk, problem: null, step: null, wrong: "" });
    }

    async open(id) {
      Object.assign(this, { id, problem: null, step: null, wrong: "" });
      this.desk.render();
      try {
        this.problem = await GIS.ask(`/problems/${id}`);
      } catch (error) {
        this.wrong = error.message;
      }
      if (this.id !== id) return;
      this.desk.render();
      const title = document.querySelector(".problem h2");
      if (title) title.focus();
    }

    close() {
      this.id = null;
      this.desk.render();
    }

    render() {
      const back = GIS.el("div", { class: "detail-bar" }, GIS.el("button", { type: "button", onclick: () => this.close() }, "‹ 返回清单"));
      return [back, GIS.el("div", { class: "scroll problem", tabindex: "-1" }, this.problem ? this.parts() : GIS.el("p", { class: "nothing" }, this.wrong || "正在读取……"))];
    }

    parts() {
      const problem = this.problem;
      const rows = [["小区", problem.community || "未找到"], ["所在", [problem.reporting_unit, problem.street].filter(Boolean).join(" ")],
        ["责任单位", problem.unit || "未写明"], ["整改时限", `${problem.deadline || "未定"}（${problem.due_words}）`],
        ["整改措施", problem.measures || problem.progress], ["物业企业", problem.company], ["来源", problem.origin_words], ["编号", problem.code]];
      return [
        GIS.el("p", { class: "popup-layer" }, `第 ${problem.category} 类　${problem.category_words}`),
        GIS.el("h2", { tabindex: "-1" }, problem.project_name),
        GIS.el("p", { class: "verdict" }, GIS.swatch(this.desk.deadlineRule(problem.due), "point"), GIS.el("b", { class: "state" }, problem.state_words)),
        GIS.el("p", { class: "content" }, problem.content),
        GIS.el("dl", { class: "fields" }, rows.filter(([, text]) => text).map(([title, text]) => [GIS.el("dt", {}, title), GIS.el("dd", {}, text)])),
        problem.community_id && GIS.sheetLink(problem.community_id),
        this.work(),
        GIS.el("h3", {}, `办理记录（${problem.events.length}）`),
        problem.events.length ? GIS.el("ol", { class: "events" }, problem.events.map((one) => event(problem, one))) :
          GIS.el("p", { class: "nothing" }, "还没有在本系统里办理过；状态依台账。"),
        problem.sample && GIS.el("p", { class: "sample-note" }, "示例数据（虚构）"),
      ];
    }

    work() {
      const { actions, may_bring_evidence: brings } = this.problem;
      if (!actions.length && !brings) return null;
      const all = [...(brings ? [{ kind: "evidence", title: "上传证据" }] : []), ...actions];
      const buttons = all.map(({ kind, title }) => GIS.el("button", { type: "button", class: "act", "aria-pressed": String(this.step === kind),
        data: { kind }, onclick: () => { this.step = this.step === kind ? null : kind; this.wrong = ""; this.desk.render(); } }, title));
      return [GIS.el("h3", {}, "办理"), GIS.el("div", { class: "acts", role: "group", "aria-label": "办理" }, buttons),
        this.step && this.form(all.find(({ kind }) => kind === this.step))];
    }

    form(action) {
      if (!action) return null;
      const { kind, title } = action;
      const evidence = kind === "evidence";
      const facts = (FIELDS[kind] || []).map(([name, words, type]) => GIS.field(name, words, type));
      const file = evidence && GIS.photoField("选择照片或 PDF", "image/jpeg,image/png,image/webp,application/pdf");
      return GIS.el("form", { class: "step", "aria-label": title, onsubmit: (submitted) => this.submit(submitted, kind) },
        file, facts, GIS.field("note", NOTES[kind] || "说明（可不填）", "long"),
        this.wrong && GIS.el("p", { class: "wrong", role: "alert" }, this.wrong),
        GIS.el("button", { type: "submit", class: "primary" }, title));
    }

    async submit(submitted, kind) {
      submitted.preventDefault();
      const form = submitted.target;
      const button = form.querySelector("button[type=submit]");
      button.disabled = true;
      try {
        if (kind === "evidence") {
          this.problem = await GIS.send(`/problems/${this.id}/evidence`, new FormData(form));
        } else {
          const told = [...new FormData(form)].filter(([, value]) => value !== "");
          this.problem = await GIS.send(`/problems/${this.id}/events`, { kind, ...Object.fromEntries(told) });
        }
        Object.assign(this, { step: null, wrong: "" });
        await this.desk.problemsChanged();
        document.querySelector(".problem h2").focus();
      } catch (error) {
        const kept = [...new FormData(form)].filter(([, value]) => typeof value === "string");
        this.wrong = error.message;
        this.desk.render();
        kept.forEach(([name, value]) => { document.querySelector(`form.step [name="${name}"]`).value = value; });
      }
    }
  };

  GIS.photoField = function (title, accept) {
    const shown = GIS.el("img", { class: "preview", alt: "将要上传的照片", hidden: true });
    const chosen = GIS.el("span", { class: "chosen" }, "还没有选");
    const input = GIS.el("input", { id: "photo", name: "file", type: "file", accept, class: "unseen", onchange: () => {
      const [file] = input.files;
      chosen.textContent = file ? file.name : "还没有选";
      shown.hidden = !file || !file.type.startsWith("image/");
      if (shown.src) URL.revokeObjectURL(shown.src);
      if (!shown.hidden) shown.src = URL.createObjectURL(file);
    } });
    return GIS.el("p", { class: "field file" }, input, GIS.el("label", { for: "photo" }, title), chosen, shown);
  };

  GIS.sheetLink = (communityId, day) => GIS.config.server_data &&
    GIS.el("p", { class: "sheet-link" }, GIS.el("a", { href: `${GIS.config.server}/communities/${communityId}/sheet${day ? `?as_of=${day}` : ""}`, target: "_blank", rel: "noopener" }, "小区一页纸（可打印）"));
})();
