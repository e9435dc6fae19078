/* A report from the spot: where (pressed on the map, or where the phone is), a photo, a few words. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const PIN = { marker: "cross", radius: 9, weight: 2, color: "#ffffff", fillColor: "#1a202c", fillOpacity: 1, interactive: false };

  GIS.SpotReport = class {
    constructor(desk) {
      Object.assign(this, { desk, page: desk.page, on: false, place: null, wrong: "", said: "" });
    }

    open() {
      Object.assign(this, { on: true, place: null, wrong: "", said: "点一下地图上的位置，或用手机定位。" });
      this.page.map.closePopup();
      this.desk.render();
    }

    close() {
      this.on = false;
      this.mark(null);
      this.desk.render();
    }

    /* The map was pressed while a report is being written. */
    at(latlng) {
      this.mark(latlng);
      this.tell(`已选位置：${latlng.lat.toFixed(6)}，${latlng.lng.toFixed(6)}。可以再点一下改正。`);
    }

    mark(latlng) {
      if (this.pin) this.pin.remove();
      this.place = latlng;
      this.pin = latlng ? new GIS.Symbol(latlng, { ...PIN, renderer: this.page.canvas }).addTo(this.page.map) : null;
    }

    tell(words) {
      this.said = words;
      const shown = document.getElementById("spot-place");
      if (shown) shown.textContent = words;
    }

    locate() {
      if (!navigator.geolocation) {
        this.tell("这台设备不能定位，请在地图上点选。");
        return;
      }
      this.tell("正在定位……");
      navigator.geolocation.getCurrentPosition(({ coords }) => {
        const place = L.latLng(coords.latitude, coords.longitude);
        this.page.map.setView(place, 18, { animate: false });
        this.at(place);
        this.tell(`已定位（误差约 ${Math.round(coords.accuracy)} m）：${place.lat.toFixed(6)}，${place.lng.toFixed(6)}。可以在地图上点一下改正。`);
      }, () => this.tell("没有取得位置（未允许，或没有信号），请在地图上点选。"), { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 });
    }

    categories() {
      const words = this.page.config.layers.problems.fields.category.words;
      const known = Object.entries(words).filter(([number]) => this.page.config.may_report !== "fire" || (number >= 10 && number <= 14));
      const select = GIS.el("select", { id: "spot-category", name: "category" },
        known.map(([number, title]) => GIS.el("option", { value: number, selected: number === "11" }, `${number}　${title}`)));
      return GIS.el("p", { class: "field" }, GIS.el("label", { for: "spot-category" }, "问题类别"), select);
    }

    render() {
      const back = GIS.el("div", { class: "detail-bar" }, GIS.el("button", { type: "button", onclick: () => this.close() }, "‹ 不报了"));
      const form = GIS.el("form", { class: "step spot", "aria-label": "现场上报", onsubmit: (event) => this.submit(event) },
        GIS.el("h2", {}, "现场上报"),
        GIS.el("p", { id: "spot-place", role: "status" }, this.said),
        GIS.el("p", {}, GIS.el("button", { type: "button", class: "act", onclick: () => this.locate() }, "用手机定位")),
        GIS.photoField("拍照或选照片", "image/jpeg,image/png,image/webp"),
        this.categories(), GIS.field("note", "看到了什么", "long"),
        GIS.el("p", { class: "wrong", role: "alert", hidden: !this.wrong }, this.wrong),
        GIS.el("button", { type: "submit", class: "primary" }, "提交上报"));
      return [back, GIS.el("div", { class: "scroll" }, form)];
    }

    refuse(form, words) {
      const shown = form.querySelector(".wrong");
      shown.textContent = words;
      shown.hidden = false;
      shown.scrollIntoView({ block: "nearest" });
    }

    async submit(event) {
      event.preventDefault();
      const form = event.target;
      if (!this.place) return this.refuse(form, "还没有位置：请点一下地图，或用手机定位。");
      const told = new FormData(form);
      if (!told.get("note").trim()) return this.refuse(form, "请写明看到了什么。");
      told.set("lon", this.place.lng);
      told.set("lat", this.place.lat);
      if (!told.get("file").size) told.delete("file");
      const button = form.querySelector("button[type=submit]");
      button.disabled = true;
      try {
        const problem = await GIS.send("/problems", told);
        this.on = false;
        this.mark(null);
        await this.desk.problemsChanged();
        await this.desk.showProblem(problem.id);
      } catch (error) {
        this.refuse(form, error.message);
      } finally {
        button.disabled = false;
      }
      return null;
    }
  };
})();
