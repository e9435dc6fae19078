/* Drawing with Leaflet-Geoman: a further part, a piece taken out, a line; its words are ours, its snapping is ours. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const STYLE = { color: "#0b5cad", weight: 2.5, dashArray: null, fillColor: "#0b5cad", fillOpacity: 0.12, pmIgnore: false };
  const WORDS = {
    tooltips: {
      firstVertex: "单击放下第一个点", continueLine: "单击放下一个点；退格键撤去一个点",
      finishPoly: "单击第一个点或按回车完成", finishLine: "单击最后一个点或按回车完成",
    },
  };
  const KINDS = { part: "Polygon", hole: "Cut", line: "Line" };

  /* Draws one thing at a time; `snap(position, free)` gives where a point falls. */
  GIS.Tools = class {
    constructor(page, snap) {
      Object.assign(this, { page, map: page.map, snap, busy: null });
      const pm = this.map.pm;
      pm.setLang("desk", WORDS, "zh");
      pm.setGlobalOptions({ templineStyle: STYLE, hintlineStyle: { ...STYLE, dashArray: "5 5" }, pathOptions: STYLE, allowSelfIntersection: true,
        snappable: true, continueDrawing: false, exitModeOnEscape: false, finishOnEnter: false });
      Object.values(KINDS).forEach((kind) => { pm.Draw[kind]._handleSnapping = (event, own) => this._snapped(pm.Draw[kind], event, own); });
      this.keys = (event) => this._key(event);
    }

    /* Geoman asks where the next point falls: its own first point, else what our ground has near. */
    _snapped(drawing, event, own) {
      const marker = event.target;
      const first = drawing._layer && drawing._shape !== "Line" && drawing._layer.getLatLngs()[0];
      const place = marker.getLatLng();
      marker._snapped = false;
      if (first && drawing._layer.getLatLngs().length > 2 && this._px(first, place) < 12) {
        marker.setLatLng(first);
        marker._snapped = true;
      } else if (!own) {
        const free = Boolean(event.originalEvent && event.originalEvent.altKey);
        const [lon, lat] = this.snap([place.lng, place.lat], free);
        if (lon !== place.lng || lat !== place.lat) {
          marker.setLatLng([lat, lon]);
          marker._snapped = true;
        }
      }
      return true;
    }

    _px(one, other) {
      return this.map.latLngToContainerPoint(one).distanceTo(this.map.latLngToContainerPoint(other));
    }

    /* The positions drawn; null when the person gave up. */
    draw(kind) {
      this.stop();
      return new Promise((done) => {
        const drawing = this.map.pm.Draw[KINDS[kind]];
        this.busy = { kind, drawing, done };
        drawing._finishShape = () => this._finish();
        drawing.enable({ snappable: true });
        document.addEventListener("keydown", this.keys, true);
        document.body.classList.add("drawing");
        this.map.getContainer().focus({ preventScroll: true });
      });
    }

    points() {
      return this.busy ? this.busy.drawing._layer.getLatLngs().map(({ lng, lat }) => [lng, lat]) : [];
    }

    _finish() {
      const points = this.points();
      if (points.length < (this.busy.kind === "line" ? 2 : 3)) return;
      this._end(points);
    }

    stop() {
      if (this.busy) this._end(null);
    }

    _end(points) {
      const { drawing, done } = this.busy;
      this.busy = null;
      document.removeEventListener("keydown", this.keys, true);
      document.body.classList.remove("drawing");
      drawing.disable();
      delete drawing._finishShape;
      done(points);
    }

    /* Space puts a point in the middle of the map, Enter ends, Backspace takes a point back, Escape gives up. */
    _key(event) {
      if (/^(INPUT|SELECT|TEXTAREA|BUTTON)$/.test(document.activeElement.tagName) && event.key !== "Escape") return;
      if (event.key === "Enter") this._finish();
      else if (event.key === "Escape") this.stop();
      else if (event.key === "Backspace" || (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey))) {
        if (this.points().length > 1) this.busy.drawing._removeLastVertex();
      } else if (event.key === " ") {
        const latlng = this.map.getCenter();
        this.map.fire("mousemove", { latlng }).fire("click", { latlng });
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }
  };

  /* A shape less a ring: as a hole where it lies inside, else cut by Geoman; null where nothing would remain. */
  GIS.takenOut = function (map, shape, ring) {
    const holed = GIS.holeAdded(shape, ring);
    if (holed) return holed;
    const options = { pmIgnore: false, interactive: false };
    const whole = L.polygon(GIS.shapeLatLngs(shape), options).addTo(map);
    const cutting = map.pm.Draw.Cut;
    const piece = L.polygon(ring.map(([lon, lat]) => [lat, lon]), options);
    const left = cutting._cutLayer(piece, whole);
    whole.remove();
    return left ? GIS.shapeOf(left.geometry || left) : null;
  };
})();
