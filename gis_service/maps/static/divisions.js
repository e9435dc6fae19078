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

    /* Codes that appear in features, with the codes of what they lie in, for the switch. */
    used(features) {
      const codes = new Set();
      features.forEach(({ properties }) => {
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
