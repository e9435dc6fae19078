/* Features of a layer: from the page itself where they were written into it, else page by page from our server. */
(function () {
  "use strict";
  const GIS = window.GIS;

  function written(layerId) {
    const node = document.getElementById(`data-${layerId}`);
    if (!node) return null;
    const collection = JSON.parse(node.textContent);
    node.remove();
    return collection;
  }

  function nextLink(page, base) {
    const link = (page.links || []).find((item) => item.rel === "next");
    if (!link) return null;
    const target = new URL(link.href, base);
    return new URL(target.pathname + target.search, window.location.href).href;
  }

  async function getJson(address) {
    const answer = await fetch(address, { headers: { Accept: "application/geo+json, application/json" } });
    if (!answer.ok) throw new Error(`服务器答复 ${answer.status}`);
    return answer.json();
  }

  function itemsAddress(layerId, limit, bbox) {
    const address = new URL(`${GIS.config.server}/collections/${layerId}/items`, window.location.href);
    address.searchParams.set("limit", limit);
    if (bbox) address.searchParams.set("bbox", bbox.map((number) => number.toFixed(6)).join(","));
    return address.href;
  }

  /* {features, matched, cut}: `cut` is true where the layer holds more than a page may carry. */
  GIS.loadFeatures = async function (layerId, bbox) {
    const inside = written(layerId);
    if (inside) return { features: inside.features, matched: inside.features.length, cut: false };
    if (!GIS.config.server_data) return { features: [], matched: 0, cut: false };
    const most = GIS.config.max_features;
    const features = [];
    let address = itemsAddress(layerId, Math.min(GIS.config.page_limit, most), bbox);
    let matched = null;
    while (address && features.length < most) {
      const page = await getJson(address);
      features.push(...page.features);
      if (typeof page.numberMatched === "number") matched = page.numberMatched;
      address = page.features.length ? nextLink(page, address) : null;
    }
    const total = matched === null ? features.length : matched;
    return { features: features.slice(0, most), matched: total, cut: Boolean(address) || total > features.length };
  };

  /* How many features a layer holds, without fetching them; null where the server does not say. */
  GIS.countFeatures = async function (layerId) {
    const page = await getJson(itemsAddress(layerId, 1));
    return typeof page.numberMatched === "number" ? page.numberMatched : null;
  };
})();
