import { checkFunction } from "../checks.js";
import { allocate, checkDType, checkNumber, type DType, isTypedArray, type TypedArray, type Values } from "../dtype.js";
import { DTypeError, GraphError } from "../errors.js";
import { type Arithmetic, arithmeticOf, type ElementwiseRule, tensorArithmetic } from "../graph/arithmetic.js";
import { type BinaryRule, binary, type TernaryRule, ternary, type UnaryRule, unary } from "../graph/elementwise.js";
import { interpret } from "../graph/interpret.js";
import { Node } from "../graph/node.js";
import { isThenable, withRecording } from "../graph/recording.js";
import type {
  BinaryFunction,
  ComparisonFunction,
  TestFunction,
  UnaryFunction,
} from "../graph/signatures/elementwise.js";
import { asTensor, operand, Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions, isRecord } from "../options.js";
import { checkShape, kept, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { checkGradients } from "./custom-gradient.js";
import { visitStructure } from "./structure.js";

/** A list of `N` times `T`. */
type Times<N extends number, T, List extends readonly T[] = readonly []> = List["length"] extends N
  ? List
  : Times<N, T, readonly [...List, T]>;

/** The dtype of the results of a rule, where it is not that of what it takes. */
interface GivesOption<Gives> {
  readonly gives?: Gives;
}

/** The class of an op, to use its nodes alone as in the textbook. */
export interface OpClass<Class> {
  readonly Node: Class;
}

/**
 * An op of one's own that works element by element, written once over an abstract arithmetic `k`, as the built-in ones are:
 * `forward(k, ...inputs)` and, for each input, the local gradient `backward[i](k, dout, ...inputs, output)`, or `null`
 * where it is zero everywhere; a string in the place of the list is the reason why there is no derivative.
 *
 * Takes one to three inputs, which broadcast, and float64 or float32 unless `takes` says otherwise. The op is
 * differentiable as often as one likes, because the same gradients build graph. No loop is printed for it: it runs its
 * rule for each element, which is slower than a built-in op.
 *
 * @returns the function of the op, with the class of its nodes as `Node`
 * @throws GraphError for a rule that takes another number of inputs than it has gradients for, and from a call for one that gives
 * what its arithmetic does not have; DTypeError for a `takes` or `gives` that there is not, and for a bool
 * other than 0 and 1
 *
 * @example
 * const cube = elementwise("Cube", {
 *   forward: (k, x) => k.mul(x, k.mul(x, x)),
 *   backward: [(k, dout, x) => k.mul(dout, k.mul(3, k.mul(x, x)))],
 * });
 * cube(tensor([1, 2])).toArray(); // [1, 8]
 * grad(grad(cube))(2).item(); // 12
 * new cube.Node().forward(2); // 8
 */
export function elementwise<Gives extends "bool" | undefined = undefined>(
  name: string,
  rule: UnaryRule & GivesOption<Gives>,
  ...none: []
): (Gives extends "bool" ? TestFunction : UnaryFunction) & OpClass<ReturnType<typeof unary>>;
export function elementwise<Gives extends "bool" | undefined = undefined>(
  name: string,
  rule: BinaryRule & GivesOption<Gives>,
  ...none: []
): (Gives extends "bool" ? ComparisonFunction : BinaryFunction) & OpClass<ReturnType<typeof binary>>;
export function elementwise(
  name: string,
  rule: TernaryRule,
  ...none: []
): TernaryFunction & OpClass<ReturnType<typeof ternary>>;
export function elementwise(name: string, rule: UnaryRule | BinaryRule | TernaryRule, ...none: []): unknown {
  checkNoMore("elementwise", none);
  checkOpName("elementwise", name);
  checkRule("elementwise", name, rule, ["forward", "backward", "takes", "gives"]);
  const given = kept(rule);
  const arity = given.forward.length - 1;
  const gradients = typeof given.backward === "string" ? arity : given.backward.length;
  if (arity < 1 || arity > 3 || gradients !== arity) {
    throw new GraphError(
      `elementwise: ${name}: forward takes k and ${arity} inputs, backward has ${gradients} gradients; one to three inputs ` +
        "are needed, none of them optional, and a gradient (or null) for each",
    );
  }
  checkDtypes(`elementwise: ${name}`, given, arity);
  const own = checkedRule(name, given as ElementwiseRule, arity);
  const Op =
    arity === 1
      ? unary(name, own as UnaryRule)
      : arity === 2
        ? binary(name, own as BinaryRule)
        : ternary(name, own as TernaryRule);
  // Its own loops in any case: a built-in op may have the same name.
  Object.assign(Op.prototype, { loops: interpret(own as ElementwiseRule) });
  return functionOf(name, arity, Op, own.takes === "where" ? 1 : 0);
}

type Rule = (k: Arithmetic<unknown>, ...operands: unknown[]) => unknown;

/** The rule of a consumer's op, which says what its functions gave where the arithmetic has no such thing. */
function checkedRule(
  name: string,
  { forward, backward, ...dtypes }: ElementwiseRule,
  arity: number,
): UnaryRule | BinaryRule | TernaryRule {
  const checked = (f: unknown, operands: number, what: string, gives?: "bool") => {
    const check = (k: Arithmetic<unknown>, value: unknown): unknown => {
      if (typeof value === "number") {
        if (gives === undefined || value === 0 || value === 1) return value;
        throw new DTypeError(
          `${name}: its ${what} gave ${value}, which is no bool: 0 and 1 are; end in a comparison, as in k.notEqual(x, 0)`,
        );
      }
      if (isOver(k, value)) return value;
      throw new GraphError(
        `${name}: its ${what} gave ${show(value)}; it must give what the functions of k give, over numbers a number`,
      );
    };
    return withOperands(f as Rule, operands, check) as never;
  };
  const own: ElementwiseRule = {
    ...dtypes,
    forward: checked(forward, arity, "forward", dtypes.gives),
    backward:
      typeof backward === "string"
        ? backward
        : backward.map((gradient, i) => gradient && checked(gradient, arity + 2, `backward for input ${i}`)),
  };
  // With as many operands and gradients as it came with, which the caller has counted.
  return own as UnaryRule | BinaryRule | TernaryRule;
}

/** Whether something may be a value of an arithmetic that is not over numbers: a tensor, or an expression, which is a record. */
function isOver(k: Arithmetic<unknown>, value: unknown): boolean {
  if (k === (arithmeticOf("float64") as unknown) || k === (arithmeticOf("int32") as unknown)) return false;
  return k === (tensorArithmetic as unknown) ? value instanceof Tensor : isRecord(value);
}

/** A function of as many operands, whose result goes through a check; written out, as it is called for each element. */
function withOperands(f: Rule, operands: number, check: (k: Arithmetic<unknown>, value: unknown) => unknown): Rule {
  const forms: readonly Rule[] = [
    (k, x) => check(k, f(k, x)),
    (k, x, y) => check(k, f(k, x, y)),
    (k, x, y, w) => check(k, f(k, x, y, w)),
    (k, dout, x, y, z) => check(k, f(k, dout, x, y, z)),
    (k, dout, x, y, w, z) => check(k, f(k, dout, x, y, w, z)),
  ];
  return forms[operands - 1] as Rule;
}

/** Three inputs, all broadcast. */
type TernaryFunction = (x: Tensor | number, y: Tensor | number, w: Tensor | number) => Tensor;

/** An op over whole arrays, with `N` inputs: see `customOp`. */
export interface OpRule<N extends number> {
  /** The number of inputs. */
  readonly arity: N;
  /** The shape of the output out of those of the inputs; throws a ShapeError when they do not go together. */
  readonly shape: (...inputs: Times<N, Shape>) => Shape;
  /** The dtype of the output out of those of the inputs; by default all have one float dtype, and so has the output. */
  readonly dtype?: (...inputs: Times<N, DType>) => DType;
  /** Fills `out`, the elements of the output in row-major order, zeros before; reads `x.data` and `x.shape` of the inputs. */
  readonly forward: (out: TypedArray, ...inputs: Times<N, Tensor>) => void;
  /**
   * For each input its gradient, computed with ops out of that of the output, the inputs and the output, in the shape of
   * the input (or of the output, if the input was broadcast to it); `null` where it is zero. Or why there is none.
   */
  readonly backward: Times<N, Gradient<Times<N, Tensor>>> | string;
  /** Settings to show in pictures of the graph. */
  readonly attributes?: Readonly<Record<string, unknown>>;
}

type Gradient<Inputs extends readonly Tensor[]> =
  | ((dout: Tensor, ...inputsAndOutput: readonly [...Inputs, output: Tensor]) => Tensor | null)
  | null;

/**
 * An op of one's own over whole arrays: a shape rule, a forward that fills an array, and a backward in ops, so that it can be
 * differentiated as often as its backward can. It is printed, checked and differentiated like a built-in op. For an op that
 * works element by element see `elementwise`; for a function of ops with another gradient, `customGradient`.
 *
 * @returns the function of the op, with the class of its nodes as `Node`
 * @throws GraphError for a rule whose backward has another number of gradients than `arity`
 *
 * @example
 * const length = customOp("Length", {
 *   arity: 1,
 *   shape: () => [],
 *   forward: (out, x) => out.set([Math.hypot(...x.data)]),
 *   backward: [(dout, x, z) => dout.mul(x.div(z))],
 * });
 * length(tensor([3, 4])).item(); // 5
 * grad(length)(tensor([3, 4])).toArray(); // [0.6, 0.8]
 */
export function customOp<const N extends 1 | 2 | 3 | 4>(
  name: string,
  rule: OpRule<N>,
  ...none: []
): ((...inputs: Times<N, Tensor | number>) => Tensor) & OpClass<new () => Node> {
  checkOpName("customOp", name);
  checkNoMore("customOp", none);
  checkRule("customOp", name, rule, ["arity", "shape", "dtype", "forward", "backward", "attributes"]);
  checkFunction(`customOp: ${name}`, rule.shape, "shape");
  if (rule.dtype !== undefined) checkFunction(`customOp: ${name}`, rule.dtype, "dtype");
  if (rule.attributes !== undefined && !isRecord(rule.attributes)) {
    throw new GraphError(`customOp: ${name}: attributes are a record of settings, got ${show(rule.attributes)}`);
  }
  const own: AnyRule = { ...kept(rule as unknown as AnyRule), attributes: keptAttributes(name, rule.attributes ?? {}) };
  const { arity, backward } = own;
  if (!Number.isInteger(arity) || arity < 1)
    throw new GraphError(`customOp: ${name}: arity ${show(arity)}; an op has at least one input`);
  if (typeof backward !== "string" && backward.length !== arity) {
    throw new GraphError(
      `customOp: ${name}: ${backward.length} gradients for ${arity} inputs; give one, or null, for each input`,
    );
  }
  return functionOf(name, arity, arrayNode(name, own));
}

/** A rule with the number of inputs forgotten. */
interface AnyRule {
  readonly arity: number;
  readonly shape: (...inputs: Shape[]) => Shape;
  readonly dtype?: (...inputs: DType[]) => DType;
  readonly forward: (out: TypedArray, ...inputs: Tensor[]) => void;
  readonly backward: readonly Gradient<readonly Tensor[]>[] | string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Settings as they are now, in a copy that nobody can change. */
function keptAttributes(name: string, attributes: AnyRule["attributes"]): AnyRule["attributes"] {
  const op = `customOp: ${name}`;
  visitStructure(attributes, "attributes", { op, Failure: GraphError, leaf: () => {} });
  const frozen = (x: unknown): unknown => {
    if (Array.isArray(x)) return Object.freeze(Array.from(x, frozen));
    if (!isRecord(x)) return kept(x);
    return Object.freeze(Object.fromEntries(Object.entries(x).map(([key, value]) => [key, frozen(value)])));
  };
  return frozen(attributes) as AnyRule["attributes"];
}

function arrayNode(name: string, rule: AnyRule): new () => Node {
  const { backward } = rule;
  return class extends Node {
    override get name(): string {
      return name;
    }

    override attributes(): Readonly<Record<string, unknown>> {
      return rule.attributes;
    }

    override shapeRule(...inputs: Tensor[]): Shape {
      checkCount(name, rule.arity, inputs);
      const shape = rule.shape(...inputs.map((input) => input.shape));
      checkShape(name, shape);
      return shape;
    }

    override dtypeRule(...inputs: Tensor[]): DType {
      if (rule.dtype === undefined) return super.dtypeRule(...inputs);
      return checkDType(`${name}: its dtype`, rule.dtype(...inputs.map((input) => input.dtype)));
    }

    override localForward(shape: Shape, dtype: DType, ...inputs: Tensor[]): Values {
      const out = allocate(dtype, sizeOf(shape));
      const result: unknown = withRecording(false, () => rule.forward(out, ...inputs));
      if (
        result !== out &&
        (isThenable(result) || Array.isArray(result) || isTypedArray(result) || result instanceof Tensor)
      ) {
        throw new GraphError(
          `${name}: forward gave ${isThenable(result) ? "a promise" : "a result"}; it fills the array that it gets first, as in out.set(...)`,
        );
      }
      if (dtype === "bool") for (const value of out) checkNumber(name, value, dtype);
      return shape.length === 0 ? (out[0] as number) : out;
    }

    override get closesOver(): boolean {
      return true;
    }

    override localBackward(dout: Tensor, i: number, output: Tensor): Tensor | null {
      if (typeof backward === "string") throw this.notDifferentiable(backward);
      return backward[i]?.(dout, ...this.inputs, output) ?? null;
    }
  };
}

/** The function of an op; a number takes the dtype of the first tensor (from input `operands` on), or is float64. */
function functionOf<F>(name: string, arity: number, Op: new () => Node, operands = 0): F {
  const apply = (...inputs: (Tensor | number)[]): Tensor => {
    checkCount(name, arity, inputs);
    const like = inputs.slice(operands).find((input) => input instanceof Tensor) ?? asTensor(0);
    return new Op().apply(
      ...inputs.map((input) => (typeof input === "number" ? like.constant(input) : operand(name, input))),
    );
  };
  Object.defineProperty(Op, "name", { value: name });
  Object.defineProperty(apply, "name", { value: name });
  return Object.assign(apply, { Node: Op }) as F;
}

function checkCount(name: string, arity: number, inputs: readonly unknown[]): void {
  if (inputs.length !== arity) {
    throw new GraphError(`${name}: takes ${arity} ${arity === 1 ? "input" : "inputs"}, got ${inputs.length}`);
  }
}

/** Refuses a rule that is no record of what an op has, or lacks what every op has. */
function checkRule(op: string, name: string, rule: unknown, names: readonly string[]): void {
  if (!isRecord(rule))
    throw new GraphError(`${op}: ${name}: the rule is a record, { ${names.join(", ")} }, got ${show(rule)}`);
  checkOptions(`${op}: ${name}`, rule, names);
  checkFunction(`${op}: ${name}`, rule["forward"], "forward");
  if (typeof rule["backward"] !== "string") checkGradients(`${op}: ${name}`, rule["backward"]);
}

/** Refuses dtypes that a rule cannot have: its elements would be taken for others. */
function checkDtypes(op: string, { takes, gives }: UnaryRule | BinaryRule | TernaryRule, arity: number): void {
  checkAmong(op, "takes", takes, ["float", "number", "bool", "any", "where"]);
  checkAmong(op, "gives", gives, ["bool"]);
  if (takes !== "where" || arity === 3) return;
  throw new GraphError(
    `${op}: takes "where", a bool and two of any dtype, and has ${arity} ${arity === 1 ? "input" : "inputs"}`,
  );
}

function checkAmong(op: string, name: string, value: unknown, known: readonly unknown[]): void {
  if (value === undefined || known.includes(value)) return;
  const names = known.map(show);
  throw new DTypeError(`${op}: ${name} ${show(value)}: there ${known.length === 1 ? "is" : "are"} ${names.join(", ")}`);
}

function checkOpName(op: string, name: string): void {
  if (typeof name !== "string" || name === "")
    throw new GraphError(`${op}: an op needs a name, for errors and pictures`);
}
