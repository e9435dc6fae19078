/* Which features lie in the division chosen in the top bar, by code where there is one, by name otherwise. */
(function () {
  "use strict";
  const GIS = window.GIS;

  GIS.Divisions = class {
    constructor(page, features) {
      this.page = page;
      this.features = features;
      this.byCode = new Map(features.map((feature) => [feature.properties.code, feature.properties]));
      this.communities = new Map();
    }

    /* Counties and streets, also where there are so many divisions that the map has them from tiles. */
    static async of(page) {
      const layer = page.layers.get("divisions");
      if (!layer) return new GIS.Divisions(page, []);
      if (!layer.tiled) return new GIS.Divisions(page, layer.features);
      const levels = await Promise.all(["county", "street"].map((level) => GIS.loadFeatures("divisions", null, { level })));
      return new GIS.Divisions(page, levels.flatMap(({ features }) => features));
    }

    /* The communities of a division are known, also where the map has communities from tiles. */
    async gather(code) {
      const layer = this.page.layers.get("communities");
      const chosen = this.byCode.get(code);
      if (!layer || !layer.tiled || !chosen) return;
      const asked = { [`${chosen.level}_code`]: code, properties: "name,county,county_code,street,street_code,reporting_unit", ...layer.asked() };
      this.knowCommunities((await GIS.loadFeatures("communities", null, asked)).features);
    }

    /* Points and lines know only their community; through it they are found in a division. */
    knowCommunities(features) {
      features.forEach((feature) => {
        this.communities.set(String(feature.properties.id === undefined ? feature.id : feature.properties.id), feature.properties);
      });
    }

    communityOf(properties) {
      return this.communities.get(String(properties.community_id)) || null;
    }

    holds(properties) {
      const chosen = this.byCode.get(this.page.division);
      if (!chosen) return true;
      const place = properties.county || properties.county_code ? properties : this.communityOf(properties) || properties;
      if (chosen.level === "county") return place.county_code === chosen.code || place.county === chosen.name || this.unit(place, chosen);
      const parent = this.byCode.get(chosen.parent_code);
      if (place.street_code) return place.street_code === chosen.code;
      return place.street === chosen.name && (!parent || place.county === parent.name || place.county_code === parent.code);
    }

    unit(place, chosen) {
      return Boolean(place.reporting_unit) && place.reporting_unit === chosen.name;
    }

    /* Codes that appear in the features of a layer, for the switch; all where the page does not hold the layer. */
    used(layer) {
      if (layer && layer.tiled) return new Set(this.byCode.keys());
      const codes = new Set();
      (layer ? layer.features : []).forEach(({ properties }) => {
        this.features.forEach((division) => {
          const known = division.properties;
          const same = [properties.county_code, properties.street_code].includes(known.code) ||
            (known.level === "county" && properties.county === known.name) ||
            (known.level === "street" && properties.street === known.name);
          if (same) codes.add(known.code);
        });
      });
      return codes;
    }
  };
})();
