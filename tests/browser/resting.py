"""When a page rests: nothing is asked for, put off for a moment, or in motion, and all of it has been painted."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page

PATIENCE_MS = 60_000  # two workers with a browser each, on two slow processors with much else to do
# What a page begins is counted. What is put off for longer than a second goes by itself, as a notice does.
_COUNTED = """(() => {
  const SOON_MS = 1000, TURNS = 12;
  const begun = new Set();
  const own = {};
  Object.entries({ later: "setTimeout", never: "clearTimeout", frame: "requestAnimationFrame",
    stop: "cancelAnimationFrame" }).forEach(([short, name]) => { own[short] = window[name].bind(window); });
  const noted = (kind, number) => { begun.add(kind + number); return number; };
  const done = (kind, number) => begun.delete(kind + number);
  window.setTimeout = (act, ms = 0, ...more) => {
    if (ms > SOON_MS || typeof act !== "function") return own.later(act, ms, ...more);
    const number = own.later((...given) => { done("later", number); act(...given); }, ms, ...more);
    return noted("later", number);
  };
  window.clearTimeout = (number) => { done("later", number); own.never(number); };
  window.requestAnimationFrame = (act) => {
    const number = own.frame((time) => { done("frame", number); act(time); });
    return noted("frame", number);
  };
  window.cancelAnimationFrame = (number) => { done("frame", number); own.stop(number); };
  let asked = 0;
  const counted = (owner, name) => {
    const real = owner[name];
    owner[name] = async function (...given) {
      asked += 1;
      const number = asked;
      noted(name, number);
      try { return await real.apply(this, given); } finally { done(name, number); }
    };
  };
  counted(window, "fetch");
  ["arrayBuffer", "blob", "json", "text"].forEach((name) => counted(Response.prototype, name));
  const moves = () => document.getAnimations().some(({ playState }) => playState === "running");
  const frame = () => new Promise((come) => own.frame(come));
  const turn = () => (window.GIS && GIS.ownTurn ? GIS.ownTurn() : new Promise((come) => own.later(come)));
  const quiet = () => !begun.size && !moves() && !document.querySelector("[aria-busy=true]");
  const painted = async () => {
    await frame();
    for (let passed = 0; passed < TURNS; passed += 1) await turn();
    await frame();
  };
  window.pageRests = async (patience) => {
    const until = performance.now() + patience;
    while (performance.now() < until) {
      if (quiet()) {
        await painted();
        if (quiet()) return;
      }
      await new Promise((come) => own.later(come, 20));
    }
    throw new Error(`no rest: ${[...begun]}, ${document.getAnimations().length} animations`);
  };
})();"""


def watch_rest(context: BrowserContext) -> None:
    """Pages of this context count from now on what they begin and end."""
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(_COUNTED)


def rests(page: Page) -> None:
    """Waited for: the page rests."""
    page.evaluate("patience => window.pageRests(patience)", PATIENCE_MS)
