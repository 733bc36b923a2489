import { assertGradcheck, customOp, elementwise, grad, type Tensor, tensor, variable } from "@chainrule/core";

// Of elements: written once, over an arithmetic.
const cube = elementwise("Cube", {
  forward: (k, x) => k.mul(x, k.mul(x, x)),
  backward: [(k, dout, x) => k.mul(dout, k.mul(3, k.mul(x, x)))],
});
grad(cube)(2).item(); // 12
grad(grad(cube))(2).item(); // 12, too: 6x

// Over arrays, with the way back in ops.
const reverse: (x: Tensor) => Tensor = customOp("Reverse", {
  arity: 1,
  shape: (shape) => shape,
  forward: (out, x) => out.set(Float64Array.from(x.data).reverse()),
  backward: [(dout) => reverse(dout)],
});
assertGradcheck(reverse, [tensor([1, 2, 3])]);

const x = variable([1, 2, 3]);
const y = cube(reverse(x))
  .mul(tensor([1, 10, 100]))
  .sum();
y.backward();
show(y);
