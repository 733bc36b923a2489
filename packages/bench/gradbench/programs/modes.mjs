import { eye, grad, jvp, vmap } from "@chainrule/core";

/** The gradient of a function of a tensor [n], in reverse mode or by forward mode in each direction. */
export const gradients = {
  r: grad,
  f: (f) => (x) => vmap((direction) => jvp(f, x, direction).tangent)(eye(x.size)),
};

/** A function for each pair of modes, as the suite names them: the outer one first. */
export const inAllModes = (make) =>
  Object.fromEntries(
    Object.entries(gradients).flatMap(([outer, ofOuter]) =>
      Object.entries(gradients).map(([inner, ofInner]) => [outer + inner, make(ofOuter, ofInner)]),
    ),
  );
