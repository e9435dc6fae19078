/* The search box: names in the page's layers and in what only the server holds; “/” goes there, Enter goes to the place. */
(function () {
  "use strict";
  const GIS = window.GIS;
  const MOST = 12;

  /* What something is; of the problems of one place, which problem. */
  function kindOf(layer, properties) {
    if (!layer) return GIS.config.place_kinds[properties.kind] || "地名";
    if (layer.id === "problems") return `问题：${GIS.wordsOf("problems", "category", properties.category)}`;
    return layer.declared.kind || layer.declared.title;
  }

  function entries(page) {
    const list = [];
    page.layers.forEach((layer) => {
      if (layer.declared.search === false) return;
      layer.features.forEach((feature) => {
        const properties = feature.properties;
        list.push({ text: layer.name(feature), more: [properties.aliases, properties.code].flat().filter(Boolean).join(" "),
          kind: kindOf(layer, properties), feature, layer });
      });
    });
    page.places.forEach((feature) => list.push({
      text: feature.properties.name || "", more: [feature.properties.aliases].flat().filter(Boolean).join(" "),
      kind: kindOf(null, feature.properties), feature, layer: null,
    }));
    return list.filter((entry) => entry.text);
  }

  /* What the map cannot go to comes after what it can; a feature of a tile has its place on the server. */
  const nowhere = ({ geometry, piece }) => !geometry && !piece;

  const NAMED = ["name", "project_name", "aliases", "code"];

  /* What of a layer that the page does not hold has such a name. */
  async function asked(page, layerId, fields, words) {
    const like = GIS.quoted(`%${words.replace(/[\\%_]/g, (mark) => `\\${mark}`)}%`);
    const filter = fields.map((field) => (field === "aliases" ? `A_CONTAINS(aliases, (${GIS.quoted(words)}))` : `${field} LIKE ${like}`));
    const layer = page.layers.get(layerId) || null;
    const found = await GIS.itemPage(GIS.itemsAddress(layerId, { limit: MOST, filter: filter.join(" OR "), ...(layer ? layer.asked() : {}) }));
    return found.items.map((feature) => ({ feature, layer, text: layer ? layer.name(feature) : feature.properties.name || "",
      more: [feature.properties.aliases, feature.properties.code].flat().filter(Boolean).join(" "),
      kind: kindOf(layer, feature.properties) }));
  }

  function askedOf(page, words) {
    if (!page.config.server_data) return [];
    const tiled = [...page.layers.values()].filter((layer) => layer.tiled && layer.declared.search !== false)
      .map((layer) => [layer.id, NAMED.filter((field) => layer.declared.fields[field])]);
    if (page.config.tiled_base) tiled.push([page.config.base, ["name", "aliases"]]);
    return tiled.filter(([, fields]) => fields.length).map(([id, fields]) => asked(page, id, fields, words));
  }

  function found(all, words) {
    const seen = new Set();
    const likeness = (entry) => (entry.text === words ? 0 : entry.text.startsWith(words) ? 2 : entry.text.includes(words) ? 4 : 6);
    const rank = (entry) => likeness(entry) + (nowhere(entry.feature) ? 1 : 0) + (entry.layer && entry.layer.id === "problems" ? 0.5 : 0);
    return all
      .filter((entry) => entry.text.includes(words) || entry.more.includes(words))
      .filter((entry) => {
        const key = entry.kind + entry.text + (entry.layer ? entry.layer.key(entry.feature) : "");
        return !seen.has(key) && seen.add(key);
      })
      .sort((a, b) => rank(a) - rank(b) || a.text.length - b.text.length)
      .slice(0, MOST);
  }

  /* Every place of the name: a road is many pieces. */
  async function placesNamed(page, name) {
    if (!page.config.tiled_base) return page.places.filter((place) => place.properties.name === name);
    return (await GIS.itemPage(GIS.itemsAddress(page.config.base, { limit: 200, name }))).items;
  }

  async function goTo(page, entry) {
    if (entry.layer) {
      page.choose(entry.layer, entry.feature);
      return;
    }
    const same = (await placesNamed(page, entry.text)).map((place) => place.geometry).filter(Boolean);
    page.zoomTo(same);
    page.flash(same);
  }

  GIS.wireSearch = function (page) {
    const input = document.getElementById("search");
    const box = document.getElementById("search-results");
    if (!input) return;
    let hits = [];
    let chosen = -1;
    let waiting = null;
    let entered = null; // words that Enter was pressed on before the answer came
    let answered = { words: "", entries: [] };

    function close() {
      box.hidden = true;
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function take(index) {
      entered = hits[index] ? null : input.value.trim();
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

    /* The server is asked when nothing was typed for a moment; a late answer to other words is not shown. */
    function ask(words) {
      clearTimeout(waiting);
      if (!words || answered.words === words) return;
      waiting = setTimeout(async () => {
        const answers = await Promise.allSettled(askedOf(page, words));
        if (input.value.trim() !== words) return;
        answered = { words, entries: answers.filter(({ status }) => status === "fulfilled").flatMap(({ value }) => value) };
        if (document.activeElement === input) show();
        if (entered === words) take(Math.max(0, chosen));
      }, 180);
    }

    function show() {
      const words = input.value.trim();
      const known = answered.words === words;
      hits = words ? found([...entries(page), ...(known ? answered.entries : [])], words) : [];
      ask(words);
      chosen = hits.length ? Math.max(0, Math.min(chosen, hits.length - 1)) : -1;
      const none = known || !page.config.server_data ? `没有找到“${words}”` : "正在查找……";
      GIS.fill(box, hits.map(option), words && !hits.length && GIS.el("li", { class: "nothing" }, none));
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
