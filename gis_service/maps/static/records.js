/* The small map of a page of features: draws what the page carries; a click leads to the feature's own page. */
(function () {
  "use strict";
  const records = JSON.parse(document.getElementById("records").textContent);
  const map = L.map("records-map", { preferCanvas: true, attributionControl: false, maxZoom: 20, zoomSnap: 0.25 });
  L.control.scale({ imperial: false }).addTo(map);
  const look = { color: "#1f5a94", weight: 1.5, fillColor: "#1f5a94", fillOpacity: 0.18 };
  const shapes = L.geoJSON(records.features.filter((one) => one.geometry), {
    style: look,
    pointToLayer: (_feature, place) => L.circleMarker(place, { ...look, radius: 4, fillOpacity: 0.7 }),
    onEachFeature: (feature, shape) => {
      if (!feature.title) return;
      const words = document.createElement("span");
      words.textContent = feature.title;
      shape.bindTooltip(words);
      if (feature.address) shape.on("click", () => window.location.assign(feature.address));
    },
  }).addTo(map);
  const bounds = shapes.getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, { maxZoom: 17, padding: [12, 12], animate: false });
  else map.setView([30.53, 117.06], 9);
})();
