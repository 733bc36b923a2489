import {
  ChainruleError,
  CompileError,
  checkNoMore,
  checkOptions,
  compile,
  compileSupport,
  fromArray,
  GraphError,
  show,
  type Tensor,
  tensor,
} from "@chainrule/core";
import { checkLoss, checkSetting, isTraced } from "../checks.js";
import { variablesOf } from "../data/parameters.js";
import type { Layer, NamedTensors } from "../layers/layer.js";
import { along, Changes, dot, largest, minus, sumOfAbsolutes } from "./changes.js";
import { type LinePoint, strongWolfe } from "./line-search.js";
import { checkRate } from "./parameter-groups.js";

export interface LBFGSOptions {
  /** The part of the direction that a line search tries first. Default 1. */
  readonly lr?: number | undefined;
  /** How many directions a step takes at most. Default 20. */
  readonly maxIter?: number | undefined;
  /** How many of the last changes the curvature is estimated from. Default 100. */
  readonly historySize?: number | undefined;
  /** A step ends where no element of the gradient is larger. Default 1e-7. */
  readonly toleranceGrad?: number | undefined;
  /** A step ends where no element of the parameters has changed by more. Default 1e-9. */
  readonly toleranceChange?: number | undefined;
  /** Whether the loss and its gradient are a compiled program; by default wherever that can be (`compileSupport`). */
  readonly compiled?: boolean | undefined;
}

/** The loss at a point, and its gradient. */
interface Evaluated {
  readonly value: number;
  readonly gradient: Float64Array;
}

/**
 * L-BFGS, for a loss of all data that is no other one at each call: J. Nocedal and S. Wright, "Numerical optimization" (2nd edition,
 * 2006), algorithm 7.5, with a line search for the strong Wolfe conditions, as PyTorch's `LBFGS(line_search_fn="strong_wolfe")`. A
 * step is up to `maxIter` directions, each with as many evaluations of the loss as its line search asks for, so it is not compiled as
 * a whole; the loss and its gradient are, once for each function that `step` is given. Numbers between the steps are float64.
 *
 * @example
 * const p = variable([-1.2, 1]);
 * const [x, y] = [() => p.take(0), () => p.take(1)];
 * const rosenbrock = () => y().sub(x().square()).square().mul(100).add(x().neg().add(1).square());
 * const optimizer = new LBFGS({ p });
 * for (let i = 0; i < 3; i++) optimizer.step(rosenbrock);
 * p.toArray(); // about [1, 1]
 */
export class LBFGS {
  /** What errors call it. */
  readonly name = "LBFGS";
  /** The variables that `step` changes, by name. */
  readonly parameters: NamedTensors;
  private readonly options: Required<{ readonly [K in keyof LBFGSOptions]: NonNullable<LBFGSOptions[K]> }>;
  private readonly size: number;
  private readonly changes: Changes;
  /** By the function that gives the loss. */
  private readonly programs = new WeakMap<() => Tensor, () => readonly Tensor[]>();
  /** What cannot be read in a function that is being compiled. */
  private readonly probe = tensor(0);

  constructor(parameters: Layer | NamedTensors, options: LBFGSOptions = {}, ...none: []) {
    checkNoMore("LBFGS", none);
    const names = ["lr", "maxIter", "historySize", "toleranceGrad", "toleranceChange", "compiled"];
    checkOptions("LBFGS", options, names, ["compiled"]);
    if (Array.isArray(parameters)) {
      throw new ChainruleError("LBFGS: takes a model, or variables by name: there is one step for all, and no groups");
    }
    const { lr = 1, maxIter = 20, historySize = 100, toleranceGrad = 1e-7, toleranceChange = 1e-9 } = options;
    checkRate("LBFGS", lr);
    for (const [name, value] of Object.entries({ maxIter, historySize })) {
      checkSetting("LBFGS", name, value, (x) => Number.isInteger(x) && x > 0, "a whole number of 1 or more");
    }
    for (const [name, value] of Object.entries({ toleranceGrad, toleranceChange })) {
      checkSetting("LBFGS", name, value, (x) => x >= 0 && x < Infinity, "a finite number of at least 0");
    }
    const { compiled = compileSupport().missing === null } = options;
    this.options = { lr, maxIter, historySize, toleranceGrad, toleranceChange, compiled };
    const all = Object.entries(variablesOf("LBFGS", parameters));
    const own = all.filter(([, parameter], i) => all.findIndex(([, each]) => each === parameter) === i);
    if (own.length === 0) throw new ChainruleError("LBFGS: there are no parameters to update");
    this.parameters = Object.freeze(Object.fromEntries(own));
    this.size = own.reduce((size, [, parameter]) => size + parameter.size, 0);
    this.changes = new Changes(this.size, historySize);
  }

  /**
   * Changes the parameters, so that the loss is lower. A loss that is not finite at first changes nothing.
   *
   * @param loss gives the loss of all data, a scalar; best the same function at each call, as it is compiled for each
   * @returns the loss before
   *
   * @throws CompileError in a function that is being compiled; GraphError where the loss does not depend on a parameter. When
   * the loss throws, the parameters are what they were.
   */
  step(loss: () => Tensor, ...none: []): number {
    checkNoMore("LBFGS.step", none);
    if (typeof loss !== "function") {
      throw new GraphError(
        `LBFGS.step: takes a function that gives the loss, as in () => loss(x, t), got ${show(loss)}`,
      );
    }
    if (isTraced(this.probe)) {
      throw new CompileError(
        "LBFGS: a step evaluates the loss as often as its line search asks for, and is not compiled as a whole; call it outside of " +
          "compile: it compiles the loss and its gradient itself",
      );
    }
    const { maxIter, toleranceGrad, toleranceChange } = this.options;
    const begin = this.gather(Object.values(this.parameters));
    const { list } = this.changes;
    let x = begin;
    try {
      let now = this.evaluate(loss, x);
      const before = now.value;
      if (!Number.isFinite(before)) return before;
      for (let i = 0; i < maxIter && largest(now.gradient) > toleranceGrad; i++) {
        const direction = this.changes.directionFrom(now.gradient);
        const length = largest(direction);
        const found = this.search(loss, x, now, direction, toleranceChange / length);
        if (found.t === 0) break;
        const to = along(x, found.t, direction);
        this.changes.remember({ s: minus(to, x), y: minus(found.gradient, now.gradient) });
        [x, now] = [to, found];
        if (found.t * length <= toleranceChange) break;
      }
      this.place(x);
      return before;
    } catch (error) {
      this.place(begin);
      this.changes.list = list;
      throw error;
    }
  }

  /** The changes that the curvature is estimated from, the oldest first: s and y, each [count, number of elements], to be saved. */
  state(...none: []): NamedTensors {
    checkNoMore("LBFGS.state", none);
    return this.changes.state();
  }

  /**
   * Goes on from a saved `state()`.
   *
   * @throws ShapeError or ChainruleError when it is not the state of these parameters; then nothing has changed.
   */
  loadState(saved: NamedTensors, ...none: []): void {
    checkNoMore("LBFGS.loadState", none);
    this.changes.loadState(saved);
  }

  private search(
    loss: () => Tensor,
    x: Float64Array,
    { value, gradient }: Evaluated,
    direction: Float64Array,
    least: number,
  ): LinePoint {
    const at = (t: number): LinePoint => {
      const found = this.evaluate(loss, along(x, t, direction));
      return { t, ...found, slope: dot(found.gradient, direction) };
    };
    const start = { t: 0, value, gradient, slope: dot(gradient, direction) };
    const { lr } = this.options;
    // A gradient has no scale of its own.
    const first = this.changes.count > 0 ? lr : lr * Math.min(1, 1 / sumOfAbsolutes(gradient));
    return strongWolfe(at, start, first, least);
  }

  /** The loss and its gradient where the parameters are `x`. */
  private evaluate(loss: () => Tensor, x: Float64Array): Evaluated {
    this.place(x);
    let program = this.programs.get(loss);
    if (program === undefined) {
      const gradients = () => this.gradientsOf(loss);
      program = this.options.compiled ? compile(gradients) : gradients;
      this.programs.set(loss, program);
    }
    const [value, ...found] = program();
    return { value: value?.item() ?? Number.NaN, gradient: this.gather(found) };
  }

  /** The loss, and the gradient of each parameter behind it; they are forgotten again. */
  private gradientsOf(loss: () => Tensor): Tensor[] {
    const value = checkLoss("LBFGS.step", loss());
    const all = Object.entries(this.parameters);
    const forget = () => {
      for (const [, parameter] of all) parameter.zeroGrad();
    };
    forget();
    try {
      value.backward();
      const found = all.map(([name, { grad }]) => {
        if (grad !== null) return grad;
        throw new GraphError(`LBFGS: parameter ${name} has no gradient: the loss does not depend on it; leave it out`);
      });
      return [value.detach(), ...found];
    } finally {
      forget();
    }
  }

  /** All elements of tensors, one behind the other. */
  private gather(tensors: readonly Tensor[]): Float64Array {
    const all = new Float64Array(this.size);
    let at = 0;
    for (const { data, size } of tensors) {
      all.set(data as ArrayLike<number>, at);
      at += size;
    }
    return all;
  }

  /** Gives the parameters the elements of `x`. */
  private place(x: Float64Array): void {
    let at = 0;
    for (const parameter of Object.values(this.parameters)) {
      const values = x.slice(at, at + parameter.size);
      parameter.assign(fromArray(parameter.dtype === "float32" ? Float32Array.from(values) : values, parameter.shape));
      at += parameter.size;
    }
  }
}
