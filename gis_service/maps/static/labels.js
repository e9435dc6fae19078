/* All words on the map: wishes with a priority come in, those that do not collide are drawn, lines are followed. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const FACE = 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif';
  const SAME_WORDS_APART = 330;
  const EDGE = 4; // px between whole words and the edge of the map

  function Field() {
    this.boxes = [];
    this.places = new Map();
  }

  Field.prototype.free = function (boxes) {
    return boxes.every(([left, top, right, low]) => this.boxes.every((box) =>
      box[2] <= left || box[0] >= right || box[3] <= top || box[1] >= low));
  };

  Field.prototype.take = function (text, x, y, boxes) {
    this.boxes.push(...boxes);
    if (!this.places.has(text)) this.places.set(text, []);
    this.places.get(text).push([x, y]);
  };

  Field.prototype.repeats = function (text, x, y) {
    return (this.places.get(text) || []).some(([px, py]) => Math.hypot(px - x, py - y) < SAME_WORDS_APART);
  };

  function ink(context, wish) {
    context.font = `${wish.weight || "normal"} ${wish.size}px ${FACE}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = wish.haloWidth || 3;
    context.strokeStyle = wish.halo || "rgba(255,255,255,.88)";
    context.fillStyle = wish.color;
  }

  /* Words that must be read whole move in from the edge of what is seen; what lies beyond it stays where it is. */
  function movedIn(wish, half, { left, right }) {
    if (!wish.whole || wish.x < left || wish.x > right || right - left < 2 * half) return wish;
    return { ...wish, x: Math.max(left + half + EDGE, Math.min(right - half - EDGE, wish.x)) };
  }

  function drawPoint(context, field, asked, seen) {
    ink(context, asked);
    const half = context.measureText(asked.text).width / 2 + 2;
    const wish = movedIn(asked, half, seen);
    if (wish.once && field.repeats(wish.text, wish.x, wish.y)) return;
    const box = [wish.x - half, wish.y - wish.size * 0.65, wish.x + half, wish.y + wish.size * 0.65];
    if (!field.free([box])) return;
    field.take(wish.text, wish.x, wish.y, [box]);
    if (wish.plate) {
      context.fillStyle = wish.plate;
      context.strokeStyle = wish.color;
      context.lineWidth = 1;
      context.beginPath();
      context.roundRect(box[0] - 2, box[1] - 1, box[2] - box[0] + 4, box[3] - box[1] + 2, 3);
      context.fill();
      context.stroke();
      context.fillStyle = wish.color;
    } else {
      context.strokeText(wish.text, wish.x, wish.y);
    }
    context.fillText(wish.text, wish.x, wish.y);
  }

  function measured(path, view) {
    const points = path.map(([x, y]) => [view.x(x), view.y(y)]);
    const lengths = [0];
    for (let i = 1; i < points.length; i += 1) {
      lengths.push(lengths[i - 1] + Math.hypot(points[i][0] - points[i - 1][0], points[i][1] - points[i - 1][1]));
    }
    return { points, lengths, total: lengths[lengths.length - 1] };
  }

  function at(line, distance) {
    let i = 1;
    while (i < line.lengths.length - 1 && line.lengths[i] < distance) i += 1;
    const [x1, y1] = line.points[i - 1];
    const [x2, y2] = line.points[i];
    const part = line.lengths[i] - line.lengths[i - 1];
    const t = part ? (distance - line.lengths[i - 1]) / part : 0;
    return { x: x1 + (x2 - x1) * t, y: y1 + (y2 - y1) * t, angle: Math.atan2(y2 - y1, x2 - x1) };
  }

  const turned = (a, b) => Math.abs(Math.atan2(Math.sin(a - b), Math.cos(a - b)));

  /* The places of the characters around a middle; null where the line bends too much to read. */
  function seats(line, middle, characters, step) {
    const found = [];
    const start = middle - ((characters.length - 1) * step) / 2;
    for (let i = 0; i < characters.length; i += 1) found.push(at(line, start + i * step));
    const last = found[found.length - 1];
    const course = Math.atan2(last.y - found[0].y, last.x - found[0].x);
    if (found.length > 1 && found.some((seat) => turned(seat.angle, course) > 0.5)) return null;
    const steep = Math.abs(Math.sin(course)) > 0.75;
    const backward = steep ? Math.sin(course) < 0 : Math.cos(course) < 0;
    if (backward) found.reverse();
    const tilt = course + (backward ? Math.PI : 0) - (steep ? Math.PI / 2 : 0);
    return found.map((seat) => ({ x: seat.x, y: seat.y, tilt }));
  }

  function middles(total, room) {
    const count = Math.max(1, Math.floor(total / 420));
    const list = [];
    for (let i = 0; i < count; i += 1) list.push((total * (i + 0.5)) / count);
    [0.32, 0.68, 0.2, 0.8].forEach((share) => list.push(total * share));
    return list.filter((middle) => middle > room / 2 + 3 && middle < total - room / 2 - 3);
  }

  function drawSeats(context, wish, characters, places) {
    ["strokeText", "fillText"].forEach((stroke) => places.forEach((place, index) => {
      context.save();
      context.translate(place.x, place.y);
      context.rotate(place.tilt);
      context[stroke](characters[index], 0, 0);
      context.restore();
    }));
  }

  function drawLine(context, field, wish, view) {
    ink(context, wish);
    const characters = Array.from(wish.text);
    const step = wish.size * 1.16;
    wish.lines.forEach((path) => {
      const line = measured(path, view);
      middles(line.total, characters.length * step).forEach((middle) => {
        const centre = at(line, middle);
        if (!view.bounds.contains([centre.x, centre.y]) || field.repeats(wish.text, centre.x, centre.y)) return;
        const places = seats(line, middle, characters, step);
        if (!places) return;
        const half = wish.size * 0.62;
        const boxes = places.map(({ x, y }) => [x - half, y - half, x + half, y + half]);
        if (!field.free(boxes)) return;
        field.take(wish.text, centre.x, centre.y, boxes);
        drawSeats(context, wish, characters, places);
      });
    });
  }

  GIS.Labels = GIS.PaintedCanvas.extend({
    initialize(options) {
      GIS.PaintedCanvas.prototype.initialize.call(this, options);
      this._sources = [];
    },

    addSource(source) {
      this._sources.push(source);
    },

    paint(context, view) {
      const field = new Field();
      const wishes = this._sources.flatMap((source) => source(view));
      wishes.sort((a, b) => b.priority - a.priority);
      wishes.forEach((wish) => {
        if (wish.lines) drawLine(context, field, wish, wish.view || view);
        else if (view.bounds.contains([wish.x, wish.y])) drawPoint(context, field, wish, view.seen);
      });
    },
  });
})();
