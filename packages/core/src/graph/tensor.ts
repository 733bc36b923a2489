import { checkFunction, checkName } from "../checks.js";
import {
  type AnyDType,
  allocate,
  checkNumber,
  type DType,
  type DTypes,
  type OwnedArray,
  ownCopy,
  type ReadonlyTypedArray,
  type TypedArray,
  type Values,
} from "../dtype.js";
import { DTypeError, GraphError, ShapeError } from "../errors.js";
import { installMethods, type TensorMethods } from "../ops/methods.js";
import { checkNoMore } from "../options.js";
import { formatShape, ownShape, sameShape, scalarShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { formOfTensor, isAnyTensor, show } from "../show.js";
import { transforms } from "./age.js";
import { display, tableOf } from "./display.js";
import { jsonOf, type TensorJSON } from "./json.js";
import { formatValues, type Literal, type NestedArray, nest, readLiteral } from "./literal.js";
import { checkUnchanged, type Node, type ScalarOp, scalarOpNow, tensors, updates, type Walk } from "./node.js";
import { noteRead, withReads } from "./reads.js";
import { refuseInStep } from "./steps.js";
import { deferredIn, readValues, tracer, valuesOf } from "./tracer.js";

/** A tensor that can be sent: its elements in row-major order in the array of its dtype, `Uint8Array` for bools. */
export interface TensorTransfer<S extends Shape = Shape, D extends DType = AnyDType> {
  readonly dtype: DTypes[D];
  readonly shape: S;
  readonly data: OwnedArray<D>;
}

/** Is shown the gradient of a tensor, and may give another to go on with. */
export type GradientHook = (gradient: Tensor) => Tensor | undefined;

/** A gradient that lies in the memory of a program until somebody asks for it. */
interface DeferredGradient {
  readonly isDeferred: true;
  read(): Tensor;
}

/** Where the gradients of edges are: the last walk. */
interface GradientSource {
  gradient(edge: Tensor): Tensor | undefined;
}

interface Extra {
  name: string | undefined;
  version: number;
  /** The highest version that there has been: one that was put back leaves it behind. */
  newest: number;
  readonly isVariable: boolean;
  hooks: Set<GradientHook> | null;
}

/**
 * An edge of the graph: a value with a shape and a dtype, the node that made it, and, after `backward`, its gradient.
 *
 * `Tensor<[2, 3], "float32">` has its shape and its dtype in the type, `Tensor<[2, 3]>` is of any dtype, and `Tensor` of any shape,
 * too: what the type does not say is checked at run time.
 *
 * The shape is frozen, and values are never changed in place. A *variable* (see `variable`) takes new ones through `assign`.
 * Make tensors with `tensor`, `variable`, `zeros`, `ones`, `full`; the constructor is for the engine.
 *
 * @example
 * const x = variable([[1, 2], [3, 4]]);
 * const y = x.square().sum();
 * y.backward();
 * x.shape; // [2, 2]
 * y.item(); // 30
 * x.grad?.toArray(); // [[2, 4], [6, 8]]
 */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: the class installs the methods of the interface in itself
export class Tensor<out S extends Shape = Shape, out D extends DType = AnyDType> {
  /** The sizes along the axes, frozen; `[]` for a scalar. */
  readonly shape: S;
  /** float64, float32, int32 or bool. */
  readonly dtype: DTypes[D];
  /**
   * A number for a scalar, else one row-major array.
   *
   * @internal
   */
  values: Values;
  /** See `node`; of a scalar's node only the op, until somebody asks for it, and the three fields below. */
  private maker: Node | ScalarOp | null;
  private first: Tensor | null = null;
  private second: Tensor | null = null;
  /** See `Node.stamp`. */
  private stamp = 0;
  /**
   * Where this edge stands in the walk that met it last (see `Tape`), below 0 before there is one (see `transforms`).
   *
   * @internal
   */
  slot: number;
  /**
   * A tensor in between has its gradient in the tape of the last walk.
   *
   * @internal
   */
  gradient: Tensor | GradientSource | DeferredGradient | null;
  /** What few tensors have, so that a graph of a million scalars stays small. */
  private extra: Extra | null;

  constructor(shape: S, dtype: DTypes[D], values: Values, node: Node | null, isVariable: boolean) {
    this.shape = (shape?.length === 0 ? scalarShape : ownShape(shape)) as S;
    this.dtype = dtype;
    this.values = values;
    this.maker = node;
    this.slot = -transforms.begun;
    this.gradient = null;
    this.extra = isVariable ? { name: undefined, version: 0, newest: 0, isVariable, hooks: null } : null;
  }

  /**
   * A tensor made out of this one by the engine: the result of an op, recorded if `node` is not null.
   *
   * @internal
   */
  derive(shape: Shape, dtype: DType, values: Values, node: Node | null): Tensor {
    return new Tensor(shape, dtype, values, node, false);
  }

  /**
   * The scalar result of an op with one input or two scalars, recorded if there is an `op`. It keeps what its node would, and the
   * node is made when somebody asks for it: most of a graph of a million scalars is walked without one.
   *
   * @internal
   */
  deriveScalar(dtype: DType, value: number, op: ScalarOp | null, x: Tensor, y: Tensor | null): Tensor {
    const made = new Tensor(scalarShape, dtype, value, null, false);
    if (op !== null) {
      made.maker = scalarOpNow(op);
      made.first = x;
      made.second = y;
      made.stamp = y === null ? x.version : x.version + y.version;
    }
    return made;
  }

  /**
   * A scalar constant of this tensor's dtype, to compute with where two numbers meet; in a compiled program its value is known.
   *
   * @param op what an error calls the op that wanted a number which is none of the dtype
   *
   * @example
   * tensor([1, 2], { dtype: "float32" }).constant(0.5).dtype; // "float32"
   */
  constant(value: number, op = "constant"): Tensor {
    return new Tensor(scalarShape, this.dtype, literal(checkNumber(op, value, this.dtype), this.dtype), null, false);
  }

  // --- reading -------------------------------------------------------------------------------------------------------

  /** The number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  /** The number of axes. */
  get rank(): number {
    return this.shape.length;
  }

  /** All elements in row-major order, in the array of the dtype; not a copy, and not to be written to: use `assign`. */
  get data(): ReadonlyTypedArray<D> {
    return this.array as TypedArray<D>;
  }

  /**
   * The elements as a typed array, for loops; whoever is not to write to it takes `data`.
   *
   * @internal
   */
  get array(): TypedArray {
    const values = this.known;
    if (typeof values !== "number") {
      if (values.length === 0) this.checkThere();
      return values;
    }
    const array = allocate(this.dtype, 1);
    array[0] = values;
    return array;
  }

  /** Refuses to read the array of a tensor that was made of it without a copy, and which its owner has sent away since. */
  private checkThere(): void {
    if (this.size === 0) return;
    throw new GraphError(
      `${this.name ?? "a tensor"}, ${this.dtype} ${formatShape(this.shape)}, has lost its values: the array that it was made of ` +
        "without a copy (by fromArray or fromTransfer) was transferred to somewhere else; send x.toTransfer() instead",
    );
  }

  /** The value of a tensor with one element. */
  item(...none: []): number {
    checkNoMore("item", none);
    const values = this.known;
    if (typeof values === "number") return values;
    if (values.length !== 1) {
      throw new ShapeError(
        `item: a tensor of shape ${formatShape(this.shape)} has ${values.length} elements, not one; read data or toArray()`,
      );
    }
    return values[0] as number;
  }

  /** The values, fetched from where they are if need be; an error where there are none. */
  private get known(): Values {
    const tracing = tracer();
    if (tracing !== null && this.isVariable) return readValues(tracing.read(this));
    tracing?.valueRead(this);
    noteRead(this);
    const deferred = deferredIn(this.values);
    if (deferred === null) return this.values;
    const values = deferred.read();
    if (deferred.isReadOnce) this.values = values;
    return values;
  }

  /** The elements as nested arrays of the tensor's shape; a scalar as a number. Bools come as true and false. */
  toArray<T extends Shape>(this: Tensor<T>, ...none: []): NestedArray<T> {
    checkNoMore("toArray", none);
    return nest(this.array, this.shape, this.dtype) as NestedArray<T>;
  }

  /** Name, dtype, shape and values as one line; of long axes the ends. */
  toString(): string {
    const name = this.name === undefined ? "" : `${this.name}: `;
    const values = withReads(null, () => formatValues(this.array, this.shape, this.dtype));
    return `${name}${this.dtype} ${formatShape(this.shape)} ${values}`;
  }

  /**
   * What JSON.stringify writes of a tensor: its dtype, its shape and its nested values, with `"NaN"`, `"Infinity"`, `"-Infinity"`
   * and `"-0"`, which JSON has no numbers for, as texts. `fromJSON` gives back the same values to the bit, as a constant; the
   * name, the gradient and the graph are left out.
   *
   * @example
   * JSON.stringify(tensor([1, -0, NaN])); // '{"dtype":"float64","shape":[3],"values":[1,"-0","NaN"]}'
   *
   * @throws CompileError in a function that is traced, as for any reading of values
   */
  toJSON(): TensorJSON<S, D> {
    return { dtype: this.dtype, shape: this.shape, values: jsonOf(this.array, this.shape, this.dtype) };
  }

  /**
   * What to send to a worker, or to keep by `structuredClone`, which make a plain object without methods of a tensor itself:
   * dtype, shape, and the elements in a typed array of its own, a copy, whose buffer can stand in the list of what is
   * transferred. `fromTransfer` makes a constant of it on the other side, without another copy; the name, the gradient and the
   * graph stay behind.
   *
   * @example
   * const { port1, port2 } = new MessageChannel();
   * // In a worker of node:worker_threads this is parentPort.once("message", (record) => ...), in a page onmessage.
   * const message = new Promise((resolve) => { port2.onmessage = ({ data }) => resolve(data); });
   * const record = tensor([[1, 2], [3, 4]]).toTransfer();
   * port1.postMessage(record, [record.data.buffer]);
   * fromTransfer(await message).toArray(); // [[1, 2], [3, 4]]
   * port1.close();
   *
   * @throws CompileError in a function that is traced, as for any reading of values
   */
  toTransfer(...none: []): TensorTransfer<S, D> {
    checkNoMore("toTransfer", none);
    return { dtype: this.dtype, shape: this.shape, data: ownCopy(this.array) as OwnedArray<D> };
  }

  /** In a text, the tensor as text; in arithmetic an error, as `x * y` would be a number without a gradient. */
  [Symbol.toPrimitive](hint: string): string {
    if (hint === "string") return this.toString();
    readValues(this.values);
    throw new GraphError(
      "Tensor: operators such as x * y know no gradients; write x.mul(y), or x.item() for the number",
    );
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor(${this.toString()})`;
  }

  /** How a notebook shows it: Deno's kernel for Jupyter asks for texts by the types of media. A vector or a matrix is a table. */
  [display](): { readonly "text/plain": string; readonly "text/html"?: string } {
    const table = withReads(null, () => tableOf(this.name, this.array, this.shape, this.dtype));
    return { "text/plain": this.toString(), ...(table !== null && { "text/html": table }) };
  }

  // --- the graph -----------------------------------------------------------------------------------------------------

  /** The node that made this tensor; `null` for a constant, a variable, or a result that no gradient is wanted of. */
  get node(): Node | null {
    if (this.first !== null) {
      this.maker = (this.maker as ScalarOp).nodeOf(this.first, this.second, this.stamp);
      this.first = null;
      this.second = null;
    }
    return this.maker as Node | null;
  }

  // What a walk asks of the node, here so that none has to be made for it.

  /**
   * How many inputs the node has; 0 where there is none.
   *
   * @internal
   */
  get arity(): number {
    if (this.first === null) return (this.maker as Node | null)?.arity ?? 0;
    return this.second === null ? 1 : 2;
  }

  /** @internal */
  inputAt(i: number): Tensor {
    if (this.first === null) return (this.maker as Node).input(i);
    return i === 0 ? this.first : (this.second as Tensor);
  }

  /**
   * Tells a walk which edges the node uses.
   *
   * @internal
   */
  countUses(walk: Walk): void {
    const { first, second } = this;
    if (first === null) {
      (this.maker as Node).countUses(walk);
      return;
    }
    const stamp = second === null ? first.version : first.version + second.version;
    if (stamp !== this.stamp) checkUnchanged(this.node as Node);
    walk.use(first);
    if (second !== null) walk.use(second);
  }

  /**
   * Hands the gradient of this scalar on to the inputs of the node as plain numbers; false if that needs `localBackward`.
   *
   * @internal
   */
  backwardNumbers(dout: number, walk: Walk): boolean {
    const { first } = this;
    if (first === null) return (this.maker as Node).backwardNumbers(dout, this, walk);
    (this.maker as ScalarOp).backwardScalar(dout, first, this.second, this.values as number, walk);
    return true;
  }

  /** Gives this tensor a name, for pictures of the graph and for errors. */
  named(name: string, ...none: []): this {
    checkNoMore("named", none);
    this.name = name;
    return this;
  }

  /** Shown in pictures of the graph and in errors. */
  get name(): string | undefined {
    return this.extra?.name;
  }

  set name(name: string | undefined) {
    checkName("name", name);
    if (name !== undefined || this.extra !== null) this.more.name = name;
  }

  /** Whether this is a leaf that gradients are wanted of, made by `variable`. */
  get isVariable(): boolean {
    return this.extra?.isVariable ?? false;
  }

  /** Whether `backward` gives this tensor a gradient: it is a variable or depends on one. */
  get requiresGrad(): boolean {
    return this.maker !== null || this.isVariable;
  }

  /** Which values these are: 0 for the first ones, a higher number for each later ones; none stands for two of them. */
  get version(): number {
    return this.extra === null ? 0 : this.extra.version;
  }

  private get more(): Extra {
    this.extra ??= { name: undefined, version: 0, newest: 0, isVariable: false, hooks: null };
    return this.extra;
  }

  /**
   * The gradient that `backward` found: for a variable, added up over all calls since the last `zeroGrad`; for a tensor
   * in between, that of the last call. `null` before.
   */
  get grad(): Tensor<S, D> | null {
    if (this.isVariable) tracer()?.gradient(this, "read");
    else tracer()?.apart(this);
    const { gradient } = this;
    if (gradient === null || gradient instanceof Tensor) return gradient as Tensor<S, D> | null;
    if (!("isDeferred" in gradient)) return (gradient.gradient(this) ?? null) as Tensor<S, D> | null;
    this.gradient = gradient.read();
    return this.gradient as Tensor<S, D>;
  }

  /** Puts a gradient in the place of the one that `backward` found, as clipping does; of this tensor's shape and dtype. */
  set grad(gradient: Tensor<S> | null) {
    if (gradient !== null) tensors.check("grad", gradient);
    if (gradient !== null && (gradient.dtype !== this.dtype || !sameShape(gradient.shape, this.shape))) {
      throw new GraphError(
        `grad: ${gradient.dtype} ${formatShape(gradient.shape)} given as the gradient of ${this.name ?? "a tensor"}, ` +
          `${this.dtype} ${formatShape(this.shape)}; the two are alike in shape and dtype`,
      );
    }
    tracer()?.gradient(this, "replace");
    this.gradient = gradient;
  }

  /** Forgets the gradient. */
  zeroGrad(...none: []): void {
    checkNoMore("zeroGrad", none);
    tracer()?.gradient(this, "replace");
    this.gradient = null;
  }

  /** The same values as a constant: no gradient flows back through it. */
  detach(...none: []): Tensor<S, D> {
    checkNoMore("detach", none);
    return new Tensor(this.shape, this.dtype, valuesOf(this), null, false);
  }

  /**
   * Calls `hook` in each walk that passes this tensor, once its gradient is complete: to look at it, or to put another in
   * its place, which is then what `.grad` holds and what goes on to the tensors before. Hooks run in the order in which
   * they came, each on the result of the one before; under `createGraph` what they do is graph. A compiled function has the hooks
   * that were there when it was traced. A transform (`grad`, `vjp`
   * ...) stops at its own arguments: it runs the hooks of the tensors in between, not those of the arguments given to it.
   *
   * Each walk calls it, the walks that make second derivatives and `jvp` (a walk of a walk) as well: where the hook is not linear, these
   * are not the derivatives of the changed gradient, and differ between the ways to them. A gradient of a function's own that can be
   * differentiated is `customGradient`.
   *
   * @param hook takes the gradient, of the shape and dtype of this tensor, and gives another one or nothing
   * @returns a function that takes the hook away again
   * @throws GraphError for a tensor that gets no gradient; and `backward` for a replacement of another shape or dtype
   *
   * @example
   * const x = variable(3);
   * const remove = x.onGradient((gradient) => gradient.clamp(-1, 1));
   * x.square().backward();
   * x.grad?.item(); // 1
   */
  onGradient(hook: GradientHook, ...none: []): () => void {
    checkNoMore("onGradient", none);
    checkFunction("onGradient", hook);
    if (!this.requiresGrad) {
      throw new GraphError(
        `onGradient: ${this.name ?? "this tensor"}, ${this.dtype} ${formatShape(this.shape)}, gets no gradient: it is a ` +
          "constant or depends on none but constants; make it, or what it is computed from, with variable(...)",
      );
    }
    const { more } = this;
    more.hooks ??= new Set();
    // An entry of its own, so that one function given twice is called twice and removed once.
    const own: GradientHook = (gradient) => hook(gradient);
    const remove = () => {
      more.hooks?.delete(own);
    };
    more.hooks.add(own);
    tracer()?.apart(this);
    tracer()?.hooked(this, remove);
    return remove;
  }

  /**
   * What `onGradient` has been given, for the walk.
   *
   * @internal
   */
  get hooks(): ReadonlySet<GradientHook> | null {
    return this.extra === null ? null : this.extra.hooks;
  }

  /**
   * Gives a variable (or a constant) new values, of its shape; they are copied and converted to its dtype. A graph that
   * has used the old values can no longer be walked backward.
   *
   * @throws ShapeError when the shapes differ, GraphError for the result of an op; then nothing has changed.
   */
  assign(values: Literal | Tensor, ...none: []): this {
    checkNoMore("assign", none);
    if (this.node !== null) {
      throw new GraphError(
        `assign: this tensor is the result of ${this.node.name}; only variables and constants take new values`,
      );
    }
    refuseInStep(
      "assign",
      "return what changes (a loop carries it from step to step), and assign what comes out at the end",
    );
    if (values instanceof Tensor) noteRead(values);
    const given = values instanceof Tensor ? values : readLiteral("assign", values, this.dtype);
    if (!sameShape(given.shape, this.shape)) {
      throw new ShapeError(
        `assign: shape ${formatShape(given.shape)} given to ${this.name ?? "a tensor"} of shape ${formatShape(this.shape)}; ` +
          "reshape it, or make a new variable",
      );
    }
    if (given.dtype !== this.dtype) {
      throw new DTypeError(
        `assign: ${given.dtype} given to a ${this.dtype} tensor; convert with cast("${this.dtype}")`,
      );
    }
    // Arrays are never written to, so that of a tensor can be shared.
    const taken = given instanceof Tensor ? valuesOf(given) : this.given(given.values);
    tracer()?.assigned(this);
    this.settle(taken);
    return this;
  }

  /** New values from outside: in a program that is traced, a constant of it. */
  private given(values: Values): Values {
    if (typeof values === "number") return literal(values, this.dtype);
    return valuesOf(new Tensor(this.shape, this.dtype, values, null, false));
  }

  /**
   * Takes values that belong here, without a copy and without checks.
   *
   * @param version that of values which were here before and are put back; new ones have a version of their own
   * @internal
   */
  settle(values: Values, version = this.more.newest + 1): void {
    this.values = values;
    if (version === this.version) return;
    const { more } = this;
    more.version = version;
    if (version > more.newest) more.newest = version;
    updates.count++;
  }

  static {
    installMethods(Tensor.prototype);
  }
}

// biome-ignore lint/correctness/noUnusedVariables: a class and its interface have the same parameters
export interface Tensor<out S extends Shape = Shape, out D extends DType = AnyDType> extends TensorMethods {}

tensors.one = new Tensor(scalarShape, "float64", 1, null, false);
tensors.check = (op, input) => {
  if (!(input instanceof Tensor)) throw noTensor(op, input, "takes tensors");
};
tensors.isTensor = (x): x is Tensor => x instanceof Tensor;

/** A number of a dtype as values: in a program that is traced, one that is known. */
function literal(value: number, dtype: DType): Values {
  return tracer()?.literal(value, dtype) ?? value;
}

/** A number as a float64 scalar; a tensor as it is. */
export function asTensor(x: Tensor | number): Tensor {
  return operand("tensor", x);
}

/**
 * An operand of an op: a tensor as it is, a number as a float64 scalar. For an op of one's own that takes both.
 *
 * @example
 * operand("myOp", 3).shape; // []
 *
 * @throws DTypeError, with the name of the op, for anything else
 */
export function operand(op: string, x: Tensor | number): Tensor {
  if (x instanceof Tensor) return x;
  if (typeof x === "number") return new Tensor(scalarShape, "float64", literal(x, "float64"), null, false);
  throw noTensor(op, x, "takes tensors and numbers");
}

function noTensor(given: string, x: unknown, takes: string): DTypeError {
  const op = typeof given === "string" ? given : show(given);
  if (isAnyTensor(x)) {
    return new DTypeError(
      `${op}: got a tensor of another copy of @chainrule/core; install one version only (a bundler may have to dedupe it)`,
    );
  }
  const form = formOfTensor(x);
  if (form !== null) return new DTypeError(`${op}: ${takes}, got ${form}`);
  const what = Array.isArray(x) || ArrayBuffer.isView(x) ? "an array" : x === null ? "null" : typeof x;
  return new DTypeError(`${op}: ${takes}, got ${what}; make a tensor of it with tensor(...)`);
}
