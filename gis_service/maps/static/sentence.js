/* The 四至 sentence with each phrase underlined in the colour of its side, and what became of every side. */
(function () {
  "use strict";
  const GIS = window.GIS;

  function marks(properties) {
    const open = new Set(GIS.openSides(properties));
    return (properties.sides || []).flatMap((side) => (side.spans || []).map(([start, end]) => ({
      start, end, side: side.side, open: open.has(side.side),
    }))).sort((a, b) => a.start - b.start);
  }

  /* Spans count characters, not UTF-16 units, hence Array.from. */
  GIS.sentence = function (properties) {
    const characters = Array.from(properties.abuttals_text || "");
    const parts = [];
    let position = 0;
    marks(properties).forEach(({ start, end, side, open }) => {
      if (start < position || end > characters.length) return;
      parts.push(characters.slice(position, start).join(""));
      const known = GIS.SIDES[side];
      parts.push(GIS.el("mark", { class: open ? "phrase open" : "phrase", data: { side },
        css: { "--side": open ? GIS.OPEN : known.color }, title: `${known.words}${open ? "：未落图" : ""}` },
      characters.slice(start, end).join("")));
      position = end;
    });
    parts.push(characters.slice(position).join(""));
    return GIS.el("p", { class: "sentence", lang: "zh-CN" }, parts.filter((part) => part !== ""));
  };

  /* The words of a side and, where they differ, the places that they were matched to. */
  function match(records) {
    const told = (key) => [...new Set(records.flatMap((record) => record[key] || []))].join("、");
    const [anchors, places] = [told("anchors"), told("places")];
    if (places === anchors && places) return GIS.el("b", {}, places);
    return [anchors || "原文没有写这一边", places && [" → ", GIS.el("b", {}, places)]];
  }

  /* What became of a side, beyond the places it was matched to. */
  function outcome(records, open) {
    const why = [...new Set(records.flatMap((record) => (record.why || "").split("；")))].filter(Boolean).join("；");
    const lost = !open && records.length > 0 && !records.some((record) => record.edge);
    return [why || (open ? "未落图，待人工处理" : ""), lost && "图上没有留下这一边，请核对"].filter(Boolean).join("；");
  }

  function bridgeNote(records) {
    const metres = Math.round(records.reduce((sum, record) => sum + (record.bridge ? record.bridged_m : 0), 0));
    return metres > 0 && GIS.el("small", { class: "bridged" },
      GIS.swatch({ stroke: GIS.SIDES[records[0].side].color, width: 5, inner: "#ffffff" }, "line"),
      `其中 ${metres} m 由程序补接，请核对`);
  }

  function sideRow(side, records, open) {
    const known = GIS.SIDES[side];
    return GIS.el("li", { class: open ? "side open" : "side", data: { side } },
      GIS.el("span", { class: "side-name", css: { "--side": open ? GIS.OPEN : known.color } }, known.words),
      GIS.el("span", { class: "side-text" },
        GIS.el("span", {}, match(records)),
        GIS.el("small", {}, outcome(records, open)), bridgeNote(records)));
  }

  GIS.sideTable = function (properties) {
    const open = new Set(GIS.openSides(properties));
    const rows = ["E", "S", "W", "N"].map((side) =>
      sideRow(side, (properties.sides || []).filter((record) => record.side === side), open.has(side)));
    return GIS.el("ul", { class: "sides", "aria-label": "四至逐边结果" }, rows);
  };

  GIS.issueList = function (issues) {
    const list = (issues || []).map((issue) => (typeof issue === "string" ? issue : issue.message)).filter(Boolean);
    if (!list.length) return null;
    return GIS.el("div", { class: "issues" }, GIS.el("h3", {}, "需要核对"),
      GIS.el("ul", {}, list.map((text) => GIS.el("li", {}, text))));
  };
})();
