/* Plane geometry on GeoJSON: bounds, the point for a label, point in polygon, distance to a line in metres. */
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

  GIS.labelPosition = function (geometry) {
    if (GIS.isPolygon(geometry)) return insidePolygon(largestPolygon(geometry));
    const path = GIS.paths(geometry).reduce((best, next) => (next.length > best.length ? next : best), []);
    return path[Math.floor(path.length / 2)] || null;
  };

  GIS.contains = function (geometry, [lon, lat]) {
    if (!GIS.isPolygon(geometry)) return false;
    const right = GIS.paths(geometry).reduce((sum, ring) => sum + crossings(ring, lat).filter((x) => x > lon).length, 0);
    return right % 2 === 1;
  };

  /* Metres per degree at a latitude. */
  GIS.metres = (lat) => [111320 * Math.cos((lat * Math.PI) / 180), 110574];

  function toSegment(px, py, ax, ay, bx, by) {
    const dx = bx - ax;
    const dy = by - ay;
    const length = dx * dx + dy * dy;
    const t = length ? Math.max(0, Math.min(1, ((px - ax) * dx + (py - ay) * dy) / length)) : 0;
    return Math.hypot(px - ax - t * dx, py - ay - t * dy);
  }

  /* The nearest segment of a geometry's lines or rings: {metres, course}, the course in radians. */
  GIS.nearest = function (geometry, [lon, lat]) {
    const [mx, my] = GIS.metres(lat);
    let found = { metres: Infinity, course: 0 };
    GIS.paths(geometry).forEach((path) => {
      for (let i = 1; i < path.length; i += 1) {
        const [ax, ay] = [(path[i - 1][0] - lon) * mx, (path[i - 1][1] - lat) * my];
        const [bx, by] = [(path[i][0] - lon) * mx, (path[i][1] - lat) * my];
        const metres = toSegment(0, 0, ax, ay, bx, by);
        if (metres < found.metres) found = { metres, course: Math.atan2(by - ay, bx - ax) };
      }
    });
    return found;
  };

  GIS.distance = (geometry, position) => GIS.nearest(geometry, position).metres;
})();
