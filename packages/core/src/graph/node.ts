import { allocate, type DType, isFloat, namedBy, type TypedArray, type Values } from "../dtype.js";
import { DTypeError, GraphError, ShapeError } from "../errors.js";
import { tooMany } from "../options.js";
import { formatShape, isEmpty, sameShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { mayCloseOver } from "./age.js";
import { isPutOff, later, putsOff } from "./later.js";
import { checkValues } from "./literal.js";
import { isNoting, withReads } from "./reads.js";
import { readyMade } from "./ready-made.js";
import { isRecording, withRecording } from "./recording.js";
import { currentFrame, type Frame } from "./steps.js";
import type { Tensor } from "./tensor.js";
import { type Tracer, tracer, valuesOf } from "./tracer.js";
import { watcher } from "./watch.js";

/** What a node tells the walk that passes it (see `Tape`), about the edges that are its inputs. */
export interface Walk {
  /** Whether the walk goes on to something else that gradients are wanted of than what it is for. */
  dependsOnOthers: boolean;
  /** Takes in an edge that gets a gradient, and counts the use that a node makes of it. */
  use(edge: Tensor): void;
  /** Whether the walk has met this edge. */
  has(edge: Tensor): boolean;
  /** Adds to the gradient of a scalar edge what one of its uses gives; `undefined` where that is zero everywhere. */
  addNumber(edge: Tensor, gradient: number | undefined): void;
  /** Adds to the gradient of an edge that of a part of it: in place (`add`), or as a tensor with zeros around (`whole`). */
  addPart(edge: Tensor, add: (sum: TypedArray) => void, whole: () => Tensor): void;
}

/** What the results of an op on scalars keep in the place of a node each: what all its nodes have in common. */
export interface ScalarOp {
  /** A node of this op, as it was when it had used its inputs. */
  nodeOf(x: Tensor, y: Tensor | null, stamp: number): Node;
  /** Hands the gradient of a result `z` on to the inputs as plain numbers. */
  backwardScalar(dout: number, x: Tensor, y: Tensor | null, z: number, walk: Walk): void;
}

/** The names of fields, in the order in which a constructor takes them; see `Node.settings`. */
export type NodeSettings = readonly (string | readonly string[])[];

/** The same for scalars that are made in a frame, whose nodes say so. */
class FramedOp implements ScalarOp {
  private readonly op: ScalarOp;
  private readonly frame: Frame;

  constructor(op: ScalarOp, frame: Frame) {
    this.op = op;
    this.frame = frame;
  }

  nodeOf(x: Tensor, y: Tensor | null, stamp: number): Node {
    const node = this.op.nodeOf(x, y, stamp);
    node.frame = this.frame;
    return node;
  }

  backwardScalar(dout: number, x: Tensor, y: Tensor | null, z: number, walk: Walk): void {
    this.op.backwardScalar(dout, x, y, z, walk);
  }
}

/** What a scalar that is made now keeps. */
export function scalarOpNow(op: ScalarOp): ScalarOp {
  const frame = currentFrame();
  return frame === null ? op : new FramedOp(op, frame);
}

/**
 * The local formulas of an op as text: its letters, those of the inputs first and that of the result last, with spaces between; the
 * result; and the gradient of each input, in which a d stands before the letter of what it is the gradient of, or null.
 */
export type FormulaText = readonly [letters: string, forward: string, ...gradients: (string | null)[]];

/**
 * A vertex of the graph: it holds its input tensors and does one local forward and one local backward computation.
 *
 * An op is a subclass with four small methods: two rules (the shape and the dtype of the result) and the two local
 * computations, of which the forward one may be `composed` of other ops. `localBackward` is written in ops, one input at a time, so that it can be differentiated again and so
 * that a gradient nobody needs is not computed. It may give the gradient in the shape of the output: adding it up over
 * broadcast axes is done once, by `sumTo`.
 *
 * This file imports no op and not the Tensor class, on purpose: an op extends `Node`, and a tensor's methods use the ops.
 *
 * @example
 * const node = new Mul();
 * node.forward(100, 2); // 200
 * node.backward(1.1); // about [2.2, 110]
 */
export abstract class Node {
  /**
   * The fields that have the settings of the op, in the order in which its constructor takes them; those in a list come in a record.
   * So a graph that was saved is built again. A class without settings has none.
   *
   * @example
   * Cumsum.settings; // [["axis", "reverse", "exclusive"]]
   */
  static readonly settings: NodeSettings = [];

  // The inputs stand in fields, not in an array of their own: most nodes of a scalar graph have one or two.
  protected first: Tensor | null = null;
  protected second: Tensor | null = null;
  private others: readonly Tensor[] | null = null;
  /**
   * The sum of the inputs' versions when this node used them: versions only grow, so a changed sum is a changed input.
   *
   * @internal
   */
  stamp = 0;
  /**
   * What it was made in: a step of a loop, a call of a function.
   *
   * @internal
   */
  frame: Frame | null = null;

  /** What has settings takes them itself, and gives none on to here. */
  constructor();
  constructor(none?: unknown) {
    if (none !== undefined) throw tooMany(`new ${this.constructor.name}`, none);
  }

  /** The number of inputs. */
  get arity(): number {
    return this.others !== null ? 2 + this.others.length : this.second !== null ? 2 : this.first !== null ? 1 : 0;
  }

  input(i: number): Tensor {
    return (i === 0 ? this.first : i === 1 ? this.second : this.others?.[i - 2]) as Tensor;
  }

  get inputs(): readonly Tensor[] {
    const { first, second, others } = this;
    if (first === null) return [];
    if (second === null) return [first];
    return others === null ? [first, second] : [first, second, ...others];
  }

  /** Takes in the inputs, as part of the graph from now on. */
  protected connect(first: Tensor, second: Tensor | null, others: readonly Tensor[] | null): void {
    this.first = first;
    this.second = second;
    this.others = others;
    this.stamp = versionsOf(this);
  }

  /** The name of the op in errors and pictures. */
  abstract readonly name: string;

  /** The settings of the op (an axis, a flag), for pictures and errors. */
  attributes(): Readonly<Record<string, unknown>> {
    return {};
  }

  /**
   * The local formulas, for `formulaOf`: a class of one's own may have this method. Of the engine's ops they are in a table of their
   * own, which who draws nothing does not load.
   */
  formula?(): FormulaText;

  /** Whether another one with the same settings and inputs may compute something else, as by a function that it has. */
  get isUnique(): boolean {
    return false;
  }

  /**
   * Whether its backward may use tensors that are none of its inputs, as a consumer's function does. No edge of the graph shows these, so
   * that inside of another transform, which may differentiate by them, its gradients are graph in any case.
   */
  get closesOver(): boolean {
    return false;
  }

  /** The shape of the result, or a ShapeError. */
  abstract shapeRule(...inputs: Tensor[]): Shape;

  /** The dtype of the result, or a DTypeError. By default all inputs have one float dtype, and so has the result. */
  dtypeRule(...inputs: Tensor[]): DType {
    const dtype = commonDType(this.name, inputs);
    if (!isFloat(dtype))
      throw new DTypeError(`${this.name}: takes float64 or float32, got ${dtype}; convert with cast("float64")`);
    return dtype;
  }

  /** The values of the result, of the shape and dtype that the rules gave; those of `composed`, unless the op says how else. */
  localForward(shape: Shape, dtype: DType, ...inputs: Tensor[]): Values {
    const made = this.composition(shape, dtype, inputs);
    if (made !== null) return valuesOf(made);
    throw new GraphError(
      `${this.name}: computes nothing: give its class localForward(shape, dtype, ...inputs), over arrays, or composed(...inputs), in ops`,
    );
  }

  /**
   * The result as a composition of ops, of the shape and dtype that the rules give: what a compiled program runs in the place of
   * `localForward`, and what computes the result where there is none. `null` for no composition; then the op is not compiled.
   */
  composed(..._inputs: Tensor[]): Tensor | null {
    return null;
  }

  /**
   * What `composed` gives, checked.
   *
   * @internal
   */
  composition(shape: Shape, dtype: DType, inputs: readonly Tensor[]): Tensor | null {
    if (this.composed === Node.prototype.composed) return null;
    const made = withRecording(false, () => this.composed(...inputs));
    if (made === null) return null;
    tensors.check(`${this.name}: composed`, made);
    if (made.dtype === dtype && sameShape(made.shape, shape)) return made;
    throw new ShapeError(
      `${this.name}: its composed gave ${made.dtype} ${formatShape(made.shape)}, and its rules say ${dtype} ${formatShape(shape)}`,
    );
  }

  /** The gradient of input `i`, given the output and its gradient; `null` where it is zero everywhere. */
  abstract localBackward(dout: Tensor, i: number, output: Tensor): Tensor | null;

  /** The same without graph, for a node that knows a faster way than its ops. What it gives is new, or `dout` itself. */
  fastBackward?(dout: Tensor, i: number, output: Tensor): Tensor | null;

  /**
   * Checks the inputs, computes the output, and records this node in the graph if an input requires a gradient. A node that
   * has inputs already keeps them, for the graph that it is a part of: a copy of it is applied instead.
   */
  apply(...inputs: Tensor[]): Tensor {
    // A million times in a large program: the count is looked at closely where it is not what the rule names.
    const named = this.shapeRule.length;
    if (inputs.length === 0 || (inputs.length !== named && named > 0)) this.checkCount(inputs, "takes");
    for (let i = 0; i < inputs.length; i++) tensors.check(this.name, inputs[i]);
    if (this.first !== null) return this.again().apply(...inputs);
    return this.applied(this.shapeRule(...inputs), this.dtypeRule(...inputs), inputs);
  }

  /** `apply`, to inputs that have been looked at, for a result of the shape and dtype that the rules give. */
  protected applied(shape: Shape, dtype: DType, inputs: Tensor[]): Tensor {
    const values = this.compute(shape, dtype, inputs);
    const record = isRecording() && isFloat(dtype) && anyRequiresGrad(inputs);
    const node = record ? this.recorded(inputs, values) : null;
    const output = (inputs[0] as Tensor).derive(shape, dtype, values, node);
    if (node !== null) {
      node.frame = currentFrame();
      tracer()?.recorded(output, node !== this);
    }
    watcher()?.applied(this, output, inputs);
    return output;
  }

  /** The rules name the inputs, the forward computation also one that may be left out; a list of any length is not named. */
  private checkCount(inputs: readonly unknown[], takes: string): void {
    const least = Math.max(1, this.shapeRule.length);
    const most = Math.max(this.shapeRule.length, this.localForward.length - 2) || Number.POSITIVE_INFINITY;
    checkArity(this.name, least, inputs, takes, most);
  }

  private compute(shape: Shape, dtype: DType, inputs: Tensor[]): Values {
    const traced = tracer()?.apply(this, inputs, shape, dtype);
    if (traced !== undefined) return traced;
    if (putsOff() && inputs.some(isPutOff)) {
      // As they are now, whatever is assigned to a variable or a constant until then.
      const isResult = (input: Tensor) => isPutOff(input) || (input.requiresGrad && !input.isVariable);
      const own = inputs.map((input) => (isResult(input) ? input : input.detach()));
      return later(own, () => this.computeChecked(shape, dtype, own));
    }
    return isNoting()
      ? withReads(null, () => this.computeChecked(shape, dtype, inputs))
      : this.computeChecked(shape, dtype, inputs);
  }

  private computeChecked(shape: Shape, dtype: DType, inputs: Tensor[]): Values {
    const values = this.computeNow(shape, dtype, inputs);
    checkValues(this.name, values, shape, dtype);
    return values;
  }

  private computeNow(shape: Shape, dtype: DType, inputs: Tensor[]): Values {
    try {
      // The axes around an empty one may have any size, and loops would run over them.
      if (isEmpty(shape)) {
        this.checkInputs(...inputs);
        return allocate(dtype, 0);
      }
      // Scalars of scalars have nothing to gain, and no time to lose.
      const isScalar = shape.length === 0 && (inputs[0] as Tensor).shape.length === 0;
      const made = isScalar ? null : (readyMade.kernels?.forward(this, shape, inputs) ?? null);
      return made ?? this.localForward(shape, dtype, ...inputs);
    } catch (error) {
      throw namedBy(this.name, error);
    }
  }

  /** What has to hold of the values of inputs also where the result has no elements, and nothing is computed. */
  protected checkInputs(..._inputs: Tensor[]): void {}

  /**
   * A vertex of its own with the same settings.
   *
   * @internal
   */
  again(): this {
    const copy = Object.assign(Object.create(Object.getPrototypeOf(this)), this) as this;
    copy.first = null;
    copy.second = null;
    copy.others = null;
    return copy;
  }

  /**
   * Such a vertex with these inputs, whose output is known already.
   *
   * @internal
   */
  connectedTo(inputs: readonly Tensor[]): this {
    const copy = this.again();
    copy.connectAll(inputs);
    return copy;
  }

  /**
   * The node of a result that is in the graph: this one; in a function that is traced, that of an equal result, so that the
   * gradients of the two are added up before the walk goes on.
   */
  private recorded(inputs: readonly Tensor[], values: Values): Node {
    const tracing = tracer();
    if (tracing === null) {
      this.connectAll(inputs);
      return this;
    }
    // What runs a function that was traced takes the edges that the function closes over: its gradients arrive there.
    const edges = this.isUnique ? inputs : inputs.map((input) => sharedEdge(tracing, input));
    const known = tracing.edgeOf(values) as Tensor | null;
    const node = known?.node ?? null;
    if (node !== null && known?.hooks === null && node.takes(edges)) return node;
    this.connectAll(edges);
    return this;
  }

  /** Whether these are the edges that the node takes, as they are now; constants are, as they have the same values. */
  private takes(edges: readonly Tensor[]): boolean {
    if (this.stamp !== versionsOf(this)) return false;
    return edges.every((edge, i) => edge === this.input(i) || !(edge.requiresGrad || this.input(i).requiresGrad));
  }

  private connectAll(inputs: readonly Tensor[]): void {
    this.connect(inputs[0] as Tensor, inputs[1] ?? null, inputs.length <= 2 ? null : inputs.slice(2));
  }

  /**
   * The local forward computation, on its own as in the textbook. The node remembers its inputs for `backward`. Numbers are
   * scalars; an elementwise op makes a number of numbers, any other a tensor.
   *
   * @example
   * const node = new Mul();
   * node.forward(100, 2); // 200
   * node.backward(1); // [2, 100]
   */
  forward(...inputs: (Tensor | number)[]): Tensor {
    this.checkCount(inputs, "forward takes");
    const tensors = this.tensorsOf(inputs);
    const node = this.first === null ? this : this.again();
    const output = node.apply(...tensors);
    node.connectAll(tensors);
    applied.set(this, { node, output });
    return output;
  }

  /** The inputs of `forward`, numbers among them as scalars: in the dtype of the tensors, in float64 if there are none. */
  protected tensorsOf(inputs: readonly (Tensor | number)[]): Tensor[] {
    for (const input of inputs) if (typeof input !== "number") tensors.check(this.name, input);
    const like = inputs.find((input) => typeof input !== "number") ?? (inputs.length > 0 ? tensors.one : null);
    if (like === null) {
      throw new DTypeError(`${this.name}: takes tensors, got numbers only; make one with tensor(${inputs[0] ?? ""})`);
    }
    return inputs.map((input) => (typeof input === "number" ? like.constant(input, this.name) : input));
  }

  /** The local gradients, one for each input of the last `forward`, given the gradient of its output. */
  backward(dout: Tensor | number): Tensor[] {
    const last = applied.get(this);
    if (last === undefined) throw new GraphError(`${this.name}: backward before forward: call node.forward(...) first`);
    const { node, output } = last;
    checkUnchanged(node);
    const seed = typeof dout === "number" ? output.constant(dout, this.name) : dout;
    checkSeed(this.name, seed, output);
    const full = seed.broadcastTo(output.shape);
    return node.inputs.map((input, i) => {
      const gradient = isFloat(input.dtype) ? node.localBackward(full, i, output) : null;
      return gradient === null ? input.constant(0).broadcastTo(input.shape) : gradientOf(node, i, gradient);
    });
  }

  // Two steps of a walk. Scalars, of which there may be a million, have a shorter way; see `ScalarOp`.

  /**
   * Tells a walk which edges this node uses.
   *
   * @internal
   */
  countUses(walk: Walk): void {
    checkUnchanged(this);
    if (this.closesOver) mayCloseOver(walk);
    for (let i = 0; i < this.arity; i++) walk.use(this.input(i));
  }

  /**
   * Hands the gradient of a scalar output on to the inputs as plain numbers; false if that needs `localBackward`.
   *
   * @internal
   */
  backwardNumbers(_dout: number, _output: Tensor, _walk: Walk): boolean {
    return false;
  }

  /**
   * Adds to the gradient that an input has so far (see `addPart`), for a node that reads a part of it; false if that needs
   * `localBackward`.
   *
   * @internal
   */
  backwardInPlace(_dout: Tensor, _walk: Walk): boolean {
    return false;
  }

  /** What `localBackward` throws where there is no derivative, with the reason. */
  protected notDifferentiable(because: string): GraphError {
    return new GraphError(`${this.name}: not differentiable: ${because}; detach() the input if no gradient is meant`);
  }
}

/**
 * What tensor.ts, which this file cannot import, puts here: a scalar to make others out of plain numbers with, and a check that
 * throws for what is no tensor. Without them there are no tensors in the program at all.
 */
export const tensors: {
  one: Tensor | null;
  check: (op: string, input: unknown) => void;
  isTensor: (x: unknown) => x is Tensor;
} = {
  one: null,
  check: () => undefined,
  isTensor: (_x): _x is Tensor => false,
};

/**
 * The name of a node that is under construction: there where the class has it on its prototype (a getter), for errors about the
 * options that it is made with.
 */
export function nameOf(node: Node): string {
  return node.name;
}

/** What nodes that are used alone did last; in a graph the output knows its node, and that is enough. */
const applied = new WeakMap<Node, { readonly node: Node; readonly output: Tensor }>();

/** A node alone takes what it is given; the types cannot count it. */
export function checkArity(op: string, least: number, inputs: readonly unknown[], takes: string, most = least): void {
  if (inputs.length >= least && inputs.length <= most) return;
  const or = most > least && most < Number.POSITIVE_INFINITY ? ` or ${most}` : "";
  const count = `${least}${or} ${least === 1 && or === "" ? "input" : "inputs"}${most > least && or === "" ? " at least" : ""}`;
  throw new GraphError(`${op}: ${takes} ${count}, got ${inputs.length}`);
}

/** How often any tensor has got new values; while that stays the same, no version needs to be looked at. */
export const updates = { count: 0 };

function anyRequiresGrad(inputs: readonly Tensor[]): boolean {
  for (let i = 0; i < inputs.length; i++) if ((inputs[i] as Tensor).requiresGrad) return true;
  return false;
}

function versionsOf(node: Node): number {
  let sum = 0;
  for (let i = 0; i < node.arity; i++) sum += node.input(i).version;
  return sum;
}

/** The edge that stands for those that share its node, while a function is traced. */
export function sharedEdge(tracing: Tracer, edge: Tensor): Tensor {
  if (edge.node === null || edge.hooks !== null) return edge;
  const known = tracing.edgeOf(edge.values) as Tensor | null;
  return known !== null && known.node === edge.node && known.hooks === null ? known : edge;
}

/** A local backward reads the inputs as they are now; they have to be what the local forward used. */
export function checkUnchanged(node: Node): void {
  if (versionsOf(node) === node.stamp) return;
  const changed = new Set(node.inputs.filter((input) => input.version > 0));
  const names = [...changed].map((input) => input.name ?? formatShape(input.shape));
  throw new GraphError(
    `${node.name}: its input ${names.join(" or ")} was updated with assign() after this graph had used it; ` +
      "compute the output again after the update, then call backward()",
  );
}

/** The dtype of an input, which is one of numbers. */
export function numberDType(op: string, { dtype }: Tensor): DType {
  if (dtype === "bool") throw new DTypeError(`${op}: takes numbers, got bool; convert with cast("int32")`);
  return dtype;
}

/** The one dtype that all inputs have. */
export function commonDType(op: string, inputs: readonly Tensor[]): DType {
  const dtype = inputs[0]?.dtype ?? "float64";
  for (const input of inputs) {
    if (input.dtype !== dtype) {
      const [x, y] = isFloat(dtype) === isFloat(input.dtype) ? ["one", "the other"] : [dtype, input.dtype];
      const ways = [`${x} with cast("${input.dtype}")`, `${y} with cast("${dtype}")`];
      // From a float to an integer something may get lost: then there is one way only.
      const repair = ways.filter(
        (_, i) => isFloat(i === 0 ? input.dtype : dtype) || !(isFloat(dtype) || isFloat(input.dtype)),
      );
      throw new DTypeError(`${op}: ${dtype} and ${input.dtype} do not mix; convert ${repair.join(" or ")}`);
    }
  }
  return dtype;
}

/** A gradient given from outside has the shape and dtype of what it is the gradient of (a scalar one is repeated). */
export function checkSeed(op: string, seed: Tensor, output: Tensor): void {
  tensors.check(op, seed);
  if (seed.dtype !== output.dtype) {
    throw new DTypeError(
      `${op}: backward takes a gradient of the output's dtype ${output.dtype}, got ${seed.dtype}; convert with cast("${output.dtype}")`,
    );
  }
  if (seed.shape.length > 0 && !sameShape(seed.shape, output.shape)) {
    throw new GraphError(
      `${op}: backward takes a gradient of the output's shape ${formatShape(output.shape)}, or a number for all elements, ` +
        `got ${formatShape(seed.shape)}`,
    );
  }
}

/** What a local backward gave for input `i`, added up to the shape of that input. */
export function gradientOf(node: Node, i: number, gradient: Tensor): Tensor {
  const input = node.input(i);
  if (!tensors.isTensor(gradient)) {
    throw new GraphError(
      `${node.name}: its local backward gave ${show(gradient)} for input ${i}, ${input.dtype} ${formatShape(input.shape)}; it must ` +
        "give a tensor, computed with ops, or null where the gradient is zero",
    );
  }
  if (gradient.dtype !== input.dtype) {
    throw new DTypeError(
      `${node.name}: its local backward gave a ${gradient.dtype} gradient for input ${i}, which is ${input.dtype}; convert with cast("${input.dtype}")`,
    );
  }
  if (sameShape(gradient.shape, input.shape)) return gradient;
  const extra = gradient.shape.length - input.shape.length;
  if (!input.shape.every((size, axis) => size === 1 || [size, 1, undefined].includes(gradient.shape[axis + extra]))) {
    throw new ShapeError(
      `${node.name}: its local backward gave a gradient of shape ${formatShape(gradient.shape)} for input ${i} of shape ` +
        `${formatShape(input.shape)}; it must have the shape of the output or of the input`,
    );
  }
  return sumTo(gradient, input.shape);
}

/** Adds a gradient up over the axes that broadcasting repeated, so that it has the shape of the input. */
export function sumTo(gradient: Tensor, shape: Shape): Tensor {
  if (sameShape(gradient.shape, shape)) return gradient;
  const extra = gradient.shape.length - shape.length;
  const axes: number[] = [];
  for (let axis = 0; axis < gradient.shape.length; axis++) {
    if (axis < extra || (shape[axis - extra] === 1 && gradient.shape[axis] !== 1)) axes.push(axis);
  }
  if (axes.length === 0) return gradient.broadcastTo(shape);
  const sum = gradient.sum({ axis: axes });
  if (sameShape(sum.shape, shape)) return sum;
  const kept = gradient.shape.map((size, axis) => (axes.includes(axis) ? 1 : size)).slice(extra);
  return sum.reshape(kept).broadcastTo(shape);
}
