/* One area in the panel: its sentence with phrases to press, its sides, what was found, what can be done now. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const ORDER = ["E", "S", "W", "N"];

  const isOpen = (area, side) => area.open_sides.includes(side);

  function pressed(onpress) {
    return { role: "button", tabindex: "0", onclick: onpress, onkeydown: (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      onpress();
    } };
  }

  /* The sentence; each phrase in the colour of its edge, an open one dotted red; pressed, it asks for its line. */
  GIS.pressableSentence = function (area, side, onpress) {
    const characters = Array.from(area.sentence.text || "");
    const marks = area.sentence.sides.flatMap((each) => each.phrases.map((phrase) => ({ ...phrase, side: each.side })))
      .sort((one, other) => one.start - other.start);
    const parts = [];
    let position = 0;
    marks.forEach(({ start, end, side: own }) => {
      if (start < position || end > characters.length) return;
      const open = isOpen(area, own);
      parts.push(characters.slice(position, start).join(""), GIS.el("mark", { class: `phrase${open ? " open" : ""}${own === side ? " chosen" : ""}`,
        data: { side: own }, css: { "--side": open ? GIS.OPEN : GIS.SIDES[own].color },
        title: open ? `${GIS.SIDES[own].words}边未定：按一下，再点地图上的线` : `${GIS.SIDES[own].words}边：按一下可以改指另一条线`,
        ...(area.may.edit ? pressed(() => onpress(own)) : {}) }, characters.slice(start, end).join("")));
      position = end;
    });
    parts.push(characters.slice(position).join(""));
    return GIS.el("p", { class: "sentence", lang: "zh-CN" }, parts.filter((part) => part !== ""));
  };

  function told(records, open) {
    const words = records.map(({ judgement, anchors }) => (judgement ? `${judgement.place || "所画的线"}（${judgement.author_name} 指定）`
      : anchors.map(({ name, place }) => (place && place !== name ? `${name} → ${place}` : name)).join("、"))).filter(Boolean).join("；");
    const why = records.map((record) => record.why).filter(Boolean).join("；");
    return [GIS.el("span", {}, words || "原文没有写这一边"), GIS.el("small", {}, why || (open ? "未定" : ""))];
  }

  function bridged(records) {
    const metres = Math.round(records.reduce((sum, { bridged_m: length }) => sum + length, 0));
    return metres > 0 && GIS.el("small", { class: "bridged" }, `其中 ${metres} m 由程序补接，请核对`);
  }

  GIS.sideRows = function (area, chosen, onpress, onundo) {
    const row = (side) => {
      const records = area.sentence.sides.filter((each) => each.side === side);
      const open = isOpen(area, side);
      const { words, color } = GIS.SIDES[side];
      return GIS.el("li", { class: open ? "side open" : "side", data: { side } },
        GIS.el("span", { class: "side-name", css: { "--side": open ? GIS.OPEN : color } }, words),
        GIS.el("span", { class: "side-text" }, told(records, open), bridged(records)),
        area.may.edit && GIS.el("span", { class: "side-tools" }, GIS.el("button", { type: "button", class: "plain", "aria-pressed": String(side === chosen),
          "aria-label": `${words}边：${open ? "指定" : "改指"}`, onclick: () => onpress(side) }, open ? "指定" : "改指"),
        records.some(({ judgement }) => judgement) && GIS.el("button", { type: "button", class: "plain", "aria-label": `${words}边：撤销`,
          onclick: () => onundo(side) }, "撤销")));
    };
    return GIS.el("ul", { class: "sides", "aria-label": "四至逐边结果" }, ORDER.map(row));
  };

  /* The buttons for what may be done now, the likeliest first. */
  GIS.actionBar = function (desk, area) {
    const { may, working } = area;
    const { drawing } = desk;
    const blocked = desk.findings.blocking().length > 0;
    const button = (name, title, onclick, kind, disabled) => GIS.el("button", { type: "button", class: kind || "plain", data: { act: name }, onclick, disabled,
      title: disabled ? "先改正上面标红的问题" : null }, title);
    const proposed = working && working.state === "in_review";
    return GIS.el("div", { class: "actions", role: "group", "aria-label": "可以做的事" },
      may.approve && button("approve", "核准", () => desk.approve(), "primary"),
      may.send_back && button("send-back", "退回", () => desk.sendBack(), "danger"),
      (may.submit || drawing) && button("submit", drawing ? "保存并提交审核" : "提交审核", () => desk.submit(), "primary", blocked),
      may.edit && !proposed && !drawing && button("draw", working ? "修改边界" : "绘制边界", () => desk.draw()),
      may.withdraw && button("withdraw", "撤回", () => desk.withdraw()),
      !drawing && GIS.el("span", { class: "actions-more" }, may.split && button("split", "分立", () => GIS.split(desk, desk.area)),
        may.split && button("merge", "合并", () => GIS.merge(desk, desk.area)), may.discard && button("discard", "作废草图", () => desk.discard())));
  };

  /* The state, who is at it, and why it was sent back. */
  GIS.stateLine = function (area) {
    const { working, approved } = area;
    const back = working && working.state === "sent_back" && (area.history[0].steps || []).filter(({ step }) => step === "send_back").pop();
    return [GIS.el("p", { class: "verdict" }, GIS.workPicture(area.state), GIS.el("b", {}, area.state_words),
      working ? `　第 ${working.number} 版，${working.author_name}，${GIS.moment(working.created_at)}` : approved ? `　第 ${approved.number} 版，${approved.effective_from} 起` : ""),
    back && GIS.el("p", { class: "sent-back" }, GIS.el("b", {}, "退回原因："), back.note)];
  };

  /* The places that all fit an ambiguous sentence: one is to be taken. */
  GIS.alternatives = function (desk, area) {
    const alternatives = desk.shown.alternatives.map(({ name, ring }) => ({ name, geometry: { type: "Polygon", coordinates: [ring] } }));
    if (!alternatives.length || area.working) return null;
    const row = ({ name, geometry }) => GIS.el("li", {}, GIS.el("button", { type: "button", onclick: () => desk.zoomTo([geometry]) },
      GIS.el("b", {}, name), GIS.el("span", {}, `约 ${GIS.area(GIS.squareMetres(GIS.shapeOf(geometry)))}`), GIS.el("span", {}, "在图上看")),
    area.may.edit && GIS.el("button", { type: "button", class: "take", onclick: () => desk.takeAlternative(geometry) }, `选定${name}`));
    return GIS.el("section", { class: "choice", "aria-label": "可能的范围" }, GIS.el("p", {}, GIS.el("b", {},
      `有 ${alternatives.length} 处范围都符合这句四至，须由人选定一处，程序不替人选。`)), GIS.el("ul", {}, alternatives.map(row)));
  };
})();
