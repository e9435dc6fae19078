/* The bar over the map while drawing: what can be done, how large it is, whether it is kept. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const HELP = "拖动圆点移动，点两点之间的小点加点，右键或删除键去点；按住 Alt 不吸附。键盘：Tab 到圆点，方向键移动 1 米，句号、逗号换点。";

  GIS.DrawBar = class {
    constructor(drawing) {
      this.drawing = drawing;
      const button = (name, title, hint, onclick) => {
        this[name] = GIS.el("button", { type: "button", title: hint, data: { tool: name }, onclick }, title);
        return this[name];
      };
      this.size = GIS.el("output", { class: "draw-area", "aria-label": "面积" });
      this.kept = GIS.el("span", { class: "draw-kept", role: "status" });
      this.said = GIS.el("span", { class: "draw-said", "aria-live": "polite" });
      this.sharing = GIS.el("select", { "aria-label": "移动共用的点时", onchange: (event) => { drawing.sharing = event.target.value; } },
        Object.entries(GIS.SHARING).map(([value, title]) => GIS.el("option", { value }, title)));
      this.node = GIS.el("div", { class: "draw-bar" },
        GIS.el("div", { class: "draw-tools", role: "toolbar", "aria-label": "绘制边界" },
          button("part", "加一块", "画一块与现有部分分开的地", () => this._busy(() => drawing.addPart())),
          button("hole", "挖除", "画一圈，圈内不属于本区域：在里面成洞，跨边则裁去", () => this._busy(() => drawing.takeOut())),
          button("vertex", "删除此点", "删除选中的点（删除键）", () => drawing.remove(drawing.handles.active)),
          button("undo", "撤销", "撤销（Ctrl+Z）", () => drawing.undo()),
          button("redo", "重做", "重做（Ctrl+Shift+Z）", () => drawing.redo()), this.sharing,
          button("keep", "保存草稿", "保存到服务器（Ctrl+S）", () => this.save()),
          button("done", "完成", "保存并结束绘制", () => this.finish())),
        GIS.el("div", { class: "draw-facts" }, this.size, this.kept, this.said),
        GIS.el("p", { class: "draw-help" }, HELP));
      this.keep.className = "primary";
      document.querySelector(".stage").append(this.node);
      L.DomEvent.disableClickPropagation(this.node);
    }

    /* Room around what is drawn: it is not to lie under the bar. */
    margins() {
      return { paddingTopLeft: [40, this.node.offsetHeight + 36], paddingBottomRight: [40, 40] };
    }

    area(squareMetres) {
      this.size.textContent = squareMetres ? GIS.areaReadout(squareMetres) : "尚未画出";
    }

    tell(words) {
      if (this.said.textContent !== words) this.said.textContent = words;
    }

    refresh() {
      const { past, future, keeper, handles, now, tools } = this.drawing;
      const state = GIS.KEEP_STATES[keeper.state];
      const told = GIS.vertexCount(now.shape) ? `${state.mark} ${state.title}` : "";
      this.kept.dataset.state = keeper.state;
      if (this.kept.textContent !== told) this.kept.textContent = told;
      this.undo.disabled = !past.length;
      this.redo.disabled = !future.length;
      this.vertex.disabled = !(handles && handles.active);
      this.hole.disabled = !GIS.vertexCount(now.shape);
      this.sharing.value = this.drawing.sharing;
      this.sharing.hidden = !this.drawing.neighbours.known.size;
      this.node.classList.toggle("busy", Boolean(tools && tools.busy));
    }

    async _busy(work) {
      const going = work();
      this.refresh();
      await going;
      this.refresh();
    }

    async save() {
      if (this.drawing.keeper.state === "saved") return true;
      try {
        return await this.drawing.save();
      } catch (error) {
        this.drawing.desk.refused(error);
        return false;
      }
    }

    async finish() {
      if (await this.save()) this.drawing.desk.leaveDrawing();
    }

    remove() {
      this.node.remove();
    }
  };
})();
