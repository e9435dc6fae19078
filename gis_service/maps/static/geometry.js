/* Plane geometry on GeoJSON: bounds, the point for a label, point in polygon, area of a ring. */
(function () {
  "use strict";
  const GIS = window.GIS;

  /* All rings or lines of a geometry, each a list of positions; a point is a line of one. */
  GIS.paths = function (geometry) {
    if (!geometry) return [];
    switch (geometry.type) {
      case "Point": return [[geometry.coordinates]];
      case "MultiPoint": return geometry.coordinates.map((position) => [position]);
      case "LineString": return [geometry.coordinates];
      case "MultiLineString":
      case "Polygon": return geometry.coordinates;
      case "MultiPolygon": return geometry.coordinates.flat();
      case "GeometryCollection": return geometry.geometries.flatMap(GIS.paths);
      default: return [];
    }
  };

  GIS.isPolygon = (geometry) => Boolean(geometry) && geometry.type.endsWith("Polygon");

  GIS.boundsOf = function (geometries) {
    const bounds = L.latLngBounds([]);
    geometries.forEach((geometry) => GIS.paths(geometry).forEach((path) =>
      path.forEach(([lon, lat]) => bounds.extend([lat, lon]))));
    return bounds;
  };

  function ringArea(ring) {
    let sum = 0;
    for (let i = 1; i < ring.length; i += 1) sum += ring[i - 1][0] * ring[i][1] - ring[i][0] * ring[i - 1][1];
    return sum / 2;
  }

  function crossings(ring, y) {
    const found = [];
    for (let i = 1; i < ring.length; i += 1) {
      const [x1, y1] = ring[i - 1];
      const [x2, y2] = ring[i];
      if (y1 > y !== y2 > y) found.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
    }
    return found;
  }

  function largestPolygon(geometry) {
    if (geometry.type === "Polygon") return geometry.coordinates;
    return geometry.coordinates.reduce((best, polygon) =>
      (Math.abs(ringArea(polygon[0])) > Math.abs(ringArea(best[0])) ? polygon : best));
  }

  /* A position well inside: the middle of the widest stretch on the best of seven scan lines. */
  function insidePolygon(rings) {
    const ys = rings[0].map((position) => position[1]);
    const low = Math.min(...ys);
    const high = Math.max(...ys);
    let best = null;
    for (let step = 1; step <= 7; step += 1) {
      const y = low + ((high - low) * step) / 8;
      const xs = rings.flatMap((ring) => crossings(ring, y)).sort((a, b) => a - b);
      for (let i = 1; i < xs.length; i += 2) {
        const width = (xs[i] - xs[i - 1]) * (1 - Math.abs(step - 4) * 0.12);
        if (!best || width > best.width) best = { width, position: [(xs[i] + xs[i - 1]) / 2, y] };
      }
    }
    return best ? best.position : rings[0][0];
  }

  const labelled = new WeakMap(); // geometries never change, and a map asks at every turn

  GIS.labelPosition = function (geometry) {
    if (!labelled.has(geometry)) labelled.set(geometry, positionFor(geometry));
    return labelled.get(geometry);
  };

  function positionFor(geometry) {
    if (GIS.isPolygon(geometry)) return insidePolygon(largestPolygon(geometry));
    const path = GIS.paths(geometry).reduce((best, next) => (next.length > best.length ? next : best), []);
    return path[Math.floor(path.length / 2)] || null;
  }

  GIS.contains = function (geometry, [lon, lat]) {
    if (!GIS.isPolygon(geometry)) return false;
    const right = GIS.paths(geometry).reduce((sum, ring) => sum + crossings(ring, lat).filter((x) => x > lon).length, 0);
    return right % 2 === 1;
  };

  /* Where the straight line from the label position leaves a polygon on one of the sides E, S, W, N. */
  GIS.outermost = function (geometry, side) {
    const swap = ([x, y]) => (side === "N" || side === "S" ? [y, x] : [x, y]);
    const [, along] = swap(insidePolygon(largestPolygon(geometry)));
    const across = GIS.paths(geometry).flatMap((ring) => crossings(ring.map(swap), along));
    return swap([side === "E" || side === "N" ? Math.max(...across) : Math.min(...across), along]);
  };

  /* Metres per degree at a latitude. */
  GIS.metres = (lat) => [111320 * Math.cos((lat * Math.PI) / 180), 110574];

  /* The area inside a ring in m², within a few thousandths: for a look, not for the record. */
  GIS.ringSquareMetres = function (ring) {
    const [mx, my] = GIS.metres(ring[0][1]);
    return Math.abs(ringArea(ring.map(([lon, lat]) => [(lon - ring[0][0]) * mx, (lat - ring[0][1]) * my])));
  };

  function steps(line) {
    const [mx, my] = GIS.metres(line[0][1]);
    return line.slice(1).map(([lon, lat], index) => Math.hypot((lon - line[index][0]) * mx, (lat - line[index][1]) * my));
  }

  GIS.longest = (lines) => lines.map((line) => ({ line, metres: steps(line).reduce((sum, step) => sum + step, 0) }))
    .reduce((best, next) => (next.metres > best.metres ? next : best)).line;

  /* The position at a share (0–1) of a line's length. */
  GIS.along = function (line, share) {
    const lengths = steps(line);
    let rest = lengths.reduce((sum, step) => sum + step, 0) * share;
    const index = lengths.findIndex((step) => { rest -= step; return rest <= 0; });
    if (index < 0) return line[line.length - 1];
    const part = lengths[index] ? 1 + rest / lengths[index] : 0;
    const [from, to] = [line[index], line[index + 1]];
    return [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
  };
})();
