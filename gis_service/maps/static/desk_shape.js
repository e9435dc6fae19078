/* A boundary while it is drawn: parts of rings of positions, the first not repeated; a change gives a new shape and spares the old. */
(function () {
  "use strict";
  const GIS = window.GIS;

  const open = (ring) => (ring.length > 1 && ring[0][0] === ring[ring.length - 1][0] && ring[0][1] === ring[ring.length - 1][1]
    ? ring.slice(0, -1) : ring.slice()).map(([lon, lat]) => [lon, lat]);
  const closed = (ring) => [...ring, ring[0]];

  GIS.shapeOf = function (geometry) {
    if (!GIS.isPolygon(geometry)) return [];
    const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    return parts.map((rings) => rings.map(open));
  };

  GIS.shapeGeometry = (shape) => ({ type: "MultiPolygon", coordinates: shape.map((rings) => rings.map(closed)) });

  GIS.shapeLatLngs = (shape) => shape.map((rings) => rings.map((ring) => ring.map(([lon, lat]) => [lat, lon])));

  GIS.vertexCount = (shape) => shape.reduce((sum, rings) => sum + rings.reduce((all, ring) => all + ring.length, 0), 0);

  function withRing(shape, part, ring, change) {
    return shape.map((rings, p) => (p === part ? rings.map((each, r) => (r === ring ? change(each) : each)) : rings));
  }

  /* The shape with one vertex elsewhere; `at` is [part, ring, vertex]. */
  GIS.vertexMoved = (shape, [part, ring, vertex], position) => withRing(shape, part, ring, (each) => {
    const changed = each.slice();
    changed[vertex] = position;
    return changed;
  });

  /* The shape with a vertex more, before the one that stood there. */
  GIS.vertexAdded = (shape, [part, ring, vertex], position) => withRing(shape, part, ring,
    (each) => [...each.slice(0, vertex), position, ...each.slice(vertex)]);

  /* The shape with a vertex less; a ring of three goes whole, and with an outer ring its part. */
  GIS.vertexRemoved = function (shape, [part, ring, vertex]) {
    if (shape[part][ring].length > 3) return withRing(shape, part, ring, (each) => each.filter((_, index) => index !== vertex));
    if (ring === 0) return shape.filter((_, index) => index !== part);
    return shape.map((rings, index) => (index === part ? rings.filter((_, r) => r !== ring) : rings));
  };

  GIS.partAdded = (shape, ring) => [...shape, [open(ring)]];

  GIS.partRemoved = (shape, part) => shape.filter((_, index) => index !== part);

  /* The shape with a hole, where the ring lies wholly inside one part and meets none of its rings; null otherwise. */
  GIS.holeAdded = function (shape, ring) {
    const hole = open(ring);
    const part = shape.findIndex((rings) => within(rings, hole));
    return part < 0 ? null : shape.map((rings, index) => (index === part ? [...rings, hole] : rings));
  };

  function within(rings, hole) {
    const polygon = { type: "Polygon", coordinates: rings.map(closed) };
    const inside = { type: "Polygon", coordinates: [closed(hole)] };
    return hole.every((position) => GIS.contains(polygon, position)) && !rings.some((ring) => ringsCross(closed(ring), closed(hole))) &&
      !rings.slice(1).some((other) => GIS.contains(inside, other[0]));
  }

  function ringsCross(one, other) {
    const [west, south, east, north] = ringBox(other);
    return one.slice(1).some((to, index) => {
      const from = one[index];
      if (Math.max(from[0], to[0]) < west || Math.min(from[0], to[0]) > east) return false;
      if (Math.max(from[1], to[1]) < south || Math.min(from[1], to[1]) > north) return false;
      return other.slice(1).some((end, step) => GIS.segmentsCross(from, to, other[step], end));
    });
  }

  const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

  GIS.segmentsCross = (a, b, c, d) => turn(a, b, c) * turn(a, b, d) <= 0 && turn(c, d, a) * turn(c, d, b) <= 0;

  function ringBox(ring) {
    return ring.reduce(([west, south, east, north], [lon, lat]) =>
      [Math.min(west, lon), Math.min(south, lat), Math.max(east, lon), Math.max(north, lat)], [Infinity, Infinity, -Infinity, -Infinity]);
  }

  GIS.shapeBox = (shape) => ringBox(shape.flatMap((rings) => rings[0]));

  /* Every vertex in order: [[part, ring, vertex], position]. */
  GIS.vertices = (shape) => shape.flatMap((rings, part) => rings.flatMap((ring, r) =>
    ring.map((position, vertex) => [[part, r, vertex], position])));
})();
