import { Part } from "../../graph/part.js";
import { Add } from "../../ops/add.js";
import { MatMul } from "../../ops/matmul.js";
import { ExpandDims, Reshape, Squeeze } from "../../ops/reshape.js";
import { Transpose } from "../../ops/transpose.js";
import type { Trace } from "../../trace/trace.js";
import { Traced } from "../../trace/traced.js";
import type { Scan } from "../../transforms/control/scan-node.js";
import { neededBy, nodeOf, orderOf } from "./graph.js";
import { rewritten } from "./rewrite.js";
import { isScan, partIn } from "./scans.js";

/**
 * The same program with one product behind a loop in the place of a product in each step, where a carry does nothing but add these up: as
 * the gradient of weights does, of which each step would read and write all. The factors of the steps are kept as rows.
 */
export function sumsBehind(trace: Trace): Trace {
  let now = trace;
  for (let at = 0; ; at++) {
    const whole = neededBy(now).filter(isScan)[at];
    if (whole === undefined) return now;
    now = behind(now, whole);
  }
}

/** A carry that adds up products of two factors, of [m, k] and [k, n]. */
interface SumOfProducts {
  readonly carry: number;
  readonly product: Traced;
  readonly left: Traced;
  readonly right: Traced;
}

function behind(trace: Trace, whole: Traced): Trace {
  const node = nodeOf<Scan>(whole);
  if (node.test !== null || node.hasCount || node.length < 2) return trace;
  const used = new Set(neededBy(trace).flatMap((value) => partIn(value, whole)?.index ?? []));
  const sums = sumsIn(node).filter(({ carry }) => used.has(carry) && !used.has(node.carries + carry));
  if (sums.length === 0) return trace;
  const { carries, elements, body } = node;
  const step = body.trace;
  const elementsOf = step.inputs.slice(carries, carries + elements);
  const more: Traced[] = [];
  let next = orderOf([...step.outputs, ...step.inputs]).reduce((most, { id }) => Math.max(most, id + 1), 0);
  const transposed = (value: Traced) =>
    new Traced(next++, value.shape.toReversed(), value.dtype, { kind: "node", node: new Transpose() }, [value]);
  /** Where the rows of a factor come from: an input of the loop, or a new result. */
  const rows = (value: Traced): { readonly element: number } | { readonly result: number } => {
    const element = elementsOf.indexOf(value);
    if (element >= 0) return { element };
    if (!more.includes(value)) more.push(value);
    return { result: more.indexOf(value) };
  };
  const factors = sums.map(({ carry, left, right, product }) => {
    const { transposeA, transposeB } = nodeOf<MatMul>(product);
    const [m, n] = product.shape as [number, number];
    const k = left.shape[transposeA ? 0 : 1] as number;
    // Both with the terms along the first axis.
    return {
      carry,
      m,
      k,
      n,
      left: rows(transposeA ? plain(left) : (untransposed(left) ?? transposed(left))),
      right: rows(transposeB ? (untransposed(right) ?? transposed(right)) : plain(right)),
    };
  });
  const results = step.outputs.length - carries;
  const larger = node.withLess({
    body: { ...body, trace: { ...step, outputs: [...step.outputs, ...more], size: next } },
  });
  const parts = new Map<number, Traced>();
  return rewritten(trace, (value, now, make) => {
    const inputs = value.inputs.map(now);
    if (value === whole) return make({ kind: "node", node: larger }, inputs);
    const index = partIn(value, whole)?.index;
    const sum = factors.find(({ carry }) => carry === index);
    if (sum === undefined) return make(value.source, inputs);
    const [loop] = inputs as [Traced];
    const { m, k, n } = sum;
    const dtype = value.dtype;
    const all = (from: (typeof sum)["left"], columns: number) => {
      const shape = [node.length * k, columns];
      if ("element" in from) {
        const given = now(whole.inputs[carries + from.element] as Traced);
        return make({ kind: "node", node: new Reshape(shape) }, [given], { shape, dtype });
      }
      const form = { shape: [node.length, ...(more[from.result] as Traced).shape], dtype };
      const index = 2 * carries + results + from.result;
      const part = parts.get(index) ?? make({ kind: "node", node: new Part(index, form, null) }, [loop], form);
      parts.set(index, part);
      return make({ kind: "node", node: new Reshape(shape) }, [part], { shape, dtype });
    };
    const left = make({ kind: "node", node: new Transpose() }, [all(sum.left, m)], {
      shape: [m, node.length * k],
      dtype,
    });
    const product = make({ kind: "node", node: new MatMul() }, [left, all(sum.right, n)], { shape: [m, n], dtype });
    const init = now(whole.inputs[sum.carry] as Traced);
    return make({ kind: "node", node: new Add() }, [init, product]);
  });
}

function sumsIn({ carries, body: { trace } }: Scan): readonly SumOfProducts[] {
  const users = new Map<Traced, number>();
  const order = orderOf(trace.outputs);
  for (const value of [...order.flatMap(({ inputs }) => inputs), ...trace.outputs])
    users.set(value, (users.get(value) ?? 0) + 1);
  const isNode = (value: Traced | undefined, kind: abstract new (...args: never[]) => unknown) =>
    value?.source.kind === "node" && value.source.node instanceof kind;
  return trace.inputs.slice(0, carries).flatMap((carry, j) => {
    const output = trace.outputs[j] as Traced;
    const others = output.inputs.filter((input) => input !== carry);
    const [product] = others;
    // The carry is used there alone, and so is the product.
    if (
      !isNode(output, Add) ||
      output.inputs[0] === output.inputs[1] ||
      users.get(carry) !== 1 ||
      product === undefined
    )
      return [];
    if (others.length !== 1 || !isNode(product, MatMul) || product.shape.length !== 2 || users.get(output) !== 1)
      return [];
    const [left, right] = product.inputs as [Traced, Traced];
    if (left.shape.length !== 2 || right.shape.length !== 2) return [];
    return [{ carry: j, product, left, right }];
  });
}

/** What has the elements of a value in the same order. */
export function plain(value: Traced): Traced {
  const { source, inputs } = value;
  const { node } = source.kind === "node" ? source : { node: null };
  const isView = node instanceof Reshape || node instanceof ExpandDims || node instanceof Squeeze;
  return isView ? plain(inputs[0] as Traced) : value;
}

/** What has the elements of the transposed matrix in order; `null` where nothing has. */
function untransposed(value: Traced): Traced | null {
  const { source, inputs, shape } = value;
  if (shape.includes(1)) return plain(value);
  const isTransposed = source.kind === "node" && source.node instanceof Transpose;
  return isTransposed ? plain(inputs[0] as Traced) : null;
}
