import type { Tensor } from "../../src/index.js";
import type { Engine } from "./walk-ops.js";

/** A carry: a tensor, or a record of them. */
type Carry = Tensor | Readonly<Record<string, Tensor>>;
export type Step<C> = (carry: C, x: Tensor) => readonly [C, Tensor];
type Unary = (x: Tensor) => Tensor;

export interface Settings {
  readonly reverse: boolean;
  readonly unroll: number;
  readonly checkpoint: number | undefined;
}

/** Control flow as the engine has it, or written out. */
export interface Control {
  scan<C extends Carry>(step: Step<C>, init: C, xs: Tensor, settings?: Settings): readonly [C, Tensor];
  cond(predicate: Tensor, onTrue: Unary, onFalse: Unary, x: Tensor): Tensor;
  switchCase(index: Tensor, branches: readonly Unary[], x: Tensor): Tensor;
  whileLoop(condition: Unary, body: Unary, x: Tensor): Tensor;
  fn(f: Unary): Unary;
  /** Along an axis of a matrix, of it and of the result. */
  vmap(f: Unary, xs: Tensor, axis?: number): Tensor;
  checkpoint(f: Unary, x: Tensor): Tensor;
  /** The x with x = f(x), of a function that brings points nearer together by a factor of 1/4 or less. */
  fixedPoint(f: Unary, init: Tensor): Tensor;
  /** The x with f(x) = x, found as a root. */
  rootOf(f: Unary, init: Tensor): Tensor;
}

export function engineControl(e: Engine): Control {
  const settings = (init: Tensor) => (init.dtype === "float64" ? { tolerance: 1e-13 } : {});
  return {
    scan: (step, init, xs, { reverse, unroll, checkpoint } = { reverse: false, unroll: 1, checkpoint: undefined }) =>
      e.scan(step as never, init, xs as never, {
        reverse,
        unroll,
        ...(checkpoint === undefined ? {} : { checkpoint }),
      }) as never,
    cond: (predicate, onTrue, onFalse, x) => e.cond(predicate, onTrue, onFalse, x),
    switchCase: (index, branches, x) => e.switchCase(index, branches, x),
    whileLoop: (condition, body, x) => e.whileLoop(condition, body, x, { limit: 20 }) as Tensor,
    fn: (f) => e.fn(f) as Unary,
    vmap: (f, xs, axis = 0) => e.vmap(f as never, { inAxes: axis, outAxes: axis })(xs as never) as Tensor,
    checkpoint: (f, x) => e.checkpoint(f, x) as Tensor,
    fixedPoint: (f, init) => e.fixedPoint(f, init, settings(init)) as Tensor,
    rootOf: (f, init) => e.rootOf((x) => x.sub(f(x)), init, settings(init)),
  };
}

export function writtenOut(e: Engine): Control {
  // The value decides what is computed, and is no part of it.
  const known = (value: Tensor): number => e.stopGradient(value).item();
  const fixed = (f: Unary, init: Tensor) => Array.from({ length: 18 }).reduce<Tensor>((x) => f(x), init.detach());
  return {
    scan: (step, init, xs, { reverse } = { reverse: false, unroll: 1, checkpoint: undefined }) => {
      const length = xs.shape[0] as number;
      const ys: Tensor[] = [];
      let carry = init;
      for (let k = 0; k < length; k++) {
        const i = reverse ? length - 1 - k : k;
        const [next, y] = step(carry, xs.slice([i]));
        carry = next;
        ys[i] = y;
      }
      // All steps give the form of the elements.
      return [carry, length === 0 ? xs : (e.stack(ys) as Tensor)];
    },
    cond: (predicate, onTrue, onFalse, x) => (known(predicate) === 0 ? onFalse : onTrue)(x),
    switchCase: (index, branches, x) => (branches[known(index)] as Unary)(x),
    whileLoop: (condition, body, x) => {
      let carry = x;
      while (known(condition(carry)) !== 0) carry = body(carry);
      return carry;
    },
    fn: (f) => f,
    vmap: (f, xs, axis = 0) =>
      e.stack(
        xs.unstack(axis).map((x) => f(x as Tensor)),
        axis,
      ) as Tensor,
    checkpoint: (f, x) => f(x),
    fixedPoint: fixed,
    rootOf: fixed,
  };
}
