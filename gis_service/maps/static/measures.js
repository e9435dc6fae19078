/* The measures that planners compare divisions by: part and whole of a row, their words, and the rows behind them. */
(function () {
  "use strict";
  const GIS = window.GIS;

  const rate = (title, partKey, totalKey, unit, more) => ({
    title, unit, part: partKey, total: totalKey,
    of: (row) => ({ part: row[partKey] || 0, total: row[totalKey] || 0 }),
    short: (row) => (row[totalKey] ? GIS.share(row[partKey], row[totalKey]) : ""),
    words: (row) => (row[totalKey] ? `${GIS.share(row[partKey], row[totalKey])}，${GIS.count(row[partKey])}/${GIS.count(row[totalKey])}` : "没有可计的行"),
    ...more,
  });

  const problems = (row) => ({ part: row.problems_closed || 0, total: (row.problems_closed || 0) + (row.problems_open || 0) });
  const ofProblems = { total: "", of: problems,
    short: (row) => { const { part, total } = problems(row); return total ? GIS.share(part, total) : ""; },
    words: (row) => { const { part, total } = problems(row); return total ? `${GIS.share(part, total)}，${GIS.count(part)}/${GIS.count(total)}` : "没有问题"; } };

  GIS.MEASURES = {
    coverage: rate("小区覆盖率", "covered", "communities", "个小区", { lacking: "uncovered", lackingWords: "失管" }),
    area: rate("面积覆盖率", "covered_area_m2", "community_area_m2", "", {
      part: "covered", total: "communities", lacking: "uncovered", lackingWords: "失管",
      words: (row) => (row.community_area_m2
        ? `${GIS.share(row.covered_area_m2, row.community_area_m2)}，${GIS.area(row.covered_area_m2)}/${GIS.area(row.community_area_m2)}` : "没有小区范围"),
    }),
    committee: rate("业委会组建率", "committee_yes", "committee_known", "个管理区域", { lacking: "committee_no", lackingWords: "未组建" }),
    party: rate("党的工作覆盖率", "party_yes", "party_known", "个管理区域", { lacking: "party_no", lackingWords: "未覆盖" }),
    closed: {
      ...rate("问题销号率", "problems_closed", "problems_total", "项问题", { lacking: "problems_open", lackingWords: "未销号" }),
      ...ofProblems,
    },
    fee: {
      title: "物业费平均收缴率", unit: "个管理区域", part: "fee_known", total: "area_rows",
      of: (row) => ({ part: (row.fee_rate_mean || 0) * row.fee_known, total: row.fee_known }),
      short: (row) => (row.fee_known ? GIS.share(row.fee_rate_mean, 1) : ""),
      words: (row) => (row.fee_known ? `${GIS.share(row.fee_rate_mean, 1)}，${GIS.count(row.fee_known)}/${GIS.count(row.area_rows)} 行填写` : "没有填写"),
    },
    form: {
      title: "专业化物业服务占比", unit: "个管理区域", part: "form_1", total: "area_rows", forms: true,
      of: (row) => ({ part: row.forms["1"] || 0, total: row.area_rows }),
      short: (row) => (row.area_rows ? GIS.share(row.forms["1"] || 0, row.area_rows) : ""),
      words: (row) => (row.area_rows ? `${GIS.share(row.forms["1"] || 0, row.area_rows)}，${GIS.count(row.forms["1"] || 0)}/${GIS.count(row.area_rows)}` : "没有台账行"),
    },
  };

  /* What is to be reached, as the server declares it. */
  GIS.setTargets = function (targets) {
    Object.entries(targets || {}).forEach(([measure, aim]) => { if (GIS.MEASURES[measure]) GIS.MEASURES[measure].target = aim; });
  };

  GIS.RAMP = ["#f1f5fa", "#c6dbef", "#8fbfe0", "#4f96c9", "#21679f"]; // of the five classes of a share, light to dark

  const CHANGES = [
    { title: "下降 10 个百分点以上", fill: "#b35806", stroke: "#56606b", width: 1.2, opacity: 0.4, hatch: "back", hatch_color: "#ffffff" },
    { title: "下降", fill: "#fdb863", stroke: "#56606b", width: 1.2, opacity: 0.6, hatch: "back", hatch_color: "#8c5a1a" },
    { title: "没有变化", fill: "#f4f5f6", stroke: "#56606b", width: 1.2, opacity: 0.55 },
    { title: "上升", fill: "#b2abd2", stroke: "#56606b", width: 1.2, opacity: 0.6 },
    { title: "上升 10 个百分点以上", fill: "#542788", stroke: "#56606b", width: 1.2, opacity: 0.4 },
  ];

  /* Percentage points between the two days; null where one of them has no rate. */
  GIS.changeOf = function ({ before, after }) {
    if (!before || !after || before.coverage_rate === null || after.coverage_rate === null) return null;
    return (after.covered / after.communities - before.covered / before.communities) * 100;
  };

  GIS.CHANGES = CHANGES;

  GIS.changeRule = function (row) {
    const change = GIS.changeOf(row);
    if (change === null) return { title: "没有小区", stroke: "#8a8f98", width: 1, dash: "4 4" };
    if (Math.abs(change) < 0.05) return CHANGES[2];
    return change < 0 ? CHANGES[change <= -10 ? 0 : 1] : CHANGES[change >= 10 ? 4 : 3];
  };

  GIS.changeWords = function (row) {
    const change = GIS.changeOf(row);
    if (change === null) return "";
    if (Math.abs(change) < 0.05) return "不变";
    return `${change > 0 ? "＋" : "－"}${Math.abs(change).toFixed(1)} 个百分点`;
  };
})();
