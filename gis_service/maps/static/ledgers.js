/* The page of ledgers: a file is sent, looked at, kept or given up; forms are downloaded; what was sent is listed. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const config = GIS.readConfig();
  const byId = (id) => document.getElementById(id);
  const UNITS = { 读取台账: "行", 四至落图: "个区域", 比对台账: "行", 写入台账: "行", 更新统计: "步", 导入文件: "个文件", 读取要素: "个要素" };
  const STATES = { waiting: "等待", previewing: "正在核对", previewed: "待确认", committing: "正在写入", committed: "已写入", failed: "没有写入", abandoned: "已放弃" };
  const EVERY_MS = 700;
  let sentFile = null; // what was chosen last, should it have to be looked at again
  let watched = 0;
  let shown = null; // the job whose report stands on the page

  const api = (path) => `${config.server}/ledgers/${path}`;

  async function asked(path, options) {
    let answer;
    try {
      answer = await fetch(api(path), { ...options, headers: { Accept: "application/json", "X-CSRF-Token": config.csrf } });
    } catch (error) {
      throw new Error("连不上服务器，请稍后再试。");
    }
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(body.detail || body.title || `服务器答复 ${answer.status}`);
    return body;
  }

  function say(...nodes) {
    GIS.fill(byId("work"), ...nodes);
  }

  const refused = (words) => GIS.el("p", { class: "refused", role: "alert" }, words);

  function size(bytes) {
    return `${(bytes / 1e6).toFixed(1)} MB`;
  }

  function bar(name, step, done, total) {
    const amount = step === "上传" || step === "打开文件" ? `${size(done)} / ${size(total)}` : `${GIS.count(done)} / ${GIS.count(total)} ${UNITS[step] || ""}`;
    return [GIS.el("p", { class: "step" }, GIS.el("b", {}, `${name}　${step || "等待"}`), GIS.el("span", {}, total ? amount : "")),
      GIS.el("progress", { "aria-label": step || "等待", ...(total ? { value: done, max: total } : {}) })];
  }

  function send(file) {
    if (!file) return;
    sentFile = file;
    byId("report").hidden = true;
    byId("report-title").textContent = "核对";
    if (file.size > config.most_mb * 1e6) { say(refused(`${file.name} 超过单个文件的上限 ${config.most_mb} MB`)); return; }
    const form = new FormData();
    form.append("file", file);
    form.append("name", file.name);
    form.append("since", byId("since").value || config.today);
    const request = new XMLHttpRequest(); // fetch does not tell how far an upload has come
    request.open("POST", api("imports"));
    request.setRequestHeader("X-CSRF-Token", config.csrf);
    request.upload.addEventListener("progress", (event) => say(bar(file.name, "上传", event.loaded, event.total)));
    request.addEventListener("error", () => file.slice(0, 1).arrayBuffer().then(
      () => say(refused("连不上服务器，请稍后再试。")),
      () => { sentFile = null; say(refused("文件在选择以后改过或移走了，请重新选择。")); }));
    request.addEventListener("load", () => {
      let body = {};
      try { body = JSON.parse(request.responseText); } catch (error) { body = {}; }
      if (request.status >= 400) say(refused(body.detail || body.title || `服务器答复 ${request.status}`));
      else watch(body.id);
    });
    say(bar(file.name, "上传", 0, file.size));
    request.send(form);
  }

  async function watch(id) {
    watched = id;
    window.history.replaceState(null, "", `#${id}`);
    while (watched === id) {
      let job;
      try { job = await asked(`imports/${id}`); } catch (error) { say(refused(error.message)); return; }
      if (watched !== id) return;
      const working = ["waiting", "previewing", "committing"].includes(job.state) && !job.stopped;
      if (!working) { show(job); return; }
      const drawing = job.step === "四至落图" && job.state === "committing";
      say(bar(job.file_name, job.step, job.done, job.total), drawing && GIS.el("p", { class: "note" }, "写入的最后一步；大批台账的各行此时已写入，可以离开本页。"));
      await new Promise((wake) => setTimeout(wake, EVERY_MS));
    }
  }

  function button(words, act, main) {
    return GIS.el("button", { type: "button", class: main ? "main" : null, onclick: act }, words);
  }

  async function tell(id, step) {
    try {
      await asked(`imports/${id}/${step}`, { method: "POST" });
    } catch (error) {
      say(refused(error.message));
      return;
    }
    if (step !== "abandon") watch(id);
    else { byId("report").hidden = true; say(GIS.el("p", { class: "told", role: "status" }, "已放弃，没有写入。")); listSent(); }
  }

  function unusable(job) {
    const report = job.report;
    return report && report.new + report.changed + report.same + (report.past || 0) === 0;
  }

  function actions(job) {
    if (job.stopped && job.state === "committing") return [button("接着做", () => tell(job.id, "commit"), true)];
    if (job.stopped || job.state === "failed") return [button("重新核对", () => tell(job.id, "preview"), true)];
    if (job.state !== "previewed") return [];
    const may = !job.foreign_units.length && !unusable(job);
    return [may && button("确认导入", () => tell(job.id, "commit"), true), button("放弃", () => tell(job.id, "abandon")),
      sentFile && byId("since").value !== job.since && button("换成新的日期重新核对", () => send(sentFile))];
  }

  function facts(job) {
    if (job.stopped) return refused("中途停了，没有写到一半的内容：要么全部写入，要么一行没有。");
    if (job.state === "failed") return refused(job.error);
    if (job.foreign_units.length) return refused(`文件里有不属于您的填报单位：${job.foreign_units.join("、")}，不能写入。`);
    if (job.state === "committed") return GIS.el("p", { class: "told", role: "status" }, `${job.file_name} 已写入。`);
    if (job.state === "abandoned") return GIS.el("p", { class: "told", role: "status" }, "已放弃，没有写入。");
    if (unusable(job)) return refused("没有可以写入的行，请按下面的原因改好以后再传。");
    return GIS.el("p", { class: "told", role: "status" }, "核对完了，还没有写入。请看下面，再确认导入或放弃。");
  }

  const marked = (job) => job.links.filter(({ rel }) => rel === "marked").map(({ href }) => href)[0];

  function downloads(job) {
    if (!config.unmasked) return null;
    return [job.report && marked(job) && GIS.el("a", { class: "button", href: marked(job), download: "" }, "标红的表格"),
      GIS.el("a", { class: "button", href: `${api("imports")}/${job.id}/file`, download: "" }, "原件")];
  }

  function show(job) {
    say(facts(job));
    byId("report").hidden = false;
    shown = job;
    byId("report-title").textContent = `${job.file_name}${job.since ? `（${job.since}）` : ""}　${job.stopped ? "中途停了" : STATES[job.state]}`;
    const done = job.state === "committed";
    GIS.fill(byId("report-body"), GIS.el("div", { class: "actions" }, actions(job), downloads(job)), job.report ? GIS.ledgerReport(job.report, done) : null);
    byId("report-title").focus({ preventScroll: true });
    listSent();
  }

  const number = (value) => GIS.el("td", { class: "number" }, GIS.count(value));

  function ofJob(job) {
    const state = job.stopped ? "stopped" : job.state;
    const open = GIS.el("td", {}, GIS.el("a", { href: `#${job.id}`, onclick: (event) => { event.preventDefault(); watch(job.id); } }, "查看"),
      config.unmasked && GIS.el("a", { href: `${api("imports")}/${job.id}/file`, download: "", "aria-label": `${job.file_name} 的原件` }, "原件"),
      config.unmasked && job.state !== "waiting" && marked(job) && GIS.el("a", { href: marked(job), download: "", "aria-label": `${job.file_name} 标红` }, "标红"));
    const { counts } = job;
    return [GIS.moment(job.created_at), job.author, GIS.el("td", { class: "wide" }, job.file_name), job.since || "",
      GIS.el("td", { class: `state-${state}` }, job.stopped ? "中途停了" : STATES[job.state]),
      number(counts.new), number(counts.changed), number(counts.same), number(counts.past), number(counts.rejected), number(counts.issue_count), open];
  }

  function ofBatch(each) {
    const open = config.unmasked ? GIS.el("td", {}, GIS.el("a", { href: each.href, download: "", "aria-label": `${each.file_name} 的原件` }, "原件")) : "";
    return [GIS.moment(each.committed_at), each.author || "命令行", GIS.el("td", { class: "wide" }, each.file_name), each.since || "", "已写入",
      number(each.new), number(each.changed), number(each.same), "", "", "", open];
  }

  async function listSent() {
    try {
      const { imports } = await asked("imports");
      const batches = config.city ? (await asked("sent")).ledgers.filter((each) => !each.author) : [];
      const rows = [...imports.map((job) => [job.created_at, ofJob(job)]), ...batches.map((each) => [each.committed_at, ofBatch(each)])]
        .sort(([one], [other]) => (one < other ? 1 : -1)).map(([, cells]) => cells);
      GIS.fill(byId("sent"), rows.length ? GIS.sentTable(["时间", "何人", "文件", "台账日期", "状态", "新增", "更新", "不变", "只记历史", "不能用", "问题", "打开"], rows)
        : GIS.el("p", {}, "还没有报过台账。"));
    } catch (error) {
      GIS.fill(byId("sent"), refused(error.message));
    }
  }

  function forms() {
    const form = byId("forms");
    if (!config.unmasked || (!config.units.length && !config.city)) { GIS.fill(form, GIS.el("p", { class: "note" }, "还没有本单位的台账。")); return; }
    const field = (id, words, control) => GIS.el("div", {}, GIS.el("label", { for: id }, words), control);
    const option = ([value, words]) => GIS.el("option", { value }, words);
    const annex = GIS.el("select", { id: "annex" }, [["1", "附件1 区域台账"], ["2", "附件2 问题台账"]].map(option));
    const units = [...(config.city ? [["", "全部"]] : []), ...config.units.map((unit) => [unit, unit])];
    const unit = GIS.el("select", { id: "unit", name: "unit" }, units.map(option));
    form.addEventListener("submit", (event) => {
      event.preventDefault(); // a link that downloads leaves the page where it is
      const told = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
      GIS.el("a", { href: `${api(`annex${annex.value}`)}?${told}`, download: "" }).click();
    });
    GIS.fill(form, field("annex", "表", annex), field("unit", "填报单位", unit),
      field("format", "格式", GIS.el("select", { id: "format", name: "f" }, [["xlsx", "Excel（.xlsx）"], ["csv", "CSV（UTF-8）"]].map(option))),
      GIS.el("div", { class: "choice" }, GIS.el("label", {}, GIS.el("input", { type: "checkbox", name: "codes", value: "true" }), "附件1 带区域编号")),
      GIS.el("button", { type: "submit", class: "main" }, "下载"));
  }

  function wire() {
    const drop = byId("drop"), since = byId("since");
    since.value = since.max = config.today;
    since.addEventListener("change", () => { if (shown && !byId("report").hidden) show(shown); });
    byId("file").addEventListener("change", (event) => { send(event.target.files[0]); event.target.value = ""; });
    ["dragenter", "dragover"].forEach((name) => drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); }));
    ["dragleave", "drop"].forEach((name) => drop.addEventListener(name, () => drop.classList.remove("over")));
    drop.addEventListener("drop", (event) => { event.preventDefault(); send(event.dataTransfer.files[0]); });
  }

  wire();
  forms();
  listSent();
  const asBefore = Number(window.location.hash.slice(1));
  if (asBefore) watch(asBefore);
  document.documentElement.dataset.ready = "true";
})();
