/* Which stretch of a boundary belongs to which side of the sentence, and where a side stayed open. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const WORST_FIT_M = 38;
  const CROSSWISE_M = 40;
  const STEP_M = 12;

  function split(from, to) {
    const [mx, my] = GIS.metres(from[1]);
    const length = Math.hypot((to[0] - from[0]) * mx, (to[1] - from[1]) * my);
    const pieces = Math.max(1, Math.ceil(length / STEP_M));
    const points = [];
    for (let i = 0; i <= pieces; i += 1) {
      points.push([from[0] + ((to[0] - from[0]) * i) / pieces, from[1] + ((to[1] - from[1]) * i) / pieces]);
    }
    return points;
  }

  function course(from, to) {
    const [mx, my] = GIS.metres(from[1]);
    return Math.atan2((to[1] - from[1]) * my, (to[0] - from[0]) * mx);
  }

  /* How badly a stretch fits a place: metres from its reserve, and more the less they run side by side. */
  function misfit(from, to, { geometry, half }) {
    const middle = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
    const near = GIS.nearest(geometry, middle);
    return Math.abs(near.metres - half) + CROSSWISE_M * Math.abs(Math.sin(near.course - course(from, to)));
  }

  /* The side whose places a stretch fits best; undefined where it fits none. */
  function sideOf(from, to, sides) {
    let best = { side: undefined, cost: WORST_FIT_M };
    sides.forEach(({ side, geometries }) => geometries.forEach((place) => {
      const cost = misfit(from, to, place);
      if (cost < best.cost) best = { side, cost };
    }));
    return best.side;
  }

  function grow(found, side, from, to) {
    const last = found[found.length - 1];
    if (last && last.side === side && last.line.length) last.line.push(to);
    else found.push({ side, line: [from, to] });
  }

  /* The boundary of a polygon as stretches {side, line}; matched by the places that the sides name. */
  function stretches(geometry, sides) {
    const found = [];
    GIS.paths(geometry).forEach((ring) => {
      for (let i = 1; i < ring.length; i += 1) {
        const points = split(ring[i - 1], ring[i]);
        for (let j = 1; j < points.length; j += 1) {
          grow(found, sideOf(points[j - 1], points[j], sides), points[j - 1], points[j]);
        }
      }
      found.push({ side: undefined, line: [] });
    });
    return found.filter(({ line }) => line.length > 1);
  }

  function located(sides, places) {
    return sides.map((side) => {
      const names = new Set(side.places || []);
      const geometries = places
        .filter((place) => place.geometry && (names.has(place.properties.name) || names.has(String(place.id))))
        .map((place) => ({ geometry: place.geometry, half: (place.properties.width_m || 0) / 2 }));
      return { side: side.side, geometries };
    }).filter(({ geometries }) => geometries.length);
  }

  /* The position on the named places that lies nearest to all of them: about where the area must be. */
  function meeting(found) {
    let best = null;
    found.flatMap(({ geometries }) => geometries).flatMap(({ geometry }) => GIS.paths(geometry).flat()).forEach((position) => {
      const worst = Math.max(...found.map(({ geometries }) =>
        Math.min(...geometries.map(({ geometry }) => GIS.distance(geometry, position)))));
      if (!best || worst < best.worst) best = { position, worst };
    });
    return best;
  }

  /* Without any boundary: the named places themselves, as far as they lie around where they meet. */
  function named(found) {
    const centre = meeting(found);
    if (!centre) return [];
    const [mx, my] = GIS.metres(centre.position[1]);
    const reach = Math.min(1500, Math.max(400, centre.worst * 1.4));
    const near = ([lon, lat]) => Math.hypot((lon - centre.position[0]) * mx, (lat - centre.position[1]) * my) <= reach;
    return found.flatMap(({ side, geometries }) => geometries.flatMap(({ geometry }) => GIS.paths(geometry)).flatMap((path) => {
      const kept = [];
      for (let i = 1; i < path.length; i += 1) {
        const points = split(path[i - 1], path[i]);
        for (let j = 1; j < points.length; j += 1) {
          if (near(points[j])) grow(kept, side, points[j - 1], points[j]);
          else kept.push({ side, line: [] });
        }
      }
      return kept.filter(({ line }) => line.length > 1);
    }));
  }

  function given(sides) {
    return sides.filter((side) => side.edge).flatMap((side) =>
      GIS.paths(side.edge).map((line) => ({ side: side.side, line })));
  }

  /* The stretches of a side that the named places do not reach: drawn on by the program, to be looked at. */
  GIS.bridgesOf = function (feature) {
    return (feature.properties.sides || []).filter((side) => side.bridge).flatMap((side) =>
      GIS.paths(side.bridge).map((line) => ({ side: side.side, line })));
  };

  /* Coloured edges of an area: as the resolver kept them, else found again on its boundary or on its open sides. */
  GIS.edgesOf = function (feature, places) {
    const sides = feature.properties.sides || [];
    const kept = given(sides);
    if (kept.length) return kept;
    const found = located(sides, places);
    const shape = feature.geometry || feature.properties.open_sides;
    return shape ? stretches(shape, found) : named(found);
  };

  /* The sides that the sentence names, or should name, and that no place was found for. */
  GIS.openSides = function (properties) {
    if (properties.resolution_status === "resolved") return [];
    const drawn = (side) => ("edge" in side ? Boolean(side.edge) : (side.places || []).length > 0);
    const matched = new Set((properties.sides || []).filter(drawn).map((side) => side.side));
    return ["E", "S", "W", "N"].filter((side) => !matched.has(side));
  };

  /* A dotted line and an arrow outwards on each open side of what could be drawn. */
  GIS.openMarks = function (bounds, sides) {
    const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const middle = [(west + east) / 2, (south + north) / 2];
    const [mx, my] = GIS.metres(middle[1]);
    const reach = Math.max(60, Math.max((east - west) * mx, (north - south) * my) * 0.12);
    const dx = reach / mx;
    const dy = reach / my;
    const lines = {
      E: [[[east, south], [east, north]], [[east, middle[1]], [east + dx, middle[1]]]],
      W: [[[west, south], [west, north]], [[west, middle[1]], [west - dx, middle[1]]]],
      S: [[[west, south], [east, south]], [[middle[0], south], [middle[0], south - dy]]],
      N: [[[west, north], [east, north]], [[middle[0], north], [middle[0], north + dy]]],
    };
    return sides.map((side) => ({ side, edge: lines[side][0], arrow: lines[side][1] }));
  };
})();
