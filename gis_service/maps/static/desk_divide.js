/* Splitting an area along a line, merging areas, and the proposals of both, which somebody else decides. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const asCollection = (areas) => ({ type: "MultiPolygon",
    coordinates: areas.filter(({ geometry }) => geometry).flatMap(({ geometry }) => GIS.shapeGeometry(GIS.shapeOf(geometry)).coordinates) });

  /* A line is drawn over the area; the parts get names; the proposal goes to whoever decides. */
  GIS.split = async function (desk, area) {
    desk.page.passing("画一条穿过区域的线：单击放点，回车完成，Esc 放弃。");
    const points = await desk.drawLine();
    if (!points) return;
    const names = ["一", "二"].map((numeral, index) => GIS.textField(`第${numeral}部分的名称`, { value: `${GIS.areaName(area.name)}${["一", "二"][index]}区` }));
    const note = GIS.textField("说明", { rows: 2 });
    const answer = await GIS.ask(`分立“${area.name}”`, [GIS.el("p", {}, "面积大的为第一部分。核准之后原区域停用，小区、台账内容和问题归到所在的部分。"),
      names.map(({ node }) => node), note.node], [{ value: "no", title: "取消" }, { value: "yes", title: "提出分立", primary: true }]);
    if (answer !== "yes") return;
    const body = { line: { type: "LineString", coordinates: points }, names: names.map(({ input }) => input.value.trim()), note: note.input.value.trim() };
    if (await desk.tried(() => GIS.boundaries.step(area.id, area.etag, "split", body))) {
      desk.page.passing("已提出分立，等待他人核准。");
      await desk.reopen();
    }
  };

  GIS.merge = async function (desk, area) {
    const others = area.neighbours.filter(({ state, may_edit: mine }) => state === "approved" && mine);
    if (!others.length) { desk.page.passing("附近没有可以与它合并的、已核准的区域。"); return; }
    const boxes = others.map((other) => ({ other, box: GIS.el("input", { type: "checkbox", value: other.id }) }));
    const name = GIS.textField("合并以后的名称", { value: area.name, required: true });
    const note = GIS.textField("说明", { rows: 2 });
    const told = GIS.el("p", { class: "refusal", role: "alert" });
    const chosen = () => boxes.filter(({ box }) => box.checked).map(({ other }) => other.id);
    const check = () => {
      const words = !chosen().length ? "请选择与它合并的区域。" : !name.input.value.trim() ? "请填写合并以后的名称。" : "";
      GIS.fill(told, words);
      return !words;
    };
    const answer = await GIS.ask(`把“${area.name}”与邻区合并`, [GIS.el("fieldset", {}, GIS.el("legend", {}, "与哪些区域合并"),
      boxes.map(({ other, box }) => GIS.el("label", { class: "check" }, box, other.name))), name.node, note.node, told],
    [{ value: "no", title: "取消" }, { value: "yes", title: "提出合并", primary: true, check }]);
    if (answer !== "yes") return;
    const body = { ids: [area.id, ...chosen()], name: name.input.value.trim(), note: note.input.value.trim() };
    if (await desk.tried(() => GIS.boundaries.merge(body))) {
      desk.page.passing("已提出合并，等待他人核准。");
      await desk.reopen();
    }
  };

  /* What is proposed for an area, before and after, with the buttons of whoever may decide. */
  GIS.proposal = function (desk, area) {
    if (!area.pending) return null;
    const box = GIS.el("section", { class: "proposal", "aria-label": "待核准的提议" }, GIS.el("p", {}, GIS.el("b", {}, area.pending.words)));
    GIS.boundaries.succession(area.pending.id).then((told) => GIS.fill(box, content(desk, told)), (error) => desk.refused(error));
    return box;
  };

  function content(desk, told) {
    const named = (areas) => areas.map(({ name }) => `“${name}”`).join("、");
    const decide = (step, title, kind) => GIS.el("button", { type: "button", class: kind, onclick: () => decided(desk, told, step) }, title);
    const may = told.may || {};
    return [GIS.el("p", {}, GIS.el("b", {}, told.words || ""), `：${named(told.before)} → ${named(told.after)}`),
      told.proposed_by && GIS.el("p", { class: "by" }, `${told.proposed_by_name} 提出，${GIS.moment(told.proposed_at)}`),
      told.note && GIS.el("p", {}, `说明：${told.note}`),
      GIS.comparison({ before: asCollection(told.before), after: asCollection(told.after), added: null, removed: null }, { before: "现在", after: "核准以后" })
        .querySelector("svg"),
      GIS.el("p", { class: "proposal-tools" }, may.approve && decide("approve", "核准", "primary"), may.approve && decide("send-back", "退回", "danger"),
        may.withdraw && !may.approve && decide("withdraw", "撤回提议", "plain"), !may.approve && !may.withdraw && GIS.el("span", { class: "nothing" }, "等待有权的人核准"))];
  }

  async function decided(desk, told, step) {
    const note = step === "send-back" ? await GIS.askText("退回提议", "退回的原因", { action: "退回", required: true }) : "";
    if (note === null) return;
    const now = await desk.tried(() => GIS.boundaries.decide(told.id, step, note ? { note } : {}));
    if (!now) return;
    desk.page.passing({ approve: "已核准，图上即是新的区域。", "send-back": "提议已退回。", withdraw: "提议已撤回。" }[step]);
    await desk.afterSuccession(now);
  }
})();
