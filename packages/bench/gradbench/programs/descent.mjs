import { cond, tensor, whileLoop } from "@chainrule/core";

const length = (x) => x.square().sum().sqrt();

/**
 * Where f is least, by the suite's gradient descent: its steps grow after ten that went down, and are halved by one that did not.
 *
 * @param f from a tensor [n] to a scalar
 * @param gradient of f
 * @param options of the loop
 */
export function argmin(f, gradient, start, options) {
  const initial = {
    x: start,
    value: f(start),
    slope: gradient(start),
    rate: tensor(1e-5),
    steps: tensor(0),
    moved: tensor(1),
  };
  const step = (state) => {
    const x = state.x.sub(state.slope.mul(state.rate));
    const moved = length(state.x.sub(x));
    const value = f(x);
    return cond(
      moved.greater(1e-5).logicalAnd(value.less(state.value)),
      () => ({ ...state, x, value, slope: gradient(x), steps: state.steps.add(1), moved }),
      () => ({ ...state, rate: state.rate.div(2), steps: tensor(0), moved }),
    );
  };
  const grown = (state) => ({ ...state, rate: state.rate.mul(2), steps: tensor(0) });
  return whileLoop(
    ({ slope, moved }) => length(slope).greater(1e-5).logicalAnd(moved.greater(1e-5)),
    (state) =>
      cond(
        state.steps.equal(10),
        () => grown(state),
        () => step(state),
      ),
    initial,
    options,
  ).x;
}

/** Where f is greatest. */
export const argmax = (f, gradient, start, options) =>
  argmin(
    (x) => f(x).neg(),
    (x) => gradient(x).neg(),
    start,
    options,
  );
