/* Elements made from data (always as text, never as markup) and values written the way the office writes them. */
(function () {
  "use strict";
  const GIS = (window.GIS = { desks: {} });
  const SVG_NS = "http://www.w3.org/2000/svg";
  const EAST_MS = 8 * 3600_000; // how far Beijing is ahead of UTC

  function append(node, children) {
    children.flat(Infinity).forEach((child) => {
      if (child !== null && child !== undefined && child !== false && child !== "") {
        node.append(child instanceof Node ? child : String(child));
      }
    });
    return node;
  }

  GIS.el = function (tag, attributes, ...children) {
    const node = document.createElement(tag);
    Object.entries(attributes || {}).forEach(([key, value]) => {
      if (value === null || value === undefined || value === false) return;
      if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
      else if (key === "css") Object.entries(value).forEach(([name, text]) => node.style.setProperty(name, text));
      else if (key === "data") Object.assign(node.dataset, value);
      else node.setAttribute(key, value === true ? "" : value);
    });
    return append(node, children);
  };

  GIS.svg = function (tag, attributes, ...children) {
    const node = document.createElementNS(SVG_NS, tag);
    Object.entries(attributes || {}).forEach(([key, value]) => {
      if (value !== null && value !== undefined && value !== false) node.setAttribute(key, value);
    });
    return append(node, children);
  };

  GIS.fill = function (node, ...children) {
    node.replaceChildren();
    return append(node, children);
  };

  const whole = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat("zh-CN", { maximumFractionDigits: 2 });

  GIS.count = (value) => whole.format(value || 0);

  GIS.share = function (part, total) {
    if (!total) return "—";
    return ((part / total) * 100).toFixed(1) + " %";
  };

  GIS.shareWithFraction = function (part, total) {
    return total ? `${GIS.share(part, total)}，${GIS.count(part)}/${GIS.count(total)}` : "—（没有小区）";
  };

  GIS.area = function (squareMetres) {
    if (squareMetres >= 10000) return short.format(squareMetres / 10000) + " 公顷";
    return whole.format(squareMetres) + " m²";
  };

  GIS.date = (value) => String(value).slice(0, 10);

  GIS.moment = (value) => String(value).slice(0, 16).replace("T", " ");

  function words(field, value) {
    if (!field.words) return null;
    return field.words[String(value)] || null;
  }

  function formCounts(value) {
    const names = GIS.config.service_forms;
    return Object.entries(value)
      .filter(([, number]) => number)
      .map(([code, number]) => `${names[code] || "未填"} ${number}`)
      .join("，");
  }

  function compound(value) {
    if (Array.isArray(value)) {
      return value.map((item) => (item && typeof item === "object" ? item.message || "" : item)).filter(Boolean).join("；");
    }
    return formCounts(value);
  }

  /* One property as a person reads it; an empty string where there is nothing to say. */
  GIS.value = function (key, field, value) {
    if (value === null || value === undefined || value === "") return "";
    const known = words(field, value);
    if (known) return known;
    if (typeof value === "boolean") return value ? "是" : "否";
    if (typeof value === "object") return compound(value);
    if (typeof value === "number") {
      if (key.endsWith("_rate") || key.includes("_rate_")) return (value * 100).toFixed(1) + " %";
      if (key.endsWith("_m2")) return GIS.area(value);
      return short.format(value) + (field.unit ? " " + field.unit : "");
    }
    if (/^\d{4}-\d\d-\d\dT/.test(value)) return GIS.moment(value);
    return String(value);
  };

  GIS.fieldTitle = function (layerId, key) {
    const layer = GIS.config.layers[layerId];
    return layer && layer.fields[key] ? layer.fields[key].title : key;
  };

  GIS.wordsOf = function (layerId, key, value) {
    const layer = GIS.config.layers[layerId];
    const field = layer && layer.fields[key];
    return field ? GIS.value(key, field, value) : String(value === null || value === undefined ? "" : value);
  };

  GIS.readConfig = function () {
    GIS.config = JSON.parse(document.getElementById("page-config").textContent);
    return GIS.config;
  };

  /* A name on the map need not say what the layer says. */
  GIS.areaName = (name) => name.replace(/物业管理区域$/, "") || name;

  /* The day in the city, whatever zone the machine is set to. */
  GIS.today = function () {
    return new Date(Date.now() + EAST_MS).toISOString().slice(0, 10);
  };
})();
