/* Drawing a boundary: its shape with handles, its steps back and forth, its area, and what is kept of it. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const INK = "#0b5cad";
  const CHECK_AFTER_MS = 450;

  GIS.Drawing = class {
    constructor(desk, area, { shape, moves, kept }) {
      Object.assign(this, { desk, page: desk.page, map: desk.page.map, area, now: { shape, moves: moves || {} }, past: [], future: [], sharing: "ask" });
      this._layers();
      this.neighbours = new GIS.Neighbours(area.neighbours);
      this.snapping = new GIS.Snapping(this.page, area.neighbours);
      this.keeper = new GIS.Keeper(area.id, GIS.revisionOf(area), () => this.toolbar.refresh());
      this.keeper.onretry = (put) => this.keeper.save(put).catch((error) => desk.refused(error));
      this.tools = new GIS.Tools(this.page, (position, free) => this.snapped(position, free));
      this.handles = new GIS.Handles(this.map, {
        lifted: (at) => { this.held = this.now.shape[at[0]][at[1]][at[2]]; },
        dragged: (at, position, free) => this._dragged(at, this.snapped(position, free)),
        dropped: (at, position) => this._dropped(at, position),
        added: (at, position, held) => this._added(at, position, held),
        removed: (at) => this.remove(at),
        chosen: () => this.toolbar.refresh(),
      });
      this.toolbar = new GIS.DrawBar(this);
      this.keys = (event) => this._key(event);
      document.addEventListener("keydown", this.keys);
      document.body.classList.add("editing");
      if (kept) this.keeper.changed(this.now);
      this._show();
      if (GIS.vertexCount(shape)) this.check();
    }

    _layers() {
      const pane = this.map.getPane("drawing") || this.map.createPane("drawing");
      pane.style.zIndex = 610;
      this.renderer = this.renderer || new GIS.DataCanvas({ pane: "drawing", padding: 0.3 });
      const style = { renderer: this.renderer, interactive: false, pmIgnore: true };
      this.drawn = L.polygon([], { ...style, color: INK, weight: 2.5, fillColor: INK, fillOpacity: 0.1, casing: "#ffffff" }).addTo(this.map);
      this.along = L.polygon([], { ...style, color: "#7a4b00", weight: 2, dashArray: "6 4", fill: false }).addTo(this.map);
    }

    /* Where a point falls: on what the ground has within the setting's metres, else where it is; `free` (Alt) leaves it. */
    snapped(position, free) {
      const found = free ? null : this.snapping.near(position);
      this.toolbar.tell(found ? `吸附：${found.name || "地物"}${found.corner ? "的角点" : ""}` : "");
      return found ? found.position : position;
    }

    _dragged(at, position) {
      this.now = { ...this.now, shape: GIS.vertexMoved(this.now.shape, at, position) };
      this._draw();
      return position;
    }

    _added(at, position, held) {
      const before = this.now;
      this.now = { ...this.now, shape: GIS.vertexAdded(this.now.shape, at, position) };
      this.handles.shape = this.now.shape;
      this.fresh = held ? before : null;
      if (!held) this._commit(this.now, before);
    }

    async _dropped(at, position) {
      const shape = GIS.vertexMoved(this.now.shape, at, position);
      const from = this.held;
      const before = this.fresh || { ...this.now, shape: GIS.vertexMoved(this.now.shape, at, from) };
      const shared = this.fresh ? [] : this.neighbours.at(from);
      this.fresh = null;
      const way = shared.length && this.sharing === "ask" ? await GIS.askSharing(shared.map(({ name }) => name)) : this.sharing;
      if (shared.length && !way) {
        this.now = before;
        this._show();
        return;
      }
      if (shared.length) this.sharing = way;
      const moves = shared.length && way === "both" ? this.neighbours.together(this.now.moves, from, position) : this.now.moves;
      if (moves !== this.now.moves) this.neighbours.moved(from, position);
      this._commit({ shape, moves }, before);
    }

    _commit(next, before) {
      this.past.push(before || this.now);
      this.future = [];
      this._become(next);
    }

    _become(next) {
      this.now = next;
      this._show();
      this.keeper.changed(this.now);
      clearTimeout(this.checking);
      this.checking = setTimeout(() => this.check(), CHECK_AFTER_MS);
    }

    undo() {
      if (!this.past.length) return;
      this.future.push(this.now);
      this._become(this.past.pop());
    }

    redo() {
      if (!this.future.length) return;
      this.past.push(this.now);
      this._become(this.future.pop());
    }

    _draw() {
      this.drawn.setLatLngs(GIS.shapeLatLngs(this.now.shape));
      this.toolbar.area(GIS.squareMetres(this.now.shape));
    }

    _show() {
      this._draw();
      this.along.setLatLngs(Object.values(this.now.moves).flatMap(GIS.shapeLatLngs));
      this.handles.show(this.now.shape);
      this.toolbar.refresh();
    }

    remove(at) {
      const shape = GIS.vertexRemoved(this.now.shape, at);
      this._commit({ ...this.now, shape });
      this.handles.focus();
    }

    async addPart() {
      this.handles.show([]);
      const ring = await this.tools.draw("part");
      if (ring) this._commit({ ...this.now, shape: GIS.partAdded(this.now.shape, ring) });
      else this._show();
    }

    async takeOut() {
      this.handles.show([]);
      const ring = await this.tools.draw("hole");
      const shape = ring && GIS.takenOut(this.map, this.now.shape, ring);
      if (ring && !shape) this.page.passing("这样会把整块挖光，没有照做。");
      if (shape) this._commit({ ...this.now, shape });
      else this._show();
    }

    async check() {
      if (this.asking) this.asking.abort();
      this.asking = new AbortController();
      if (!GIS.vertexCount(this.now.shape)) return;
      try {
        const told = await GIS.boundaries.check(this.area.id, GIS.shapeGeometry(this.now.shape), this.asking.signal);
        this.desk.found(told.findings);
      } catch (error) {
        if (error instanceof GIS.Refused) this.desk.found(GIS.refusedFindings(error));
        else if (error.name !== "AbortError" && !(error instanceof GIS.Offline)) throw error;
      }
    }

    /* To the server as the draft; true when it is there. */
    save() {
      return this.keeper.save((content) => this.desk.put(content));
    }

    /* On top of another version from now on: its number, and the neighbours as they stand. */
    rebase(area) {
      this.area = area;
      this.keeper.revision = GIS.revisionOf(area);
      this.neighbours = new GIS.Neighbours(area.neighbours);
      this.now = { ...this.now, moves: {} };
      this._show();
    }

    _key(event) {
      const letter = event.key.toLowerCase();
      if (!(event.ctrlKey || event.metaKey) || /^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) return;
      if (letter === "z" && event.shiftKey) this.redo();
      else if (letter === "y") this.redo();
      else if (letter === "z") this.undo();
      else if (letter === "s") this.toolbar.save();
      else return;
      event.preventDefault();
    }

    close() {
      this.tools.stop();
      clearTimeout(this.checking);
      if (this.asking) this.asking.abort();
      this.keeper.close();
      this.handles.remove();
      this.snapping.close();
      this.toolbar.remove();
      [this.drawn, this.along, this.renderer].forEach((layer) => layer.remove());
      document.removeEventListener("keydown", this.keys);
      document.body.classList.remove("editing");
    }
  };
})();
