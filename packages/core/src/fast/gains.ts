import { type Expression, ExpressionBuilder, numberKindOf, visitExpressions } from "../compile/ir/expression.js";
import { isFloat } from "../dtype.js";
import { Elementwise } from "../graph/elementwise.js";
import type { Node } from "../graph/node.js";
import type { Tensor } from "../graph/tensor.js";
import { elementwiseLoops } from "../loops/generated.js";
import * as ops from "../ops/index.js";
import { mathNames } from "../wasm/vector-math/index.js";

/** The ops, besides those of elements, whose compiled kernels beat the plain loops also when all has been copied in and out. */
const listed: ReadonlySet<unknown> = new Set<unknown>([
  ops.All,
  ops.Any,
  ops.ArgMaxPool,
  ops.ArgSort,
  ops.AvgPool,
  ops.AvgUnpool,
  ops.Center,
  ops.Conv,
  ops.ConvTranspose,
  ops.ConvWeights,
  ops.Count,
  ops.LogSoftmax,
  ops.LogSumExp,
  ops.MaxPool,
  ops.MaxUnpool,
  ops.Prod,
  ops.Softmax,
  ops.Standardize,
  ops.Std,
  ops.Variance,
]);

/** Functions whose vectors are slower than the plain loop: they compute with more digits than the result has. */
const slower: ReadonlySet<unknown> = new Set<unknown>([ops.Gelu, ops.GeluSlope]);

/**
 * What vectors do by far faster than plain loops: functions, and choices between numbers, which there are branches that the processor
 * guesses wrong every other time.
 */
const gaining: ReadonlySet<string> = new Set([...mathNames.filter((name) => name !== "sign"), "max", "min", "select"]);

/** Whether the loops are those of core's own ops: the formula of another one may use what changes between two calls. */
const isOwn = ({ name, loops }: Elementwise) => elementwiseLoops[name] === loops;

/** Whether a node of such inputs gains by a compiled kernel. */
export function gains(node: Node, inputs: readonly Tensor[]): boolean {
  if (node instanceof ops.Gather) return isGatheredFromFew(inputs);
  if (listed.has(node.constructor)) return true;
  return node instanceof Elementwise && isOfFloats(inputs) && formulaOf(node, null).gains;
}

/** Of many elements a few are found sooner than all are copied. */
function isGatheredFromFew([x, indices]: readonly Tensor[]): boolean {
  return (x as Tensor).size <= 4 * (indices as Tensor).size;
}

/** The same for the gradient of input `i`, and which of dout, the inputs and the output it is computed from, by number. */
export function gradientGains(node: Elementwise, i: number, output: Tensor): readonly number[] | null {
  if (!isOfFloats([output])) return null;
  const { gains, uses } = formulaOf(node, i);
  return gains ? uses : null;
}

/** A condition may be a bool. */
function isOfFloats(inputs: readonly Tensor[]): boolean {
  return isFloat((inputs[inputs.length - 1] as Tensor).dtype);
}

interface Formula {
  readonly gains: boolean;
  readonly uses: readonly number[];
}

const none: Formula = { gains: false, uses: [] };

/** By the class of an op: its forward and its gradients. */
const formulas = new WeakMap<object, Map<number | null, Formula>>();

function formulaOf(node: Elementwise, i: number | null): Formula {
  const known = formulas.get(node.constructor) ?? new Map<number | null, Formula>();
  formulas.set(node.constructor, known);
  let found = known.get(i);
  if (found === undefined) {
    found = isOwn(node) && !slower.has(node.constructor) ? read(node, i) : none;
    known.set(i, found);
  }
  return found;
}

function read({ rule, inputCount }: Elementwise, i: number | null): Formula {
  const builder = new ExpressionBuilder();
  const k = builder.arithmetic(numberKindOf("float64"));
  const operands = Array.from({ length: inputCount + (i === null ? 0 : 2) }, (_, id) =>
    builder.load({ id, dtype: "float64", shape: [], size: 1, role: "input" }, { offset: 0, strides: [] }),
  );
  const gradient = i === null || typeof rule.backward === "string" ? null : rule.backward[i];
  if (i !== null && !gradient) return none;
  const [dout, ...others] = operands as [Expression, ...Expression[]];
  const made = gradient ? gradient(k, dout, ...others) : rule.forward(k, ...operands);
  let gains = false;
  const uses = new Set<number>();
  visitExpressions(typeof made === "number" ? [] : [made], (e) => {
    if (e.op === "apply" && gaining.has(e.name)) gains = true;
    if (e.op === "load") uses.add(e.buffer.id);
  });
  return { gains: gains && uses.size > 0, uses: [...uses].toSorted((a, b) => a - b) };
}
