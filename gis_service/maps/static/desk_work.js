/* What is done to the area in hand: a side is given its line, a boundary drawn, submitted, decided; with 412 met by a comparison. */
(function () {
  "use strict";
  const GIS = window.GIS;

  Object.assign(GIS.desks.boundaries.prototype, {
    pick(side) {
      if (this.drawing) { this.page.passing("正在绘制。先按“完成”，再指定四至的边。"); return; }
      this.stopPicking();
      this.picking = new GIS.Picking(this, this.area, side);
      this.render();
      this.picking.node.scrollIntoView({ block: "nearest" });
    },

    stopPicking() {
      if (!this.picking) return;
      this.picking.close();
      this.picking = null;
      if (this.area) this.render();
    },

    /* “That side is this”: the sentence is resolved anew at once; the next open side is asked for. */
    async judge(side, what, name) {
      const area = await this.tried(() => GIS.boundaries.judge(this.area.id, this.area.etag, { side, ...what }));
      if (!area) return;
      this.stopPicking();
      this.take(area);
      const also = (area.also || []).map(({ id }) => id);
      this.page.passing([`${GIS.SIDES[side].words}边定为“${name || "所画的线"}”。`, area.redrawn ? "边界已重新落图。" : "",
        area.redrawn === false && area.working ? "已有人画过的图形没有改动。" : "", also.length ? `同名的另外 ${also.length} 行一并落图。` : ""].join(""));
      await this.refreshAreas([area.id, ...also]);
      if (area.open_sides.length && area.may.edit) this.pick(area.open_sides[0]);
      else this.focusAction();
    },

    async unjudge(side) {
      const area = await this.tried(() => GIS.boundaries.judge(this.area.id, this.area.etag, { side, undo: true }));
      if (!area) return;
      this.take(area);
      await this.refreshAreas([area.id]);
    },

    async drawSide(side) {
      this.stopPicking();
      const points = await this.drawLine();
      if (points) await this.judge(side, { line: { type: "LineString", coordinates: points } });
    },

    async drawLine() {
      const snapping = new GIS.Snapping(this.page, this.area.neighbours);
      this.tools = new GIS.Tools(this.page, (position, free) => {
        const found = free ? null : snapping.near(position);
        return found ? found.position : position;
      });
      const points = await this.tools.draw("line");
      snapping.close();
      return points;
    },

    focusAction() {
      const button = this.actions.querySelector(".primary:not(:disabled)") || this.actions.querySelector("button");
      if (button) button.focus({ preventScroll: true });
    },

    draw(kept) {
      this.stopPicking();
      const { working, approved } = this.area;
      const shape = kept ? kept.shape : GIS.shapeOf((working || approved || {}).geometry);
      this.drawing = new GIS.Drawing(this, this.area, { shape, moves: kept && kept.moves, kept: Boolean(kept) });
      this.showOutline();
      this.showActions();
      if (shape.length) this.page.zoomTo([GIS.shapeGeometry(shape)], { ...this.drawing.toolbar.margins(), maxZoom: 18.5, animate: false });
      if (!shape.length) this.drawing.addPart(); // along the edges that were found
      else this.shown.clear();
      this.page.labels.redraw();
    },

    leaveDrawing() {
      this.putDown();
      this.take(this.area, { stay: true });
      this.focusAction();
    },

    /* A draft that this machine kept goes on; one that stands on an older version is compared first. */
    async resumed(area) {
      const [kept] = GIS.keptDrafts(area.id);
      if (!kept || !area.may.edit) return false;
      if (kept.revision !== GIS.revisionOf(area)) {
        const current = area.working || area.approved;
        const answer = await GIS.askNewer({ current }, GIS.shapeGeometry(kept.shape));
        if (!answer) return false;
        GIS.forgetDraft(area.id, kept.revision);
        if (answer === "theirs") return false;
      }
      this.draw({ ...kept, moves: kept.revision === GIS.revisionOf(area) ? kept.moves : {} });
      this.page.passing(`已恢复本机上 ${GIS.moment(kept.at)} 未保存的草稿。`);
      return true;
    },

    async put(content) {
      const moves = this.drawing.neighbours.written(content.moves || {});
      const body = { geometry: GIS.shapeGeometry(content.shape), note: "", moves };
      const area = await GIS.boundaries.save(this.area.id, this.area.etag, body);
      this.area = area;
      this.showActions();
      if (this.drawing) this.drawing.rebase(area);
      await this.refreshAreas([area.id, ...moves.map(({ id }) => id)]);
    },

    async takeAlternative(geometry) {
      const body = { geometry: GIS.shapeGeometry(GIS.shapeOf(geometry)), note: "从可能的范围中选定" };
      const area = await this.tried(() => GIS.boundaries.save(this.area.id, this.area.etag, body));
      if (!area) return;
      this.take(area);
      await this.refreshAreas([area.id]);
      this.focusAction();
    },

    /* Somebody was faster: nothing is overwritten, both are shown, the person chooses. */
    async overtaken({ problem }) {
      const { drawing } = this;
      const mine = drawing && GIS.shapeGeometry(drawing.now.shape);
      const answer = await GIS.askNewer(problem, mine);
      if (!answer) return;
      const area = await this.tried(() => GIS.boundaries.area(this.area.id));
      if (!area) return;
      if (answer === "theirs") {
        if (drawing) GIS.forgetDraft(area.id, drawing.keeper.revision);
        if (drawing) drawing.keeper.forget();
        this.putDown();
        this.take(area);
        return;
      }
      GIS.forgetDraft(area.id, drawing.keeper.revision);
      this.area = area;
      drawing.rebase(area);
      drawing.keeper.changed(drawing.now);
      await drawing.toolbar.save();
    },

    /* One step at a time: until the next area stands there, the buttons do nothing. */
    async step(...what) {
      if (this.stepping) return;
      this.stepping = true;
      this.actions.inert = true;
      try {
        await this.stepped(...what);
      } finally {
        this.stepping = false;
        this.actions.inert = false;
      }
    },

    async stepped(name, body, said, { onward } = {}) {
      if (this.drawing && !(await this.drawing.toolbar.save())) return;
      const area = await this.tried(() => GIS.boundaries.step(this.area.id, this.area.etag, name, body));
      if (!area) return;
      this.putDown();
      this.page.passing(said);
      await Promise.all([this.refreshAreas([area.id]), this.list.load()]);
      const next = onward && this.list.nextToDo(area.id);
      if (next) await this.openArea(next.id);
      else this.take(area, { stay: true });
    },

    submit() {
      return this.step("submit", {}, `“${this.area.name}”已提交审核。`, { onward: true });
    },

    approve() {
      return this.step("approve", {}, `“${this.area.name}”的边界已核准，图上和数据接口即时生效。`, { onward: true });
    },

    withdraw() {
      return this.step("withdraw", {}, "已撤回，回到草图。");
    },

    restore(revision) {
      return this.step("restore", { revision }, `第 ${revision} 版已恢复为新的草图。`);
    },

    async discard() {
      const answer = await GIS.ask("作废草图", GIS.el("p", {}, "这一版不再待办；它仍在历史版本中，可以恢复。"),
        [{ value: "no", title: "取消" }, { value: "yes", title: "作废", danger: true }]);
      if (answer === "yes") await this.step("discard", {}, "草图已作废。");
    },

    async sendBack() {
      const note = await GIS.askText(`退回“${this.area.name}”`, "退回的原因", { action: "退回", required: true, danger: true });
      if (note) await this.step("send-back", { note }, "已退回，原因已告知提出人。", { onward: true });
    },

    /* A split or merge was decided: other areas stand there now. */
    async afterSuccession(told) {
      await Promise.all([this.refreshAreas(), this.list.load()]);
      const heir = told.state === "approved" && told.after[0].id;
      await this.openArea(heir || this.area.id);
    },
  });
})();
