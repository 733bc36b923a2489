import type { Trace } from "../../trace/trace.js";
import { fuseScans } from "./fuse-scans.js";
import { productsAhead } from "./products-ahead.js";
import { prune } from "./prune.js";
import { reuseProducts } from "./reuse-products.js";
import { rewritten } from "./rewrite.js";
import { hasBlocks, withBlocks } from "./simplify.js";
import { sumsBehind } from "./sums-behind.js";

/** The same program with less in its loops: what nobody uses, what two of them do alike, what is handed from one to another. */
export function joinLoops(trace: Trace): Trace {
  if (!hasBlocks(trace)) return trace;
  const joined = sumsBehind(productsAhead(reuseProducts(fuseScans(prune(trace)))));
  const inside = rewritten(joined, ({ source, inputs }, now, make) =>
    make(withBlocks(source, joinLoops), inputs.map(now)),
  );
  return prune(inside);
}
