// @ts-check
/**
 * A visit that nobody drives (see bench_load.py): the page loads the model, writes a few words, and posts what it took.
 * Served in the site's root.
 */
const at = (/** @type {string} */ path) => new URL(path, document.baseURI).href;
const N_TOKENS = 16;

async function visit() {
  const query = new URLSearchParams(location.search);
  const [{ engine }, bench] = await Promise.all([import(at("js/engine.js")), import(at("js/bench.js"))]);
  engine.start();
  await bench.until(engine, () => engine.state.phase === "ready");
  const load = await bench.loadModel(engine, String(query.get("model")), query.has("stored"));
  const settings = { ...engine.session.settings, greedy: true, n_tokens: N_TOKENS };
  engine.generate([0], settings);
  await bench.until(engine, () => engine.run?.status === "done");
  return { ...load, model: engine.run?.model };
}

const told = await visit().catch((error) => ({ error: String(error.message) }));
await fetch(at("bench-visit"), { method: "POST", body: JSON.stringify(told) });
