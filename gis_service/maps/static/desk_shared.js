/* Vertices that an area shares with its neighbours: found by their position, moved together when the person says so. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const ways = { ask: "共用边：先询问", both: "共用边：一起移动", own: "共用边：只动本区域" };
  GIS.SHARING = ways;

  const key = ([lon, lat]) => `${lon.toFixed(7)},${lat.toFixed(7)}`;

  GIS.Neighbours = class {
    constructor(areas) {
      this.known = new Map(areas.filter(({ geometry }) => geometry).map((area) => [String(area.id), { ...area, name: GIS.areaName(area.name),
        shape: GIS.shapeOf(area.geometry) }]));
      this.places = new Map();
      this.known.forEach(({ id, shape }) => GIS.vertices(shape).forEach(([at, position]) => {
        const found = this.places.get(key(position)) || [];
        found.push({ id: String(id), at });
        this.places.set(key(position), found);
      }));
    }

    /* The neighbours whose vertex stood where this one stands. */
    at(position) {
      return [...new Set((this.places.get(key(position)) || []).map(({ id }) => id))].map((id) => this.known.get(id));
    }

    /* The moves with every neighbour's vertex that stood at `from` put to `to`. */
    together(moves, from, to) {
      const changed = { ...moves };
      this.at(from).forEach(({ id, shape }) => {
        const now = changed[id] || shape;
        changed[id] = now.map((rings) => rings.map((ring) => (ring.some((place) => key(place) === key(from))
          ? ring.map((place) => (key(place) === key(from) ? to : place)) : ring)));
      });
      return changed;
    }

    /* The moves as the server wants them: every neighbour with the revision that was seen. */
    written(moves) {
      return Object.entries(moves).map(([id, shape]) => ({ id: this.known.get(id).id, revision: this.known.get(id).revision,
        geometry: GIS.shapeGeometry(shape) }));
    }

    /* A vertex that a neighbour moved along with is found at its new place. */
    moved(from, to) {
      const found = this.places.get(key(from));
      if (!found) return;
      this.places.set(key(to), [...(this.places.get(key(to)) || []), ...found]);
    }
  };

  /* Both, this one only, or null for neither. */
  GIS.askSharing = (names) => GIS.ask("这个点与邻区共用", [GIS.el("p", {}, `移动的点也是${names.map((name) => `“${name}”`).join("、")}边界上的点。` +
    "一起移动，两块仍然严丝合缝；只动本区域，两块之间会留缝或重叠。")],
  [{ value: "cancel", title: "不移动" }, { value: "own", title: "只动本区域" }, { value: "both", title: "两块一起移动", primary: true }])
    .then((answer) => (answer === "cancel" ? null : answer));
})();
