import type { Buffer } from "../../../src/compile/ir/buffer.js";

import type { RoutineKernel } from "../../../src/compile/ir/kernel.js";
import { allocate, type TypedArray, type Values } from "../../../src/dtype.js";

import { Tensor } from "../../../src/graph/tensor.js";
import type { Draw } from "../../../src/graph/tracer.js";
import { Generator } from "../../../src/random/generator.js";
import type { Traced } from "../../../src/trace/traced.js";
import type { Memory } from "./memory.js";

/** A routine, as its work says it: what eager mode computes of the elements that it reads. */
export function runRoutine({ routine, work, reads, writes }: RoutineKernel, memory: Memory): number {
  if (routine === "check") {
    const { least, most, failure } = work;
    const isWrong = (index: number) => index < least || index > most;
    return (memory.array(reads[0] as Buffer) as Int32Array).some(isWrong) ? failure : 0;
  }
  const [target] = writes as readonly [Buffer];
  const values = resultOf(
    work.value,
    reads.map((buffer) => memory.array(buffer)),
  );
  memory.array(target).set(typeof values === "number" ? [values] : values);
  return 0;
}

/** The result of a value's op in eager mode, given the elements of its inputs; that of a draw, given its generator. */
export function resultOf({ source, inputs, shape, dtype }: Traced, given: readonly TypedArray[]): Values {
  if (source.kind === "draw") return drawn(source.draw, given[0] as TypedArray, dtype, shape[0] as number);
  if (source.kind !== "node") throw new Error(`a value from ${source.kind} has no op`);
  const tensors = inputs.map((input, i) => tensorOf(input, given[i] as TypedArray));
  return source.node.localForward(shape, dtype, ...tensors);
}

function tensorOf({ shape, dtype }: Traced, array: TypedArray): Tensor {
  const values = shape.length === 0 ? (array[0] as number) : array.slice();
  return new Tensor(shape, dtype, values, null, false);
}

/** The words are those that the machine writes before each run. */
function drawn({ method, options, offset }: Draw, words: TypedArray, dtype: Traced["dtype"], n: number): TypedArray {
  const [key0, key1, stream0, stream1, low, high] = Array.from(words, (word) => word >>> 0) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const generator = Generator.fromState({
    algorithm: "philox4x32-10",
    key: [key0, key1],
    stream: [stream0, stream1],
    position: high * 2 ** 32 + low + offset,
  });
  const given = options as Readonly<Record<string, number>>;
  switch (method) {
    case "uniform":
      return generator.uniform(n, { ...given, dtype: dtype === "float32" ? dtype : "float64" });
    case "normal":
      return generator.normal(n, { ...given, dtype: dtype === "float32" ? dtype : "float64" });
    case "integers":
      return generator.integers(n, { low: given["low"] as number, high: given["high"] as number });
    case "choice":
      return generator.choice(given["n"] as number, n, { replace: options["replace"] !== false });
    default:
      return method satisfies never;
  }
}

/** Values in an array: a scalar is one element. */
export function arrayOf(values: Values, dtype: Traced["dtype"]): TypedArray {
  if (typeof values !== "number") return values;
  const array = allocate(dtype, 1);
  array[0] = values;
  return array;
}
