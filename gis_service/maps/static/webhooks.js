/* The administrator's page of subscriptions: listed, made, tried, paused, resumed, ended; what became of deliveries. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const config = GIS.readConfig();
  const byId = (id) => document.getElementById(id);
  const STATES = { active: "投递中", paused: "已暂停", given_up: "已放弃" };
  let opened = 0; // whose deliveries are shown
  let doomed = 0; // which is about to be ended

  async function asked(path, method, body) {
    let answer;
    const headers = { Accept: "application/json", "X-CSRF-Token": config.csrf };
    if (method === "POST") headers["Content-Type"] = "application/json";
    try {
      answer = await fetch(`${config.server}/webhooks${path}`, { method: method || "GET", headers, body: method === "POST" ? JSON.stringify(body || {}) : undefined });
    } catch (error) {
      throw new Error("连不上服务器，请稍后再试。");
    }
    const told = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(told.detail || told.title || `服务器答复 ${answer.status}`);
    return told;
  }

  const say = (...nodes) => GIS.fill(byId("said"), ...nodes);
  const done = (words) => say(GIS.el("p", { class: "told", role: "status" }, words));
  const refused = (error) => say(GIS.el("p", { class: "refused", role: "alert" }, error.message));

  function table(heads, rows) {
    return GIS.el("table", {}, GIS.el("thead", {}, GIS.el("tr", {}, heads.map((head) => GIS.el("th", { scope: "col" }, head)))), GIS.el("tbody", {}, rows));
  }

  function state({ state: name, failures, note }) {
    const trouble = name === "active" && failures ? `，已有 ${failures} 次不成` : "";
    return GIS.el("td", { class: `wide state-${name}` }, GIS.el("b", {}, STATES[name]), trouble, note && GIS.el("small", {}, note));
  }

  function step(words, hook, act) {
    return GIS.el("button", { type: "button", "aria-label": `${words} ${hook.url}`, onclick: async (event) => {
      event.target.disabled = true;
      try {
        await act();
      } catch (error) {
        refused(error);
      }
      event.target.disabled = false;
    } }, words);
  }

  async function change(hook, path, words) {
    await asked(`/${hook.id}/${path}`, "POST");
    done(`${words} ${hook.url}`);
    await list();
  }

  async function tryOut(hook) {
    const told = await asked(`/${hook.id}/test`, "POST");
    if (told.arrived) done(`${hook.url} 收到了：答 ${told.status}`);
    else say(GIS.el("p", { class: "refused", role: "alert" }, `${hook.url} 没有收到：${told.note}`));
    await show(hook);
  }

  async function end(hook) {
    if (doomed !== hook.id) {
      doomed = hook.id;
      await list();
      byId(`end-${hook.id}`).focus();
      return;
    }
    await asked(`/${hook.id}`, "DELETE");
    if (opened === hook.id) byId("one").hidden = true;
    done(`已取消 ${hook.url}`);
    await list();
  }

  function row(hook) {
    const ending = step(doomed === hook.id ? "确定取消" : "取消", hook, () => end(hook));
    ending.id = `end-${hook.id}`;
    if (doomed === hook.id) ending.classList.add("danger");
    const acts = [step("试投", hook, () => tryOut(hook)), step("记录", hook, () => show(hook, true)),
      hook.state === "active" ? step("暂停", hook, () => change(hook, "pause", "已暂停")) : step("恢复", hook, () => change(hook, "resume", "已恢复")), ending];
    return GIS.el("tr", { data: { id: hook.id } }, GIS.el("td", { class: "wide" }, GIS.el("code", {}, hook.url)), GIS.el("td", {}, hook.login),
      GIS.el("td", {}, hook.kinds.map((kind) => config.kinds[kind]).join("、")), state(hook), GIS.el("td", { class: "number" }, GIS.count(hook.position)),
      GIS.el("td", {}, GIS.el("div", { class: "row-forms" }, acts)));
  }

  async function list() {
    const { webhooks } = await asked("");
    GIS.fill(byId("list"), webhooks.length ? table(["网址", "账户", "变更", "状态", "已到序号", "操作"], webhooks.map(row)) : GIS.el("p", {}, "还没有订阅。"));
  }

  async function show(hook, go) {
    const { attempts } = await asked(`/${hook.id}`);
    opened = hook.id;
    const rows = attempts.map((each) => GIS.el("tr", {}, GIS.el("td", {}, new Date(each.at).toLocaleString("zh-CN", { hour12: false })),
      GIS.el("td", {}, each.last_seq ? `${each.first_seq}–${each.last_seq}` : "试投"), GIS.el("td", {}, `第 ${each.attempt} 次`),
      GIS.el("td", { class: each.status >= 200 && each.status < 300 ? "arrived" : "failed" }, each.status ? `答 ${each.status}` : "没有回答"),
      GIS.el("td", { class: "wide" }, each.note), GIS.el("td", {}, GIS.el("code", {}, each.message_id))));
    byId("one").hidden = false;
    byId("one-title").textContent = `最近的投递　${hook.url}`;
    GIS.fill(byId("attempts"), rows.length ? table(["时间", "序号", "尝试", "结果", "说明", "消息编号"], rows) : GIS.el("p", {}, "还没有投递过。"));
    if (go) byId("one-title").focus();
  }

  /* The key is shown here and nowhere again. */
  function tellKey({ url, key }) {
    const copied = GIS.el("span", { role: "status" });
    say(GIS.el("div", { class: "told" }, GIS.el("p", {}, `已订阅 ${url}。密钥只显示这一次，请交给接收的系统：`), GIS.el("p", { class: "key" }, GIS.el("code", { id: "key" }, key),
      GIS.el("button", { type: "button", onclick: async () => {
        try {
          await navigator.clipboard.writeText(key);
          copied.textContent = "已复制";
        } catch (error) {
          window.getSelection().selectAllChildren(byId("key"));
          copied.textContent = "请按 Ctrl+C 复制";
        }
      } }, "复制"), copied)));
    byId("said").scrollIntoView({ block: "nearest" });
  }

  byId("new").addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const kinds = [...form.querySelectorAll("[name=kinds]:checked")].map((box) => box.value).join(",");
    if (!kinds) { refused(new Error("请至少选一类变更。")); return; }
    const wanted = { url: form.url.value.trim(), kinds, ...(form.since.value ? { since: config.oldest } : {}) };
    try {
      const made = await asked("", "POST", wanted);
      form.reset();
      await list();
      tellKey(made);
    } catch (error) {
      refused(error);
      byId("said").scrollIntoView({ block: "nearest" });
    }
  });

  list().catch(refused).finally(() => { document.documentElement.dataset.ready = "true"; });
})();
