/* What an area's sides are on the map: edges, bridged stretches, open sides, and every outline that fits the words. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const NUMERALS = "一二三四五六七八九十";

  const records = (feature) => feature.properties.sides || [];

  /* Coloured edges of an area as the resolver kept them, each over the whole of its side: {side, line}. */
  GIS.edgesOf = (feature) => records(feature).flatMap(({ side, edge }) => GIS.paths(edge).map((line) => ({ side, line })));

  /* What the named places of a side do not reach, drawn on by the program: {side, metres, lines}. */
  GIS.bridgesOf = (feature) => records(feature).filter(({ bridge }) => bridge)
    .map(({ side, bridge, bridged_m: metres }) => ({ side, metres, lines: GIS.paths(bridge) }));

  /* The outlines of all areas that fit an ambiguous sentence, west before east: {name, ring}. */
  GIS.alternativesOf = function ({ properties }) {
    if (properties.resolution_status !== "ambiguous") return [];
    const rings = GIS.paths(properties.open_sides).slice().sort((one, other) => one[0][0] - other[0][0]);
    return rings.map((ring, index) => ({ name: `可能${NUMERALS[index] || index + 1}`, ring }));
  };

  /* The sides that the sentence names, or should name, and that no place was found for. */
  GIS.openSides = function (properties) {
    if (properties.open) return properties.open;
    if (properties.resolution_status === "resolved") return [];
    const matched = new Set(records({ properties }).filter(({ edge }) => edge).map(({ side }) => side));
    return ["E", "S", "W", "N"].filter((side) => !matched.has(side));
  };

  const OUTWARDS = { E: [1, 0], S: [0, -1], W: [-1, 0], N: [0, 1] };

  /* An arrow outwards on each open side of what is drawn; round lines alone a dotted edge too: {side, edge, arrow}. */
  GIS.openMarks = function (feature, shapes) {
    const bounds = GIS.boundsOf(shapes);
    if (!bounds.isValid()) return [];
    const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
    const corners = { E: [[east, south], [east, north]], S: [[west, south], [east, south]],
      W: [[west, south], [west, north]], N: [[west, north], [east, north]] };
    const [mx, my] = GIS.metres(south);
    const reach = Math.max(60, Math.max((east - west) * mx, (north - south) * my) * 0.12);
    return GIS.openSides(feature.properties).map((side) => {
      const edge = corners[side];
      const from = feature.geometry ? GIS.outermost(feature.geometry, side) : GIS.along(edge, 0.5);
      const [dx, dy] = OUTWARDS[side];
      return { side, edge: feature.geometry ? null : edge, arrow: [from, [from[0] + (dx * reach) / mx, from[1] + (dy * reach) / my]] };
    });
  };
})();
