/* The boundaries desk on our server: the work list, one area in hand, and what is done to it, on top of the map that shows sentences. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const Viewer = GIS.desks.boundaries;
  const WORKING = { color: "#0b5cad", weight: 2, dashArray: "6 4", fill: true, fillColor: "#0b5cad", fillOpacity: 0.07 };
  const IN_FORCE = { color: "#2f855a", weight: 2, fill: false };

  /* An area as the marks on the map know features: sides with their edges, what is open, what else would fit. */
  function asFeature(area) {
    const { alternatives, status } = area.resolution;
    const rings = alternatives.flatMap((geometry) => GIS.shapeGeometry(GIS.shapeOf(geometry)).coordinates.map((part) => part[0]));
    return { id: area.id, geometry: (area.working || area.approved || {}).geometry || null, properties: { name: area.name, code: area.code,
      resolution_status: area.working ? "resolved" : status, open: area.open_sides,
      sides: area.sentence.sides,
      open_sides: { type: "MultiLineString", coordinates: rings } } };
  }

  GIS.desks.boundaries = class extends Viewer {
    constructor(page) {
      super(page);
      L.PM.setOptIn(true); // what is drawn by us is none of Geoman's
      Object.assign(this, { area: null, drawing: null, picking: null, importing: null, findings: new GIS.Findings(page),
        outline: L.featureGroup().addTo(page.map), list: new GIS.WorkList(page, (item) => this.openArea(item.id)) });
      this.actions = GIS.el("div", { class: "actions-place" });
    }

    start() {
      super.start();
      this.list.load();
    }

    divisionChosen() {
      super.divisionChosen();
      this.list.load();
    }

    divisionAsked() {
      const chosen = this.divisions && this.divisions.byCode.get(this.page.division);
      if (!chosen) return {};
      return chosen.level === "county" ? { county: chosen.name } : { street: chosen.name };
    }

    /* The answer, or nothing where the server refused or could not be reached: then the person is told. */
    async tried(ask) {
      try {
        return await ask();
      } catch (error) {
        this.refused(error);
        return null;
      }
    }

    refused(error) {
      if (error instanceof GIS.Offline) this.page.passing("连不上服务器，没有做成。草稿在本机，连上后可以再试。");
      else if (!(error instanceof GIS.Refused)) throw error;
      else if (error.status === 412) this.overtaken(error);
      else {
        if (error.problem.findings) this.found(error.problem.findings);
        this.page.passing(error.message);
      }
    }

    render() {
      if (!this.divisions) this.start();
      const body = document.getElementById("panel-body");
      const shown = [this.importing, this.area, this.picking];
      if (this.rendered && shown.every((each, index) => each === this.rendered[index])) return; // the map alone has changed
      this.rendered = shown;
      document.body.classList.toggle("has-detail", Boolean(this.area || this.importing));
      if (this.importing) GIS.fill(body, this.importing.nodes());
      else if (this.area) GIS.fill(body, this.panel(this.area));
      else {
        this.list.render();
        GIS.fill(body, this.list.nodes(), GIS.el("p", { class: "work-foot" },
          GIS.el("button", { type: "button", class: "plain", id: "import-drawings", onclick: () => this.openImport() }, "导入绘制好的边界…")));
      }
    }

    panel(area) {
      const [before, after] = this.list.around(area.id);
      const step = (title, target) => GIS.el("button", { type: "button", disabled: !target, onclick: () => this.openArea(target.id) }, title);
      const side = this.picking && this.picking.side;
      this.showActions();
      return [
        GIS.el("div", { class: "detail-bar" }, GIS.el("button", { type: "button", id: "back", onclick: () => this.back() }, "‹ 返回清单"),
          GIS.el("span", {}, step("上一个", before), step("下一个", after))),
        GIS.el("div", { class: "scroll", tabindex: "-1" }, GIS.el("h2", {}, area.name), GIS.stateLine(area), GIS.proposal(this, area),
          GIS.el("h3", {}, "四至范围"), area.sentence.text ? GIS.pressableSentence(area, side, (each) => this.pick(each))
            : GIS.el("p", { class: "nothing" }, "台账没有填写四至范围。"),
          GIS.alternatives(this, area), this.picking && this.picking.node,
          GIS.sideRows(area, side, (each) => this.pick(each), (each) => this.unjudge(each)), this.findings.node, GIS.issueList(area.resolution.issues),
          this.history.node(), GIS.el("h3", {}, "台账内容"), GIS.el("dl", { class: "fields" },
            area.facts.map(({ title, value }) => [GIS.el("dt", {}, title), GIS.el("dd", {}, value)]))),
        this.actions,
      ];
    }

    showActions() {
      const bar = GIS.actionBar(this, this.area);
      // a bar that is the same stays: a button that is put anew while it is pressed would never be told
      if (!bar.isEqualNode(this.actions.firstChild)) GIS.fill(this.actions, bar);
    }

    found(findings) {
      this.findings.show(findings);
      this.showActions();
    }

    open(feature, stay) {
      this.openArea(feature.id, { stay });
    }

    async openArea(id, { stay } = {}) {
      const area = await this.tried(() => GIS.boundaries.area(id));
      if (!area) return;
      this.putDown();
      this.take(area, { stay });
      const back = document.getElementById("back");
      if (back) back.focus({ preventScroll: true });
      if (!(await this.resumed(area)) && area.may.edit && area.state === "open" && area.open_sides.length) this.pick(area.open_sides[0]);
    }

    reopen() {
      return this.openArea(this.area.id, { stay: true });
    }

    /* Everything on page and map follows this state of the area. */
    take(area, { stay } = {}) {
      if (this.history) this.history.close();
      Object.assign(this, { area, history: new GIS.History(this, area),
        current: this.areas.features.find((feature) => String(feature.id) === String(area.id)) || null });
      this.page.map.closePopup();
      this.shown.show(asFeature(area));
      this.findings.show(area.findings);
      this.checkWorking(area);
      this.showOutline();
      this.areas.refresh();
      if (!stay) this.zoomTo(this.shown.shapes());
      this.page.settle();
      window.history.replaceState(null, "", `#${encodeURIComponent(area.code)}`);
    }

    /* What the checks say of the version in work, for whoever submits or decides it. */
    async checkWorking(area) {
      if (!area.working) return;
      const told = await this.tried(() => GIS.boundaries.check(area.id, area.working.geometry));
      if (told && this.area === area && !this.drawing) this.found(told.findings);
    }

    showOutline() {
      this.outline.clearLayers();
      if (!this.area || this.drawing) return;
      const { working, approved } = this.area;
      [[working && approved, IN_FORCE, approved], [working, WORKING, working]].filter(([there]) => there).forEach(([, style, { geometry }]) =>
        L.polygon(GIS.shapeLatLngs(GIS.shapeOf(geometry)), { ...style, renderer: this.page.canvas, interactive: false }).addTo(this.outline));
    }

    /* Ends what is under way; a draft stays on this machine. */
    putDown() {
      this.stopPicking();
      if (this.tools) this.tools.stop();
      if (this.drawing) this.drawing.close();
      this.drawing = null;
    }

    leave() {
      this.putDown();
      if (this.history) this.history.close();
      this.area = null;
      this.outline.clearLayers();
      this.findings.show([]);
      super.leave();
    }

    back() {
      const { code } = this.area;
      this.leave();
      this.render();
      this.page.labels.redraw();
      this.list.load().then(() => this.list.focusRow(code));
    }

    escape() {
      if (this.picking) this.stopPicking();
      else if (this.importing) this.leaveImport();
      else if (this.area && !this.drawing) this.back();
    }

    /* A click on the map that belongs to what is under way. */
    took(event) {
      if (this.picking) this.picking.clicked(event.latlng);
      return Boolean(this.picking || this.drawing || (this.tools && this.tools.busy));
    }

    openImport() {
      this.importing = new GIS.DrawingsImport(this);
      this.render();
      document.getElementById("back").focus();
    }

    leaveImport() {
      this.importing.close();
      this.importing = null;
      this.render();
      this.list.load();
      document.getElementById("import-drawings").focus();
    }

    /* The map's features as the server has them now: of some areas, or of all. */
    async refreshAreas(ids) {
      if (this.areas.tiled) this.areas.grid.ask({}); // unchanged tiles are answered by 304
      else if (!ids) await this.page.reload(this.areas.id);
      else {
        const fresh = await Promise.all(ids.map((id) => GIS.loadItem(this.areas.id, id)));
        const known = new Map(fresh.map((feature) => [String(feature.id), feature]));
        this.areas.features = this.areas.features.map((feature) => known.get(String(feature.id)) || feature);
        this.areas.draw();
      }
      if (this.area) this.current = this.areas.features.find((feature) => String(feature.id) === String(this.area.id)) || null;
      this.areas.refresh();
      this.page.stack();
      this.page.labels.redraw();
    }
  };
})();
