/* The landing page: the live numbers on the cards, asked for without fetching features. */
(function () {
  "use strict";
  const GIS = window.GIS;

  async function fillNumber(node) {
    try {
      const total = await GIS.countFeatures(node.dataset.layer);
      node.textContent = total === null ? "—" : GIS.count(total);
    } catch (error) {
      node.textContent = "—";
      node.title = `未能读取：${error.message}`;
    }
  }

  GIS.readConfig();
  document.querySelectorAll("[data-layer]").forEach(fillNumber);
})();
