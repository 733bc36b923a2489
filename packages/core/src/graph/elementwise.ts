import { allocate, type DType, isFloat, type Values } from "../dtype.js";
import { DTypeError, GraphError } from "../errors.js";
import { elementwiseLoops } from "../loops/generated.js";
import { type LoopSet, runLoop } from "../loops/loop.js";
import { broadcastShapes, scalarShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import {
  type Arithmetic,
  arithmeticOf,
  type Dtypes,
  type ElementwiseRule,
  numberArithmetic,
  rounded,
  tensorArithmetic,
} from "./arithmetic.js";
import { interpret } from "./interpret.js";
import { checkArity, commonDType, Node, type Walk } from "./node.js";
import { readyMade } from "./ready-made.js";
import { isRecording } from "./recording.js";
import type { Tensor } from "./tensor.js";
import { isObserved } from "./watch.js";

type K<T> = Arithmetic<T>;

/** One input's local gradient, over any arithmetic; `null` where it is zero everywhere. */
export type UnaryGradient = (<T>(k: K<T>, dout: T, x: T, z: T) => T) | null;
export type BinaryGradient = (<T>(k: K<T>, dout: T, x: T, y: T, z: T) => T) | null;
export type TernaryGradient = (<T>(k: K<T>, dout: T, x: T, y: T, w: T, z: T) => T) | null;

/** `backward` is a list with a gradient for each input, or the reason why there are none. */
export interface UnaryRule extends Dtypes {
  readonly forward: <T>(k: K<T>, x: T) => T;
  readonly backward: readonly [UnaryGradient] | string;
}
export interface BinaryRule extends Dtypes {
  readonly forward: <T>(k: K<T>, x: T, y: T) => T;
  readonly backward: readonly [BinaryGradient, BinaryGradient] | string;
}
export interface TernaryRule extends Dtypes {
  readonly forward: <T>(k: K<T>, x: T, y: T, w: T) => T;
  readonly backward: readonly [TernaryGradient, TernaryGradient, TernaryGradient] | string;
}

/** A node whose result depends, element by element, on the elements of its inputs in the same (broadcast) place. */
export abstract class Elementwise extends Node {
  // On the prototype of each op: a graph of a million nodes does not hold them a million times.
  declare readonly name: string;
  declare readonly rule: ElementwiseRule;
  declare readonly loops: LoopSet;
  /** How many inputs it takes. */
  declare readonly inputCount: number;

  override shapeRule(...inputs: Tensor[]): Shape {
    if (inputs.length !== this.inputCount) checkArity(this.name, this.inputCount, inputs, "takes");
    let shape = scalarShape;
    for (let i = 0; i < inputs.length; i++) shape = broadcastShapes(this.name, shape, (inputs[i] as Tensor).shape);
    return shape;
  }

  override dtypeRule(...inputs: Tensor[]): DType {
    const { takes = "float", gives } = this.rule;
    if (takes === "where") {
      const [condition, ...branches] = inputs;
      if (condition?.dtype !== "bool") {
        throw new DTypeError(
          `${this.name}: the condition is a bool tensor, got ${condition?.dtype}; compare it, as in x.greater(0)`,
        );
      }
      return commonDType(this.name, branches);
    }
    const dtype = commonDType(this.name, inputs);
    if (takes === "bool" && dtype !== "bool") {
      throw new DTypeError(`${this.name}: takes bools, got ${dtype}; compare it, as in x.notEqual(0)`);
    }
    if (takes !== "any" && takes !== "bool" && !(isFloat(dtype) || (takes === "number" && dtype === "int32"))) {
      const taken = takes === "float" ? "float64 or float32" : "numbers";
      throw new DTypeError(`${this.name}: takes ${taken}, got ${dtype}; convert with cast("float64")`);
    }
    return gives ?? dtype;
  }

  override localForward(shape: Shape, dtype: DType, ...inputs: Tensor[]): Values {
    if (shape.length === 0) {
      const k = arithmeticOf((inputs[inputs.length - 1] as Tensor).dtype);
      return rounded(dtype, this.rule.forward(k, ...inputs.map((input) => input.item())));
    }
    const out = allocate(dtype, sizeOf(shape));
    const operand = inputs[inputs.length - 1] as Tensor;
    runLoop(this.loops.forward[operand.dtype], out, shape, inputs);
    return out;
  }

  override localBackward(dout: Tensor, i: number, output: Tensor): Tensor | null {
    const { backward } = this.rule;
    if (typeof backward === "string") throw this.notDifferentiable(backward);
    return backward[i]?.(tensorArithmetic, dout, ...this.inputs, output) ?? null;
  }

  /** Over arrays the local backward is one loop, and over numbers no loop at all. */
  override fastBackward(dout: Tensor, i: number, output: Tensor): Tensor | null {
    const { backward } = this.rule;
    const loops = this.loops.backward?.[i];
    if (typeof backward === "string" || loops === undefined || output.shape.length === 0) {
      return this.localBackward(dout, i, output);
    }
    if (loops === null) return null;
    if (loops === "dout") return dout;
    const made = readyMade.kernels?.backward(this, i, dout, output) ?? null;
    if (made !== null) return dout.derive(output.shape, output.dtype, made, null);
    const out = allocate(output.dtype, sizeOf(output.shape));
    const operands = [dout];
    for (let k = 0; k < this.inputCount; k++) operands.push(this.input(k));
    operands.push(output);
    runLoop(loops[output.dtype], out, output.shape, operands);
    return dout.derive(output.shape, output.dtype, out, null);
  }

  override backwardNumbers(dout: number, output: Tensor, walk: Walk): boolean {
    const { backward } = this.rule;
    if (typeof backward === "string") throw this.notDifferentiable(backward);
    const { inputs } = this;
    const values = [...inputs, output].map((tensor) => tensor.values as number);
    inputs.forEach((input, i) => {
      if (walk.has(input)) walk.addNumber(input, backward[i]?.(numberArithmetic, dout, ...values));
    });
    return true;
  }

  /**
   * See `ScalarOp`, which is the prototype of the op's class: nodes of elements have no settings.
   *
   * @internal
   */
  nodeOf(x: Tensor, y: Tensor | null, stamp: number): Node {
    const node = new (this.constructor as ElementwiseClass)();
    node.connect(x, y, null);
    node.stamp = stamp;
    return node;
  }

  override forward(...inputs: number[]): number;
  override forward(...inputs: (Tensor | number)[]): Tensor;
  override forward(...inputs: (Tensor | number)[]): Tensor | number {
    checkArity(this.name, this.inputCount, inputs, "forward takes");
    if (!inputs.every((input) => typeof input === "number")) {
      standaloneNumbers.delete(this);
      return super.forward(...inputs);
    }
    standaloneNumbers.set(this, inputs);
    return this.rule.forward(numberArithmetic, ...inputs);
  }

  override backward(dout: number): number[];
  override backward(dout: Tensor | number): Tensor[];
  override backward(dout: Tensor | number): (Tensor | number)[] {
    const { rule } = this;
    const numbers = standaloneNumbers.get(this);
    if (numbers === undefined) return super.backward(dout);
    if (typeof dout !== "number") {
      throw new GraphError(
        `${this.name}: forward was given numbers, so backward takes a number; give forward a tensor instead`,
      );
    }
    if (typeof rule.backward === "string") throw this.notDifferentiable(rule.backward);
    const z = rule.forward(numberArithmetic, ...numbers);
    return rule.backward.map((gradient) => gradient?.(numberArithmetic, dout, ...numbers, z) ?? 0);
  }
}

/** The inputs of nodes that were used alone on numbers: a field would cost every node of every graph. */
const standaloneNumbers = new WeakMap<Elementwise, readonly number[]>();

type ElementwiseClass = new () => Elementwise;

/** A node that is used alone gives as many local gradients as its op has inputs. */
export interface LocalNode<Numbers extends number[], Tensors extends Tensor[]> extends Elementwise {
  forward(...inputs: Numbers): number;
  forward(...inputs: { [I in keyof Numbers]: Tensor | number }): Tensor;
  backward(dout: number): Numbers;
  backward(dout: Tensor | number): Tensors;
}
type UnaryNode = LocalNode<[number], [Tensor]>;
type BinaryNode = LocalNode<[number, number], [Tensor, Tensor]>;
type TernaryNode = LocalNode<[number, number, number], [Tensor, Tensor, Tensor]>;

/**
 * The base class of an elementwise op, made of its rule:
 *
 *     export class Mul extends binary("Mul", {
 *       forward: (k, x, y) => k.mul(x, y),
 *       backward: [(k, dout, _, y) => k.mul(dout, y), (k, dout, x) => k.mul(dout, x)],
 *     }) {}
 *
 * What a graph of scalars spends its time in stands in the class that is made here, and not in a shared base class, so
 * that the engine compiles it for each op alone.
 */
export function unary(name: string, rule: UnaryRule): new () => UnaryNode {
  const { backward } = rule;
  const gradient = typeof backward === "string" ? null : backward[0];
  return define(
    name,
    rule,
    class extends Elementwise {
      override apply(x: Tensor, extra?: Tensor): Tensor {
        if (extra !== undefined) return super.apply(x, extra);
        if (x?.rank !== 0 || this.first !== null) return super.apply(x);
        const dtype = this.dtypeRule(x);
        const { values: a } = x;
        if (isObserved() || typeof a !== "number") return this.applied(scalarShape, dtype, [x]);
        const value = rounded(dtype, rule.forward(arithmeticOf(dtype), a));
        const record = x.requiresGrad && isRecording() && isFloat(dtype);
        return x.deriveScalar(dtype, value, record ? Object.getPrototypeOf(this) : null, x, null);
      }

      backwardScalar(dout: number, x: Tensor, _y: null, z: number, walk: Walk): void {
        if (typeof backward === "string") throw this.notDifferentiable(backward);
        if (walk.has(x)) walk.addNumber(x, gradient?.(numberArithmetic, dout, x.values as number, z));
      }
    },
  );
}

export function binary(name: string, rule: BinaryRule): new () => BinaryNode {
  const sameDType = rule.gives === undefined && rule.takes !== "bool";
  const { backward } = rule;
  const [gradientX, gradientY] = typeof backward === "string" ? [null, null] : backward;
  return define(
    name,
    rule,
    class extends Elementwise {
      /** Scalars take a short way: no array, no rule for the shape. */
      override apply(x: Tensor, y: Tensor, extra?: Tensor): Tensor {
        if (extra !== undefined) return super.apply(x, y, extra);
        if (x?.rank !== 0 || y?.rank !== 0 || this.first !== null) return super.apply(x, y);
        const plain = sameDType && x.dtype === "float64" && y.dtype === "float64";
        const dtype = plain ? "float64" : this.dtypeRule(x, y);
        const [a, b] = [x.values, y.values];
        if (isObserved() || typeof a !== "number" || typeof b !== "number")
          return this.applied(scalarShape, dtype, [x, y]);
        const value = rule.forward(arithmeticOf(x.dtype), a, b);
        const record = (x.requiresGrad || y.requiresGrad) && isRecording() && isFloat(dtype);
        const op = record ? Object.getPrototypeOf(this) : null;
        return x.deriveScalar(dtype, plain ? value : rounded(dtype, value), op, x, y);
      }

      backwardScalar(dout: number, x: Tensor, y: Tensor, z: number, walk: Walk): void {
        if (typeof backward === "string") throw this.notDifferentiable(backward);
        const [a, b] = [x.values as number, y.values as number];
        if (walk.has(x)) walk.addNumber(x, gradientX?.(numberArithmetic, dout, a, b, z));
        if (walk.has(y)) walk.addNumber(y, gradientY?.(numberArithmetic, dout, a, b, z));
      }
    },
  );
}

export function ternary(name: string, rule: TernaryRule): new () => TernaryNode {
  return define(name, rule, class extends Elementwise {});
}

function define<N extends Elementwise>(
  name: string,
  rule: UnaryRule | BinaryRule | TernaryRule,
  base: ElementwiseClass,
): new () => N {
  const inputCount = rule.forward.length - 1;
  Object.assign(base.prototype, { name, rule, inputCount, loops: elementwiseLoops[name] ?? interpret(rule) });
  return base as new () => N;
}
