import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  checkpoint,
  customGradient,
  customOp,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  noGrad,
  stopGradient,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  vjp,
} from "../src/index.js";
import { thrownBy } from "./support/numbers.js";

// What is computed of numbers that were read has no gradient: transforms say so where nothing else is left of an argument.

type F = (x: Tensor) => Tensor;

/** Every transform of a function of one tensor, at x. */
const transforms: Readonly<Record<string, (f: F, x: Tensor) => unknown>> = {
  grad: (f, x) => grad(f)(x),
  valueAndGrad: (f, x) => valueAndGrad(f)(x).gradient,
  vjp: (f, x) => vjp(f, [x]).pullback(1)[0],
  jvp: (f, x) => jvp(f, [x], [tensor(1)]).tangent,
  jacobian: (f, x) => jacobian(f, x),
  hessian: (f, x) => hessian(f, x),
  hvp: (f, x) => hvp(f, x, tensor(1)),
};

const readers: Readonly<Record<string, F>> = {
  "item()": (x) => tensor(x.item() ** 2),
  data: (x) => tensor((x.data[0] as number) ** 2),
  array: (x) => tensor((x.array[0] as number) ** 2),
  "toArray()": (x) => tensor((x.toArray() as unknown as number) ** 2),
  "toJSON()": (x) => tensor((x.toJSON().values as number) ** 2),
  "toTransfer()": (x) => tensor((x.toTransfer().data[0] as number) ** 2),
  "a result, read": (x) => tensor(x.mul(3).sin().item()),
  "what is read goes into ops": (x) => tensor(x.item()).square().add(1),
  "a variable made of it": (x) => variable(x.item()).square(),
  // What a transform inside gives, or sees, is made of the argument around it as all else is.
  "a gradient inside, read": (x) => tensor(grad((y: Tensor) => y.square())(x).item()),
  "a value inside, read": (x) => tensor(valueAndGrad((y: Tensor) => y.square())(x).value.item()),
  "a pullback inside, read": (x) =>
    tensor(
      vjp((y: Tensor) => y.square())(x)
        .pullback(2)[0]
        .item(),
    ),
  "a tangent inside, read": (x) => tensor(jvp((y: Tensor) => y.square())(x, 1).tangent.item()),
  "a tangent inside, along what is read": (x) => tensor(jvp((y: Tensor) => y.square())(1, x).tangent.item()),
  "a jacobian inside, read": (x) => tensor(jacobian((y: Tensor) => y.square())(x).item()),
  "a hessian inside, read": (x) => tensor(hessian((y: Tensor) => y.pow(3))(x).item()),
  "a product inside, read": (x) => tensor(hvp((y: Tensor) => y.pow(3))(x, tensor(1)).item()),
  "a gradient of a gradient inside, read": (x) => tensor(grad(grad((y: Tensor) => y.pow(3)))(x).item()),
  "a checkpoint inside, read": (x) => tensor(checkpoint((y) => y.square(), x).item()),
  "a gradient inside, read in another one": (x) => {
    const slope = grad((y: Tensor) => y.square())(x);
    return grad((z: Tensor) => z.mul(slope.item()))(2);
  },
  "read in a function inside": (x) => grad((y: Tensor) => y.mul(x.item()))(2),
  "read two functions down": (x) => grad((y: Tensor) => grad((z: Tensor) => z.mul(x.item()).mul(y))(1))(2),
  "read together with the argument inside": (x) => grad((y: Tensor) => y.mul(y.mul(x).item()))(2),
};

/** The same without the argument, without a read, or with both: then there is nothing to say. */
const innocent: Readonly<Record<string, F>> = {
  "no dependence": () => tensor(3),
  "another tensor read": () => tensor(tensor(2).item()),
  "a variable read": () => tensor(variable(2).item()),
  "read, and linked": (x) => x.mul(x.item() > 0 ? 2 : 3),
  "read of what is stopped": (x) => tensor(stopGradient(x).item()),
  "read of what is detached": (x) => tensor(x.detach().item()),
  "read of what is not recorded": (x) => tensor(noGrad(() => x.mul(1)).item()),
  "a gradient inside decides": (x) => x.mul(grad((y: Tensor) => y.square())(x).item() > 0 ? 2 : 3),
  "a branch inside, whose slope is constant": (x) => grad((y: Tensor) => (y.item() > 0 ? y.mul(2) : y.mul(3)))(x),
  "the same two functions down": (x) =>
    grad((y: Tensor) => grad((z: Tensor) => (z.item() > 0 ? z.mul(2) : z.mul(3)))(y).mul(y))(x),
  "a branch in a checkpoint": (x) => checkpoint((y) => (y.item() > 0 ? y.square() : y), x),
  "a gradient inside of what is stopped": (x) => tensor(grad((y: Tensor) => y.square())(stopGradient(x)).item()),
  "shown in a text": (x) => tensor(`${x}`.length),
  "read by an op, whose result is stopped": (x) => stopGradient(x.exp()),
  "read in an op of one's own": (x) => {
    const op = customOp("Own", {
      arity: 1,
      shape: (s) => s,
      forward: (out, x) => out.set(x.data),
      backward: [(dout) => dout],
    });
    return stopGradient(op(x));
  },
  "read in a function with a gradient of its own": (x) =>
    customGradient((x: Tensor) => tensor(Math.sin(x.item())), [(dout, x) => dout.mul(x.cos())])(x),
};

for (const [transform, apply] of Object.entries(transforms)) {
  for (const [what, f] of Object.entries(readers)) {
    test(`${transform}: ${what}`, () => {
      const message = thrownBy(() => apply(f, tensor(3)));
      assert.match(message, /^GraphError: \w+: the function read values made of argument 0 \(by item\(\)/);
      assert.match(message, new RegExp(`^GraphError: ${transform}: `));
    });
  }
  for (const [what, f] of Object.entries(innocent)) {
    test(`${transform}: ${what}`, () => {
      apply(f, tensor(3));
    });
  }
}

test("each argument and each entry of it is looked at, and named", () => {
  const f = (p: { w: Tensor; b: Tensor[] }, x: Tensor) => p.w.mul(x).mul(p.b[0]?.item() ?? 0);
  assert.match(
    thrownBy(() => grad(f)({ w: tensor(1), b: [tensor(2)] }, tensor(3))),
    /grad: the function read values made of argument 0\.b\[0\] \(/,
  );
  const g = (x: Tensor, y: Tensor) => y.mul(x.item());
  assert.match(
    thrownBy(() => grad(g, { argument: [0, 1] })(2, 3)),
    /made of argument 0 /,
  );
  assert.is(grad(g, { argument: 1 })(tensor(2), 3).item(), 2);
});

test("transforms inside one another: whose argument is read is who says so", () => {
  // The branch inside depends on the value, its second derivative is 0 in truth.
  const steep = (x: Tensor) => (x.item() > 0 ? x.mul(2) : x.mul(3));
  assert.is(grad(grad(steep))(1).item(), 0);
  assert.is(hessian(steep, tensor(1)).item(), 0);
  assert.is(jvp(grad(steep), [1], [1]).tangent.item(), 0);
  assert.match(
    thrownBy(() => grad(grad((x: Tensor) => tensor(x.item() ** 3)))(2)),
    /GraphError: grad: the function read/,
  );
  // The outer argument, read in the function of the inner one.
  assert.match(
    thrownBy(() => grad((x: Tensor) => grad((y: Tensor) => y.mul(x.item()))(2))(3)),
    /made of argument 0/,
  );
  assert.match(
    thrownBy(() => grad((x: Tensor) => tensor(grad((y: Tensor) => y.mul(x))(2).item()))(3)),
    /made of argument 0/,
  );
});

test("a segment that leaves the graph, and backward()", () => {
  assert.match(
    thrownBy(() => checkpoint((x) => tensor(x.item()), variable(2))),
    /GraphError: checkpoint: the function read/,
  );
  const x = variable(2);
  assert.match(
    thrownBy(() => tensor(x.item() ** 2).backward()),
    /depends on no variable, or was computed in noGrad\(\), behind detach\(\) or from numbers that were read/,
  );
});

test.run();
