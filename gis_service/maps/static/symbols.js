/* Shapes, hatches and colours that stay apart in black and white; the same drawing on the canvas and in the legend. */
(function () {
  "use strict";
  const GIS = window.GIS;

  GIS.SIDES = {
    E: { words: "东", color: "#d95f02" },
    S: { words: "南", color: "#1b9e77" },
    W: { words: "西", color: "#7570b3" },
    N: { words: "北", color: "#e7298a" },
  };
  GIS.OPEN = "#c53030";

  function polygon(corners, radius, turn) {
    const points = [];
    for (let i = 0; i < corners; i += 1) {
      const angle = turn + (i * 2 * Math.PI) / corners;
      points.push(`${(radius * Math.cos(angle)).toFixed(2)} ${(radius * Math.sin(angle)).toFixed(2)}`);
    }
    return "M" + points.join("L") + "Z";
  }

  function scaled(points, radius) {
    return "M" + points.map(([x, y]) => `${(x * radius).toFixed(2)} ${(y * radius).toFixed(2)}`).join("L") + "Z";
  }

  const TICK = [[-1, 0], [-0.6, -0.42], [-0.25, -0.05], [0.65, -0.95], [1.05, -0.5], [-0.25, 0.8]];
  const CROSS = [[-1, -0.6], [-0.6, -1], [0, -0.4], [0.6, -1], [1, -0.6], [0.4, 0], [1, 0.6], [0.6, 1], [0, 0.4], [-0.6, 1],
    [-1, 0.6], [-0.4, 0]];
  const PLUS = [[-0.33, -1], [0.33, -1], [0.33, -0.33], [1, -0.33], [1, 0.33], [0.33, 0.33], [0.33, 1], [-0.33, 1],
    [-0.33, 0.33], [-1, 0.33], [-1, -0.33], [-0.33, -0.33]];

  const SHAPES = {
    circle: (r) => `M${-r} 0A${r} ${r} 0 1 0 ${r} 0A${r} ${r} 0 1 0 ${-r} 0Z`,
    square: (r) => polygon(4, r * 1.2, Math.PI / 4),
    diamond: (r) => polygon(4, r * 1.25, 0),
    triangle: (r) => polygon(3, r * 1.3, -Math.PI / 2),
    "triangle-down": (r) => polygon(3, r * 1.3, Math.PI / 2),
    pentagon: (r) => polygon(5, r * 1.15, -Math.PI / 2),
    hexagon: (r) => polygon(6, r * 1.15, 0),
    check: (r) => scaled(TICK, r * 1.1),
    cross: (r) => scaled(CROSS, r),
    plus: (r) => scaled(PLUS, r * 1.1),
  };
  SHAPES.ring = SHAPES.circle;
  SHAPES.tick = SHAPES.check;

  GIS.shape = (name, radius) => (SHAPES[name] || SHAPES.circle)(radius);

  const HATCHES = {
    diagonal: [[0, 8, 8, 0], [-2, 2, 2, -2], [6, 10, 10, 6]],
    back: [[0, 0, 8, 8], [-2, 6, 2, 10], [6, -2, 10, 2]],
    horizontal: [[0, 4, 8, 4]],
    vertical: [[4, 0, 4, 8]],
  };
  HATCHES.cross = HATCHES.diagonal.concat(HATCHES.back);
  const drawn = {};

  GIS.hatchLines = (name) => HATCHES[name] || HATCHES.diagonal;

  /* A canvas pattern of 8 × 8 px at the resolution of the screen. */
  GIS.hatchPattern = function (context, name, color, width) {
    const key = [name, color, width].join(" ");
    if (!drawn[key]) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = 24;
      const pen = GIS.penOf(tile);
      pen.scale(3, 3);
      pen.strokeStyle = color;
      pen.lineWidth = width || 1.6;
      GIS.hatchLines(name).forEach(([x1, y1, x2, y2]) => {
        pen.beginPath();
        pen.moveTo(x1, y1);
        pen.lineTo(x2, y2);
        pen.stroke();
      });
      drawn[key] = context.createPattern(tile, "repeat");
      drawn[key].setTransform(new DOMMatrix().scale(1 / 3));
    }
    return drawn[key];
  };

  let serial = 0;

  function hatchFill(rule) {
    serial += 1;
    const id = `hatch-${serial}`;
    const lines = GIS.hatchLines(rule.hatch).map(([x1, y1, x2, y2]) =>
      GIS.svg("line", { x1, y1, x2, y2, stroke: rule.hatch_color || rule.stroke, "stroke-width": 1.6 }));
    const pattern = GIS.svg("pattern", { id, width: 8, height: 8, patternUnits: "userSpaceOnUse" }, lines);
    return { id, definition: GIS.svg("defs", {}, pattern) };
  }

  function areaSwatch(rule) {
    const box = { x: 1.5, y: 1.5, width: 25, height: 13, rx: 2 };
    const parts = [];
    const opacity = rule.opacity === undefined || rule.opacity === null ? 0.8 : rule.opacity;
    parts.push(GIS.svg("rect", { ...box, fill: rule.fill || "none", "fill-opacity": opacity }));
    if (rule.hatch) {
      const hatch = hatchFill(rule);
      parts.push(hatch.definition, GIS.svg("rect", { ...box, fill: `url(#${hatch.id})` }));
    }
    parts.push(GIS.svg("rect", {
      ...box, fill: "none", stroke: rule.stroke || "none", "stroke-width": Math.min(rule.width || 1, 2.5),
      "stroke-dasharray": rule.dash,
    }));
    return parts;
  }

  function lineSwatch(rule) {
    const along = { x1: 1, y1: 8, x2: 27, y2: 8 };
    return [
      GIS.svg("line", { ...along, stroke: rule.stroke, "stroke-width": rule.width || 2, "stroke-dasharray": rule.dash }),
      rule.inner && GIS.svg("line", { ...along, stroke: rule.inner, "stroke-width": rule.width / 2, "stroke-dasharray": "5 4" }),
    ];
  }

  function pointSwatch(rule) {
    const hollow = rule.marker === "ring";
    if (rule.disc) {
      return [
        GIS.svg("circle", { cx: 14, cy: 8, r: 7, fill: rule.fill }),
        GIS.svg("path", { d: GIS.shape(rule.marker, 3.4), transform: "translate(14 8)", fill: "#fff" }),
      ];
    }
    return [GIS.svg("path", {
      d: GIS.shape(rule.marker, 5.5), transform: "translate(14 8)", fill: hollow ? "#fff" : rule.fill || rule.stroke,
      stroke: hollow ? rule.stroke || rule.fill : rule.stroke || "#fff", "stroke-width": hollow ? 2 : 1,
    })];
  }

  /* The little picture beside a line of the legend or of a list. */
  GIS.swatch = function (rule, geometry) {
    let parts;
    if (geometry === "point") parts = pointSwatch(rule);
    else if (geometry === "line") parts = lineSwatch(rule);
    else parts = areaSwatch(rule);
    return GIS.svg("svg", { class: "swatch", width: 28, height: 16, viewBox: "0 0 28 16", "aria-hidden": "true" }, parts);
  };
})();
