/* Features of a layer: from the page itself where they were written into it, else from our server: all, page by page, or one. */
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

  /* An address of our server; parameters that say nothing are left out. */
  GIS.address = function (path, parameters) {
    const address = new URL(GIS.config.server + path, window.location.href);
    Object.entries(parameters || {}).forEach(([key, value]) => {
      if (value !== undefined && value !== null && value !== "") address.searchParams.set(key, value);
    });
    return address.href;
  };

  GIS.getJson = getJson;

  const boxText = (bbox) => bbox.map((number) => number.toFixed(6)).join(",");

  /* Of layers with names and phones only the other fields are asked for: nobody looks at them here, and each read is noted. */
  GIS.itemsAddress = (layerId, parameters) =>
    GIS.address(`/collections/${layerId}/items`, { properties: (GIS.config.fields || {})[layerId], ...parameters });

  function itemsAddress(layerId, limit, bbox, parameters) {
    return GIS.itemsAddress(layerId, { limit, bbox: bbox && boxText(bbox), ...parameters });
  }

  /* One page of a layer, `address` as the page before it gave it, or a layer with parameters of the items API. */
  GIS.itemPage = async function (address) {
    const page = await getJson(address);
    return { items: page.features, matched: page.numberMatched, next: page.features.length ? nextLink(page, address) : null };
  };

  /* One feature whole, as a tile shows only a piece of it; without names and phones, which no popup shows. */
  GIS.loadItem = (layerId, id, asked = {}) => getJson(GIS.address(`/collections/${layerId}/items/${encodeURIComponent(id)}`,
    { properties: (GIS.config.fields || {})[layerId], ...asked }));

  /* Text as a literal of CQL2. */
  GIS.quoted = (text) => `'${String(text).replaceAll("'", "''")}'`;

  /* {features, matched, cut}: `cut` is true where the layer holds more than a page may carry. */
  GIS.loadFeatures = async function (layerId, bbox, parameters) {
    const inside = written(layerId);
    if (inside) return { features: inside.features, matched: inside.features.length, cut: false };
    if (!GIS.config.server_data) return { features: [], matched: 0, cut: false };
    const most = GIS.config.max_features;
    const features = [];
    let address = itemsAddress(layerId, Math.min(GIS.config.page_limit, most), bbox, parameters);
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

  /* What a request that changes something must carry beside its body. */
  GIS.writeHeaders = () => ({ "X-CSRF-Token": GIS.config.csrf || "" });

  /* How many features a layer holds, without fetching them; null where the server does not say. */
  GIS.countFeatures = async function (layerId, parameters) {
    const page = await getJson(itemsAddress(layerId, 1, null, parameters));
    return typeof page.numberMatched === "number" ? page.numberMatched : null;
  };
})();
