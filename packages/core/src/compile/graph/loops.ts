import type { Trace } from "../../trace/trace.js";
import { fuseScans, rebuilt, rootsOf } from "./fuse-scans.js";
import { orderOf } from "./graph.js";
import { productsAhead } from "./products-ahead.js";
import { prune } from "./prune.js";
import { reuseProducts } from "./reuse-products.js";
import { hasBlocks, withBlocks } from "./simplify.js";
import { sumsBehind } from "./sums-behind.js";

/** The same program with less in its loops: what nobody uses, what two of them do alike, what is handed from one to another. */
export function joinLoops(trace: Trace): Trace {
  if (!hasBlocks(trace)) return trace;
  const joined = sumsBehind(productsAhead(reuseProducts(fuseScans(prune(trace)))));
  const inside = rebuilt(joined, orderOf(rootsOf(joined)), (value, now, make) =>
    make(withBlocks(value.source, joinLoops), value.inputs.map(now), value),
  );
  return prune(inside);
}
