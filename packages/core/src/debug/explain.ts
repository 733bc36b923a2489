import { allFinite, isFloat, type Values } from "../dtype.js";
import { Argument } from "../graph/argument.js";
import { Elementwise } from "../graph/elementwise.js";
import { formatNumber } from "../graph/literal.js";
import type { Node } from "../graph/node.js";
import type { Tape } from "../graph/tape.js";
import type { Tensor } from "../graph/tensor.js";
import { kindOf, shortValues } from "../inspect/describe.js";
import { Where } from "../ops/where.js";
import { formatShape, stridesOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

/** A bad value, and where it stands. */
export interface Finding {
  readonly op: string;
  readonly pass: "forward" | "backward";
  readonly value: number;
  readonly index: readonly number[];
}

export interface Explanation {
  readonly finding: Finding;
  readonly message: string;
}

/** An input that was bad before, its first bad element, and where it was made, if that is known. */
interface BadInput {
  readonly i: number;
  readonly element: number;
  readonly origin: string | null;
}

/** The place of a node in the user's code, in words. */
type OriginOf = (node: Node | null) => string | null;

/** A bad output: what the inputs were, and whether one of them brought it. */
export function explainForward(
  node: Node,
  output: Tensor,
  inputs: readonly Tensor[],
  at: number,
  bad: readonly BadInput[],
): Explanation {
  const finding = find(node.name, "forward", output.values, at, output.shape);
  const call = elements(node, output.shape, inputs, at);
  const brought = bad.map(({ i, element, origin }) => {
    const input = inputs[i] as Tensor;
    const where = origin === null ? "" : `, made at ${origin}`;
    return `${nameOf(input, i)} is ${valueAt(input.values, element)}${elementIn(element, input.shape)} already${where}`;
  });
  const good = inputs.length === 1 ? "its input is good" : "its inputs are good";
  const infinite = inputs.some((input) => isFloat(input.dtype) && !allFinite(input.values));
  const cause =
    bad.length > 0
      ? `${brought.join(", and ")}: look for what made that`
      : `${infinite ? "an infinity among its inputs was let pass" : good}, so this op made it`;
  const title = `${node.name}: the output${call === null ? "" : `, ${call},`} is ${finding.value}${elementIn(at, output.shape)}; ${cause}`;
  const lines = [title, ...inputs.map(describeInput)];
  if (bad.length === 0) lines.push(forwardRepair(node, finding.value, inputs));
  return { finding, message: lines.join("\n  ") };
}

function forwardRepair(node: Node, value: number, inputs: readonly Tensor[]): string {
  const meant = Number.isNaN(value) ? "" : "if it is meant, pass { infinities: false } to detectAnomaly; ";
  if (!(node instanceof Elementwise)) return `${meant}check the values of its inputs`;
  const name = inputs[0]?.name ?? "x";
  return (
    `${meant}keep its inputs where it is defined; an element that where(...) leaves out afterwards is computed all the same: ` +
    `give ${node.name} a safe input there, as in where(condition, ${name}, 1)`
  );
}

/** A gradient that came bad from outside. */
export function explainGiven(from: "seed" | "hook", edge: Tensor, gradient: Tensor, at: number): Explanation {
  const op = edge.node?.name ?? "variable";
  const finding = find(op, "backward", gradient.values, at, gradient.shape);
  const what = from === "seed" ? "the seed given to the walk" : "what a hook (onGradient) gave";
  const name = edge.name === undefined ? "" : ` ${edge.name}`;
  return {
    finding,
    message:
      `${op}: the gradient of its output${name} is ${finding.value}${elementIn(at, gradient.shape)}: it is ${what}\n  ` +
      `gradient: ${describe(gradient)}`,
  };
}

/** A bad gradient of an input, out of a good one of the output. */
export function explainBackward(
  edge: Tensor,
  node: Node,
  i: number,
  tape: Tape,
  gradient: Values,
  at: number,
  originOf: OriginOf,
): Explanation {
  const input = node.input(i);
  const finding = find(node.name, "backward", gradient, at, input.shape);
  const dout = tape.isNumber(edge) ? edge.constant(tape.numbers[edge.slot] as number) : tape.tensors[edge.slot];
  const good = node.inputs.every((each) => allFinite(each.values)) && allFinite(edge.values);
  const lines = [
    `${node.name}: the gradient of ${nameOf(input, i)} becomes ${finding.value}${elementIn(at, input.shape)} in its backward; the gradient ` +
      `of its output is good${good ? ", and so are its values" : ""}`,
    ...(dout === undefined ? [] : [`gradient of the output: ${describe(dout)}`]),
    ...node.inputs.map(describeInput),
    `output: ${describe(edge)}`,
  ];
  if (Number.isNaN(finding.value) && dout !== undefined && meetsZero(node, dout, edge.shape, input.shape, at)) {
    lines.push(...zeroTimesInfinity(edge, node, i, tape, originOf));
  }
  if (good && !Number.isNaN(finding.value)) {
    lines.push(
      `the derivative of ${node.name} is infinite there, or overflows; if it is meant, pass { infinities: false } to detectAnomaly`,
    );
  }
  return { finding, message: lines.join("\n  ") };
}

/** Whether the gradient of the output is 0 where it is used for element `at` of an input. */
function meetsZero(node: Node, dout: Tensor, shape: Shape, inputShape: Shape, at: number): boolean {
  const { array } = dout;
  if (!(node instanceof Elementwise)) return array.every((value) => value === 0);
  return array.some((value, element) => value === 0 && broadcastElement(element, shape, inputShape) === at);
}

/** The well-known NaN, why it is there, and how not to have it. */
function zeroTimesInfinity(edge: Tensor, node: Node, i: number, tape: Tape, originOf: OriginOf): string[] {
  const found = branchBehind(edge, tape);
  const name = node.input(i).name ?? "x";
  const finite = `in the place of 1 anything will do at which the derivative of ${node.name} is finite`;
  if (found === null) {
    return [
      `0 x infinity: the gradient that comes in there is 0, and the derivative of ${node.name} is infinite`,
      `repair: a safe input for ${node.name} in these elements, as in where(condition, ${name}, 1); ${finite}`,
    ];
  }
  const condition = found.where.input(0).name ?? "condition";
  const safe = found.branch === 1 ? `where(${condition}, ${name}, 1)` : `where(${condition}, 1, ${name})`;
  const origin = originOf(found.where);
  return [
    `0 x infinity: the gradient that comes in there is 0, as where(...)${origin === null ? "" : `, made at ${origin},`} does not take ` +
      `this branch, and the derivative of ${node.name} is infinite`,
    `repair: a safe input in the branch not taken: ${safe} in the place of ${name}, beside the where(...) that is there; ${finite}`,
  ];
}

/** The nearest `where` that an edge goes into, through whatever ops, as one of its branches, and that leaves something of it out. */
function branchBehind(edge: Tensor, tape: Tape): { where: Where; branch: number } | null {
  const users = new Map<Tensor, { output: Tensor; i: number }[]>();
  for (const output of tape.edges) {
    output.node?.inputs.forEach((input, i) => {
      const uses = users.get(input);
      if (uses === undefined) users.set(input, [{ output, i }]);
      else uses.push({ output, i });
    });
  }
  const met = new Set([edge]);
  for (const current of met) {
    for (const { output, i } of users.get(current) ?? []) {
      const { node } = output;
      if (node instanceof Where && i > 0) {
        const left = i === 1 ? 0 : 1;
        if (node.input(0).array.some((value) => value === left)) return { where: node, branch: i };
      }
      met.add(output);
    }
  }
  return null;
}

// --- small parts -----------------------------------------------------------------------------------------------------

function find(op: string, pass: Finding["pass"], values: Values, at: number, shape: Shape): Finding {
  return { op, pass, value: valueAt(values, at), index: indexOf(at, shape) };
}

function valueAt(values: Values, at: number): number {
  return typeof values === "number" ? values : (values[at] as number);
}

function indexOf(element: number, shape: Shape): number[] {
  const strides = stridesOf(shape);
  return shape.map((size, axis) => Math.floor(element / (strides[axis] as number)) % size);
}

function elementIn(element: number, shape: Shape): string {
  return shape.length === 0 ? "" : ` at element ${formatShape(indexOf(element, shape))}`;
}

/** The element of an input that an element of the output is computed from. */
function broadcastElement(element: number, shape: Shape, inputShape: Shape): number {
  const index = indexOf(element, shape).slice(shape.length - inputShape.length);
  const strides = stridesOf(inputShape);
  return index.reduce((sum, i, axis) => (inputShape[axis] === 1 ? sum : sum + i * (strides[axis] as number)), 0);
}

/** The numbers that an elementwise op made its element of, as `Log(0)`. */
function elements(node: Node, shape: Shape, inputs: readonly Tensor[], at: number): string | null {
  if (!(node instanceof Elementwise)) return null;
  const values = inputs.map((input) =>
    formatNumber(valueAt(input.values, broadcastElement(at, shape, input.shape)), input.dtype),
  );
  return `${node.name}(${values.join(", ")})`;
}

function nameOf(input: Tensor, i: number): string {
  return input.name ?? `input ${i}`;
}

function describeInput(input: Tensor, i: number): string {
  const { node } = input;
  const leaf = input.isVariable ? "variable" : "constant";
  const what = node instanceof Argument ? "argument" : node === null ? leaf : `made by ${node.name}`;
  return `input ${i}${input.name === undefined ? "" : `, ${input.name}`}: ${what} ${describe(input)}`;
}

function describe(tensor: Tensor): string {
  return `${kindOf(tensor)} = ${shortValues(tensor)}`;
}
