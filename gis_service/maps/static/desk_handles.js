/* Handles on the vertices in view: drag, add between two, remove; by keyboard too. Never more than a few hundred stand on the page. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const MOST = 120;
  const ROOM_PX = 26; // between two vertices, for a handle that adds one
  const STEPS_M = { usual: 1, large: 10, small: 0.1 };
  const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  const key = (at) => at.join();

  /* `on` tells: lifted(at), dragged(at, position), dropped(at, position), added(at, position), removed(at), chosen(at). */
  GIS.Handles = class {
    constructor(map, on) {
      Object.assign(this, { map, on, shape: [], active: null, pool: [] });
      this.pane = map.getPane("handles") || map.createPane("handles");
      this.pane.style.zIndex = 640;
      this.pane.classList.add("leaflet-zoom-hide");
      this.again = () => this.place();
      this.follow = (event) => this._follow(event.latlng);
      map.on("moveend zoomend", this.again).on("mousemove", this.follow);
    }

    remove() {
      this.map.off("moveend zoomend", this.again).off("mousemove", this.follow);
      this.pane.replaceChildren();
      this.pool = [];
    }

    show(shape) {
      this.shape = shape;
      if (this.active && !this._position(this.active)) this.active = null;
      this.place();
    }

    _position([part, ring, vertex]) {
      return this.shape[part] && this.shape[part][ring] && this.shape[part][ring][vertex];
    }

    _follow(latlng) {
      this.pointer = latlng;
      if (this.crowded && !this.lifted && !this.waiting) this.waiting = setTimeout(() => { this.waiting = null; this.place(); }, 120);
    }

    /* The vertices in view; where there are too many, those nearest to the pointer. */
    _inView() {
      const bounds = this.map.getBounds().pad(0.02);
      const found = GIS.vertices(this.shape).filter(([, [lon, lat]]) => bounds.contains([lat, lon]))
        .map(([at, [lon, lat]]) => ({ at, point: this.map.latLngToLayerPoint([lat, lon]) }));
      this.crowded = found.length > MOST;
      if (!this.crowded) return found;
      const centre = this.map.latLngToLayerPoint(this.pointer || this.map.getCenter());
      found.forEach((each) => { each.away = (each.point.x - centre.x) ** 2 + (each.point.y - centre.y) ** 2; });
      const least = found.map(({ away }) => away).sort((a, b) => a - b)[MOST];
      return found.filter(({ away, at }) => away < least || (this.active && key(at) === key(this.active)));
    }

    _between(shown) {
      const points = new Map(shown.map(({ at, point }) => [key(at), point]));
      return shown.flatMap(({ at: [part, ring, vertex], point }) => {
        const next = points.get(key([part, ring, (vertex + 1) % this.shape[part][ring].length]));
        if (!next || point.distanceTo(next) < ROOM_PX) return [];
        return [{ at: [part, ring, vertex + 1], point: point.add(next).divideBy(2), adds: true }];
      });
    }

    place() {
      if (this.lifted) return;
      const shown = this._inView();
      const all = [...shown, ...this._between(shown)];
      while (this.pool.length < all.length) this.pool.push(this._handle());
      this.pool.splice(all.length).forEach((node) => node.remove());
      if (!this.active && shown.length) this.active = shown[0].at;
      all.forEach((each, index) => this._set(this.pool[index], each));
    }

    _set(node, { at, point, adds }) {
      const active = !adds && this.active && key(at) === key(this.active);
      const [part, ring, vertex] = at;
      node.at = at;
      node.adds = Boolean(adds);
      node.className = `handle${adds ? " adds" : ""}${active ? " active" : ""}`;
      node.tabIndex = active ? 0 : -1;
      node.hidden = false;
      node.setAttribute("aria-label", adds ? "在此加一个点" : `第 ${vertex + 1} 个点，共 ${this.shape[part][ring].length} 个` +
        (this.shape.length > 1 ? `，第 ${part + 1} 块` : "") + (ring ? `，第 ${ring} 个洞` : ""));
      L.DomUtil.setPosition(node, point.round());
    }

    _handle() {
      const node = GIS.el("button", { type: "button", class: "handle" });
      L.DomEvent.disableClickPropagation(node);
      ["pointerdown", "mousedown", "touchstart"].forEach((name) => node.addEventListener(name, (event) => event.stopPropagation()));
      node.addEventListener("pointerdown", (event) => this._lift(node, event));
      node.addEventListener("contextmenu", (event) => {
        event.preventDefault();
        event.stopPropagation();
        if (!node.adds) this.on.removed(node.at);
      });
      node.addEventListener("keydown", (event) => this._key(node, event));
      this.pane.append(node);
      return node;
    }

    _lift(node, event) {
      if (event.button) return;
      const at = node.at;
      node.focus({ preventScroll: true });
      this.lifted = { node, at, adds: node.adds, from: [event.clientX, event.clientY], moved: false };
      this.choose(at, node.adds);
      node.setPointerCapture(event.pointerId);
      const move = (next) => this._drag(next);
      const drop = () => {
        node.removeEventListener("pointermove", move);
        ["pointerup", "pointercancel"].forEach((name) => node.removeEventListener(name, drop));
        this._drop();
      };
      node.addEventListener("pointermove", move);
      ["pointerup", "pointercancel"].forEach((name) => node.addEventListener(name, drop));
    }

    _drag(event) {
      const lifted = this.lifted;
      if (!lifted.moved && Math.hypot(event.clientX - lifted.from[0], event.clientY - lifted.from[1]) < 3) return;
      if (!lifted.moved) {
        lifted.moved = true;
        this.pool.forEach((each) => { each.hidden = each.adds && each !== lifted.node; });
        if (lifted.adds) this.on.added(lifted.at, this._where(event), true);
        this.on.lifted(lifted.at);
      }
      lifted.position = this.on.dragged(lifted.at, this._where(event), event.altKey);
      L.DomUtil.setPosition(lifted.node, this.map.latLngToLayerPoint([lifted.position[1], lifted.position[0]]).round());
    }

    _where(event) {
      const { lng, lat } = this.map.containerPointToLatLng(this.map.mouseEventToContainerPoint(event));
      return [lng, lat];
    }

    _drop() {
      const lifted = this.lifted;
      this.lifted = null;
      if (lifted.moved) this.on.dropped(lifted.at, lifted.position);
      else if (lifted.adds) this._add(lifted.at);
      else this.place();
    }

    _add(at) {
      const [part, ring, vertex] = at;
      const points = this.shape[part][ring];
      const [one, other] = [points[vertex - 1], points[vertex % points.length]];
      this.active = at;
      this.on.added(at, [(one[0] + other[0]) / 2, (one[1] + other[1]) / 2], false);
    }

    choose(at, adds) {
      this.active = at;
      this.pool.forEach((node) => node.classList.toggle("active", key(node.at) === key(at) && node.adds === Boolean(adds)));
      this.on.chosen(at);
    }

    /* The next or previous vertex of the ring, brought into view. */
    step(by) {
      const [part, ring, vertex] = this.active;
      const length = this.shape[part][ring].length;
      this.active = [part, ring, (vertex + by + length) % length];
      const [lon, lat] = this._position(this.active);
      if (!this.map.getBounds().pad(-0.08).contains([lat, lon])) this.map.panTo([lat, lon], { animate: false });
      this.place();
      this.focus();
      this.on.chosen(this.active);
    }

    focus() {
      const node = this.pool.find((each) => !each.adds && this.active && key(each.at) === key(this.active));
      if (node) node.focus({ preventScroll: true });
    }

    _key(node, event) {
      const arrow = ARROWS[event.key];
      if (event.ctrlKey || event.metaKey || event.key === "Tab" || event.key === "Escape") return;
      if (arrow) this._nudge(node.at, arrow, STEPS_M[event.shiftKey ? "large" : event.altKey ? "small" : "usual"]);
      else if (event.key === "PageDown" || event.key === ".") this.step(1);
      else if (event.key === "PageUp" || event.key === ",") this.step(-1);
      else if (event.key === "Delete" || event.key === "Backspace") this.on.removed(node.at);
      else if (event.key === "Insert" || event.key === "+") this._add([node.at[0], node.at[1], node.at[2] + 1]);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    _nudge(at, [east, north], metres) {
      const [lon, lat] = this._position(at);
      const [mx, my] = GIS.metres(lat);
      const position = [lon + (east * metres) / mx, lat + (north * metres) / my];
      this.on.lifted(at);
      this.on.dropped(at, position);
      this.focus();
    }
  };
})();
