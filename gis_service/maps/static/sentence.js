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

  function sideRow(side, records, open) {
    const known = GIS.SIDES[side];
    const anchors = records.flatMap((record) => record.anchors || []);
    const places = records.flatMap((record) => record.places || []);
    const why = records.map((record) => record.why).filter(Boolean).join("；");
    const bridged = records.reduce((sum, record) => sum + (record.bridged_m || 0), 0);
    return GIS.el("li", { class: open ? "side open" : "side", data: { side } },
      GIS.el("span", { class: "side-name", css: { "--side": open ? GIS.OPEN : known.color } }, known.words),
      GIS.el("span", { class: "side-text" },
        GIS.el("span", {}, anchors.join("、") || "原文没有写这一边", places.length > 0 && [" → ", GIS.el("b", {}, [...new Set(places)].join("、"))]),
        GIS.el("small", {}, [why || (open ? "未落图，待人工处理" : ""), bridged > 0.5 && `缺口 ${Math.round(bridged)} m 已补接`]
          .filter(Boolean).join("；"))));
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
