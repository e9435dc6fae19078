/* The desk's questions to our server, each a promise; what it refuses is a GIS.Refused, a broken line a GIS.Offline. */
(function () {
  "use strict";
  const GIS = window.GIS;

  GIS.Offline = class extends Error {};

  GIS.Refused = class extends Error {
    constructor(status, problem) {
      super(problem.detail || problem.title || `服务器答复 ${status}`);
      Object.assign(this, { status, problem });
    }
  };

  function address(path, query) {
    const target = new URL(`${GIS.config.server}/boundaries/${path}`, window.location.href);
    Object.entries(query || {}).forEach(([key, value]) => {
      if (value !== null && value !== undefined && value !== "") target.searchParams.set(key, value);
    });
    return target.href;
  }

  async function asked(target, options) {
    let answer;
    try {
      answer = await fetch(target, { ...options, headers: { Accept: "application/json", ...options.headers } });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new GIS.Offline("连不上服务器");
    }
    const json = (answer.headers.get("Content-Type") || "").includes("json");
    const body = json ? await answer.json() : {};
    if (!answer.ok) throw new GIS.Refused(answer.status, body);
    return { ...body, etag: answer.headers.get("ETag") };
  }

  const get = (path, query, signal) => asked(address(path, query), { signal });

  function write(method, path, body, etag, signal) {
    const headers = { ...GIS.writeHeaders(), ...(etag ? { "If-Match": etag } : {}) };
    if (body instanceof FormData) return asked(address(path), { method, body, headers, signal });
    return asked(address(path), { method, body: JSON.stringify(body || {}), signal, headers: { ...headers, "Content-Type": "application/json" } });
  }

  const post = (path, body, etag, signal) => write("POST", path, body, etag, signal);

  GIS.boundaries = {
    list: (query, signal) => get("areas", query, signal),
    area: (id) => get(`areas/${id}`),
    revision: (id, number) => get(`areas/${id}/revisions/${number}`),
    compare: (id, from, to) => get(`areas/${id}/compare`, { from, to }),
    candidates: (id, side, place) => get(`areas/${id}/candidates`, { side, ...(place ? { lon: place[0], lat: place[1] } : {}) }),
    judge: (id, etag, body) => post(`areas/${id}/judgements`, body, etag),
    check: (id, geometry, signal) => post(`areas/${id}/checks`, { geometry }, null, signal),
    save: (id, etag, body) => write("PUT", `areas/${id}/draft`, body, etag),
    step: (id, etag, step, body) => post(`areas/${id}/${step}`, body, etag),
    merge: (body) => post("merge", body),
    succession: (id) => get(`successions/${id}`),
    decide: (id, step, body) => post(`successions/${id}/${step}`, body),
    preview: (form) => post("imports", form),
    commit: (token, body) => post(`imports/${token}/commit`, body),
  };
})();
