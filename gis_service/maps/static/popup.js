/* What a feature says when chosen: the declared fields with their Chinese titles, and a mark on the map around it. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const SILENT = new Set(["sample", "sides", "open_sides", "batch_id"]);

  function fieldKeys(declared) {
    if (declared.popup) return declared.popup;
    return Object.keys(declared.fields).filter((key) =>
      !SILENT.has(key) && key !== declared.id_field && !key.endsWith("_id") && !key.endsWith("_code"));
  }

  /* A list of titles and values; fields with nothing in them are left out. */
  GIS.fieldList = function (declared, properties) {
    const rows = fieldKeys(declared).map((key) => {
      const field = declared.fields[key];
      const text = field ? GIS.value(key, field, properties[key]) : "";
      return text ? [GIS.el("dt", {}, field.title), GIS.el("dd", {}, text)] : null;
    });
    return GIS.el("dl", { class: "fields" }, rows.filter(Boolean));
  };

  GIS.popupContent = function (layer, feature) {
    return GIS.el("div", { class: "popup" },
      GIS.el("p", { class: "popup-layer" }, GIS.swatch(layer.rule(feature), layer.kind), layer.titleOf ? layer.titleOf(feature) : layer.declared.title),
      GIS.el("h2", {}, layer.name(feature) || "（未命名）"),
      GIS.fieldList(layer.declared, feature.properties), layer.more && layer.more(feature),
      feature.properties.sample === true && GIS.el("p", { class: "sample-note" }, "示例数据（虚构）"));
  };

  const HALO = { color: "#1a202c", weight: 3.5, fill: false, opacity: 0.95, interactive: false };

  function ring(page, path) {
    return new GIS.Symbol(path.getLatLng(), {
      renderer: page.canvas, marker: "ring", radius: 12, weight: 2.5, color: HALO.color, fillOpacity: 0,
      shift: path.options.shift, interactive: false,
    });
  }

  function outline(page, path) {
    const line = !(path instanceof L.Polygon);
    const wide = { ...HALO, renderer: page.canvas, color: "#ffffff", weight: line ? 13 : 7 };
    const thin = { ...HALO, renderer: page.canvas, weight: line ? 9 : HALO.weight };
    const make = line ? L.polyline : L.polygon;
    return L.featureGroup([make(path.getLatLngs(), wide), make(path.getLatLngs(), thin)]);
  }

  GIS.mark = function (page, path) {
    GIS.unmark(page);
    page.halo = (path.getLatLng ? ring(page, path) : outline(page, path)).addTo(page.map);
    if (path instanceof L.Polyline && !(path instanceof L.Polygon)) path.bringToFront();
  };

  GIS.unmark = function (page) {
    if (page.halo) page.halo.remove();
    page.halo = null;
  };

  const SAME = 1e-6; // degrees, about 10 cm

  /* True of points of tiles that lie upon each other however near one looks. */
  GIS.sameSpot = function (features) {
    const places = features.map(({ drawn, piece }) => piece.lonlat(drawn.geom[0][0]));
    return places.every((place) => place.every((number, axis) => Math.abs(number - places[0][axis]) < SAME * 20));
  };

  /* Several features at one spot: a list to choose from. */
  GIS.openSeveral = function (page, layer, features, place) {
    const row = (feature) => GIS.row({ picture: GIS.swatch(layer.rule(feature), layer.kind), title: layer.name(feature), below: GIS.ruleOf(layer.declared, feature.properties).title,
      onclick: () => page.chooseTiled(layer, feature, { place, stay: true }) });
    const content = GIS.el("div", { class: "popup several" }, GIS.el("p", { class: "popup-layer" }, layer.declared.title),
      GIS.el("h2", {}, `同一处有 ${features.length} 个`), GIS.list(features, row, { label: layer.declared.title }));
    L.popup({ maxWidth: 320, minWidth: 240, maxHeight: 320, autoPanPadding: [16, 16] }).setLatLng(place).setContent(content).openOn(page.map);
  };

  GIS.openPopup = function (page, layer, feature, place) {
    const path = layer.path(feature);
    if (!path) return;
    GIS.mark(page, path);
    const spot = place || (path.getLatLng ? path.getLatLng() : L.latLng(...GIS.labelPosition(feature.geometry).slice(0, 2).reverse()));
    const popup = L.popup({ maxWidth: 320, minWidth: 220, maxHeight: Math.round(page.map.getSize().y * 0.55), autoPanPadding: [16, 16] })
      .setLatLng(spot).setContent(GIS.popupContent(layer, feature)).openOn(page.map);
    const scrolled = popup.getElement().querySelector(".leaflet-popup-scrolled");
    if (scrolled) scrolled.tabIndex = 0; // or nobody without a mouse could read to its end
  };
})();
