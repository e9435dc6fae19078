/* The search box: names in every layer and in the gazetteer; “/” goes there, Enter goes to the place. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const MOST = 12;

  function entries(page) {
    const list = [];
    page.layers.forEach((layer) => {
      if (layer.declared.search === false) return;
      layer.features.forEach((feature) => {
        const properties = feature.properties;
        list.push({ text: layer.name(feature), more: [properties.aliases, properties.code].flat().filter(Boolean).join(" "),
          kind: layer.declared.title, feature, layer });
      });
    });
    page.places.forEach((feature) => list.push({
      text: feature.properties.name || "", more: [feature.properties.aliases].flat().filter(Boolean).join(" "),
      kind: GIS.config.place_kinds[feature.properties.kind] || "地名", feature, layer: null,
    }));
    return list.filter((entry) => entry.text);
  }

  function found(page, words) {
    const seen = new Set();
    const rank = (entry) => (entry.text === words ? 0 : entry.text.startsWith(words) ? 1 : entry.text.includes(words) ? 2 : 3);
    return entries(page)
      .filter((entry) => entry.text.includes(words) || entry.more.includes(words))
      .filter((entry) => {
        const key = entry.kind + entry.text + (entry.layer ? entry.layer.key(entry.feature) : "");
        return !seen.has(key) && seen.add(key);
      })
      .sort((a, b) => rank(a) - rank(b) || a.text.length - b.text.length)
      .slice(0, MOST);
  }

  function goTo(page, entry) {
    if (entry.layer) {
      page.choose(entry.layer, entry.feature);
      return;
    }
    const same = page.places.filter((place) => place.properties.name === entry.text && place.geometry);
    page.zoomTo(same.map((place) => place.geometry));
    page.flash(same.map((place) => place.geometry));
  }

  GIS.wireSearch = function (page) {
    const input = document.getElementById("search");
    const box = document.getElementById("search-results");
    if (!input) return;
    let hits = [];
    let chosen = -1;

    function close() {
      box.hidden = true;
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function take(index) {
      if (!hits[index]) return;
      goTo(page, hits[index]);
      close();
      input.blur();
    }

    function option(entry, index) {
      return GIS.el("li", { role: "option", id: `hit-${index}`, "aria-selected": String(index === chosen),
        onmousedown: (event) => { event.preventDefault(); take(index); } },
      GIS.el("span", {}, entry.text), GIS.el("small", {}, entry.kind));
    }

    function show() {
      const words = input.value.trim();
      hits = words ? found(page, words) : [];
      chosen = hits.length ? Math.max(0, Math.min(chosen, hits.length - 1)) : -1;
      GIS.fill(box, hits.map(option), words && !hits.length && GIS.el("li", { class: "nothing" }, `没有找到“${words}”`));
      box.hidden = !words;
      input.setAttribute("aria-expanded", String(!box.hidden));
      if (chosen >= 0) input.setAttribute("aria-activedescendant", `hit-${chosen}`);
    }

    input.addEventListener("input", () => { chosen = 0; show(); });
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        chosen += event.key === "ArrowDown" ? 1 : -1;
        chosen = Math.max(0, chosen);
        show();
        event.preventDefault();
      } else if (event.key === "Enter") take(Math.max(0, chosen));
      else if (event.key === "Escape") { close(); input.blur(); }
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
      if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
        event.preventDefault();
        input.focus();
        input.select();
      }
    });
  };
})();
