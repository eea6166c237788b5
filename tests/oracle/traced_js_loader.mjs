// Instruments ES modules as they are loaded, for `traced_js.js`.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

process.env.TRACED_LOADER = "1";
const { instrumented } = createRequire(import.meta.url)("./traced_js.js");

export async function load(address, context, next) {
  const loaded = await next(address, context);
  if (loaded.format !== "module" || !loaded.source || !address.startsWith("file:")) return loaded;
  const changed = instrumented(String(loaded.source), fileURLToPath(address));
  return changed === undefined ? loaded : { ...loaded, source: changed };
}
