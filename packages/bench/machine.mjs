import { readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { startPython } from "./python.mjs";

/** What has been measured, and where. */
export function machine(versions) {
  const { version } = JSON.parse(readFileSync(new URL("../core/package.json", import.meta.url), "utf8"));
  const processors = cpus();
  return [
    [`chainrule ${version}`, ...versions, `Node ${process.versions.node} (V8 ${process.versions.v8})`].join(", "),
    `${processors[0]?.model.trim() ?? process.arch}, ${processors.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`,
  ].join("; ");
}

/** Both variables make OpenBLAS take a slower kernel than it has for the processor. */
const environments = { numpy: { OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined }, torch: {} };

/** A Python process of a peer, or `null`. */
export const loadPython = (peer) => startPython(peer, environments[peer]);
