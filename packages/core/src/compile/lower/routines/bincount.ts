import { Bincount, notCounted } from "../../../ops/bincount.js";
import type { Traced } from "../../../trace/traced.js";
import { increase, locals, repeat } from "../../../wasm/loops.js";
import { nodeOf } from "../../graph/graph.js";
import { checkIndices } from "../check-indices.js";
import type { KernelRule } from "../lowering.js";
import { clear } from "../zeros.js";

const bincount: KernelRule = {
  lower: (value, s) => {
    const [x] = value.inputs as [Traced];
    const { length } = nodeOf<Bincount>(value);
    const error = (index: number, element: number) => notCounted(index, element, length);
    checkIndices(value, x, { least: 0, most: length - 1, error }, s);
    const [source, target] = [s.buffer(x), s.target(value)];
    s.routine("bincount", value, [[source], [target]], (context) => {
      const { code, address } = context;
      clear(context, target);
      const [at, to] = locals(code, "i32", 2);
      const counts = address(target);
      code.set(at, address(source));
      repeat(code, source.size, () => {
        code.set(to, at.load("i32.load").shiftLeft(2));
        code.store("i32.store", to, to.load("i32.load", counts).add(1), counts);
        increase(code, at, 4);
      });
    });
  },
};

export const bincountRules: readonly (readonly [unknown, KernelRule])[] = [[Bincount, bincount]];
