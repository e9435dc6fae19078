/* What is being looked at, as the part of the address behind “#”: sent to somebody else, it shows the same. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const RESTS_MS = 200;

  GIS.Permalink = class {
    constructor(map) {
      this.map = map;
      this.given = new URLSearchParams(window.location.hash.slice(1));
    }

    get(name) {
      return this.given.get(name) || "";
    }

    /* Where the map stood; null where the address does not say so. */
    view() {
      const [zoom, lat, lon] = this.get("v").split("/").map(Number);
      const told = [zoom, lat, lon].every(Number.isFinite) && Math.abs(lat) <= 85 && Math.abs(lon) <= 180 && zoom >= 1 && zoom <= 20;
      return told && this.get("v") ? { zoom, centre: [lat, lon] } : null;
    }

    /* The address says this once the map rests; what is empty is left out. */
    write(state) {
      clearTimeout(this.writing);
      this.writing = setTimeout(() => this._write(state), RESTS_MS);
    }

    _write(state) {
      const { lat, lng } = this.map.getCenter();
      const said = new URLSearchParams();
      Object.entries(state).forEach(([name, value]) => { if (value) said.set(name, value); });
      said.set("v", `${+this.map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`);
      const text = said.toString().replaceAll("%2F", "/").replaceAll("%2C", ",").replaceAll("%3A", ":");
      window.history.replaceState(null, "", `#${text}`);
    }
  };
})();
