/* What a ledger would change, or did: counts, issues in the sheet's own cells, cells before and after, rows that are gone. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const WORDS = { error: "本行不能用", warning: "要改", note: "提示" };
  const RANK = { error: 0, warning: 1, note: 2 };
  const SHOWN = 300;

  function table(label, heads, rows) {
    return GIS.el("div", { class: "sheet", tabindex: "0", role: "region", "aria-label": label },
      GIS.el("table", {}, GIS.el("thead", {}, GIS.el("tr", {}, heads.map((head) => GIS.el("th", { scope: "col" }, head)))), GIS.el("tbody", {}, rows)));
  }

  const row = (cells, attributes) => GIS.el("tr", attributes, cells.map((cell) => (cell instanceof Node ? cell : GIS.el("td", {}, cell))));
  const where = (text) => GIS.el("td", { class: "where" }, text);

  function counts(report, written) {
    const told = [[report.new, "新增", ""], [report.changed, "更新", ""], [report.same, "不变", ""],
      ...(report.past ? [[report.past, "只记入历史", ""]] : []), [report.rejected, "不能用", report.rejected ? "bad" : ""],
      [report.issue_count, "处问题或提示", ""]];
    return GIS.el("ul", { class: "counts", "aria-label": written ? "写入的结果" : "将会怎样" },
      told.map(([number, words, name]) => GIS.el("li", { class: name || null }, GIS.el("b", {}, GIS.count(number)), words)));
  }

  function listed(label, told, more) {
    const rows = told.slice(0, SHOWN).map((issue) => row([WORDS[issue.severity], where(issue.sheet), where(issue.row ? `第 ${issue.row} 行` : ""),
      where([issue.column, issue.cell].filter(Boolean).join(" ")), issue.message], { class: issue.severity }));
    return [table(label, ["轻重", "工作表", "行", "列和格", "原因"], rows),
      (told.length > rows.length || more > 0) && GIS.el("p", { class: "note" }, "其余的见标红的表格。")];
  }

  function problems(report) {
    const told = report.issues.filter(({ severity }) => severity !== "note").sort((one, other) => RANK[one.severity] - RANK[other.severity]);
    if (!told.length) return GIS.el("p", {}, "没有发现要改的格。");
    return [GIS.el("h3", {}, `要改的 ${GIS.count(told.length)} 处`), listed("要改的", told, report.issue_count - report.issues.length)];
  }

  function hints(report) {
    const told = report.issues.filter(({ severity, code }) => severity === "note" && code !== "ledger_month_differs");
    return told.length > 0 && GIS.el("details", {}, GIS.el("summary", {}, `提示 ${GIS.count(told.length)} 处，请看一眼`), listed("提示", told, 0));
  }

  function changes(report) {
    const rows = report.differences.flatMap((each) => each.rows);
    if (!rows.length) return null;
    const lines = rows.slice(0, SHOWN).flatMap((each) => each.cells.map((cell, at) => row([where(at ? "" : `第 ${each.row} 行`), at ? "" : each.name, cell.column,
      GIS.el("td", {}, GIS.el("del", {}, cell.old || "（空）")), GIS.el("td", {}, GIS.el("ins", {}, cell.new || "（空）"))])));
    const more = report.changed - Math.min(rows.length, SHOWN);
    return [GIS.el("h3", {}, "改动的格"), table("改动的格", ["行", "名称", "列", "原来", "现在"], lines),
      more > 0 && GIS.el("p", { class: "note" }, `另有 ${GIS.count(more)} 行有改动。`)];
  }

  function gone(report) {
    const names = report.differences.flatMap((each) => each.absent);
    const count = report.differences.reduce((sum, each) => sum + each.absent_count, 0);
    if (!count) return null;
    return GIS.el("details", {}, GIS.el("summary", {}, `表里不再有的 ${GIS.count(count)} 行，仍然保留`),
      GIS.el("p", {}, names.join("、"), count > names.length ? " 等" : ""));
  }

  /* An older ledger, and a month that is another than the day that was told. */
  function days(report) {
    const month = report.issues.find(({ code }) => code === "ledger_month_differs");
    return [report.past > 0 && GIS.el("p", { class: "note" }, `${GIS.count(report.past)} 行比现有的台账早：只记入历史，按日期看得到，今天的内容不变。`),
      month && GIS.el("p", { class: "refused" }, `${month.message}。`)];
  }

  GIS.ledgerReport = function (report, written) {
    return [counts(report, written), days(report), report.waiting > 0 && !written && GIS.el("p", { class: "note" }, `${GIS.count(report.waiting)} 句四至在写入以后分批落图。`),
      problems(report), changes(report), gone(report), hints(report)];
  };

  GIS.sentTable = (heads, rows) => GIS.el("table", {}, GIS.el("thead", {}, GIS.el("tr", {}, heads.map((head) => GIS.el("th", { scope: "col" }, head)))),
    GIS.el("tbody", {}, rows.map((cells) => row(cells))));
})();
