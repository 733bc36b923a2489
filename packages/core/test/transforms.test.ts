import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  grad,
  hessian,
  jacobian,
  jvp,
  Node,
  noGrad,
  numericalGradient,
  stopGradient,
  Tensor,
  tensor,
  valueAndGrad,
  variable,
  vjp,
} from "../src/index.js";
import { close, thrownBy } from "./support/numbers.js";

const orders = suite("grad: orders");

/** The derivatives of orders 0 to 5, in closed form. */
const closedForms: Record<string, { f: (x: Tensor) => Tensor; at: number[]; orders: ((x: number) => number)[] }> = {
  sin: {
    f: (x) => x.sin(),
    at: [-2, 0, 0.7, 3],
    orders: [Math.sin, Math.cos, (x) => -Math.sin(x), (x) => -Math.cos(x), Math.sin, Math.cos],
  },
  exp: { f: (x) => x.exp(), at: [-3, 0, 1.5], orders: Array.from({ length: 6 }, () => Math.exp) },
  log: {
    f: (x) => x.log(),
    at: [0.3, 1, 4],
    orders: [Math.log, (x) => 1 / x, (x) => -1 / x ** 2, (x) => 2 / x ** 3, (x) => -6 / x ** 4, (x) => 24 / x ** 5],
  },
  // Polynomials in t = tanh(x): each is the derivative of the one before by t, times 1 - t^2.
  tanh: {
    f: (x) => x.tanh(),
    at: [-1.2, 0, 0.4, 2],
    orders: [
      [0, 1],
      [1, 0, -1],
      [0, -2, 0, 2],
      [-2, 0, 8, 0, -6],
      [0, 16, 0, -40, 0, 24],
      [16, 0, -136, 0, 240, 0, -120],
    ].map((polynomial) => (x: number) => polynomial.reduce((sum, c, i) => sum + c * Math.tanh(x) ** i, 0)),
  },
};

for (const [name, { f, at, orders: expected }] of Object.entries(closedForms)) {
  orders(`${name} to order 5`, () => {
    let derivative: (x: Tensor | number) => Tensor = (x) => f(typeof x === "number" ? tensor(x) : x);
    for (const closed of expected) {
      for (const x of at) close(derivative(x), closed(x), 1e-11);
      derivative = grad(derivative);
    }
  });
}
orders("x^7 to order 7 and beyond", () => {
  let f: (x: Tensor | number) => Tensor = (x) => tensor(1).mul(x).pow(7);
  for (let order = 0; order < 7; order++) f = grad(f);
  close(f(1.7), 5040);
  close(grad(f)(1.7), 0);
});
orders.run();

const nesting = suite("grad: transforms inside one another");

nesting("an inner derivative does not take the outer variable for its own", () => {
  const one = grad((x: Tensor) => x.mul(grad((y: Tensor) => x.add(y))(1)));
  close(one(3), 1);
  // d/dx (x * d/dy (x y^2) at y = 2) = d/dx 4 x^2
  close(grad((x: Tensor) => x.mul(grad((y: Tensor) => x.mul(y.square()))(2)))(3), 24);
  // The inner argument is the outer one: d/dy (x y) at y = x is x.
  close(grad((x: Tensor) => grad((y: Tensor) => x.mul(y))(x))(3), 1);
  // d/dx (d/dy x^2 y^3 at y = x) = d/dx 3 x^4
  close(grad((x: Tensor) => grad((y: Tensor) => x.square().mul(y.pow(3)))(x))(2), 96);
  // Three levels: d/dx d/dy d/dz (x y z)^2 = 8 x y z
  close(grad((x: Tensor) => grad((y: Tensor) => grad((z: Tensor) => x.mul(y).mul(z).square())(5))(3))(2), 240);
});
nesting("an inner derivative by a constant depends on what it closes over", () => {
  const f = (x: Tensor) => grad((y: Tensor) => y.square().mul(x.pow(3)))(2).mul(x);
  close(grad(f)(3), 4 * 4 * 27);
  assert.is(grad(f)(3).requiresGrad, false);
});
nesting("forward in reverse and reverse in forward", () => {
  const f = (x: Tensor) => x.pow(3).mul(x.sin());
  const second = hessian(f, 1.3).item();
  close(grad((x: Tensor) => jvp(f, [x], [1]).tangent)(1.3), second);
  close(jvp((x) => grad(f)(x), [1.3], [1]).tangent, second);
  close(jvp((x) => jvp(f, [x], [1]).tangent, [1.3], [1]).tangent, second);
  close(grad((x: Tensor) => vjp(f, [x]).pullback(1)[0])(1.3), second);
  const inner = grad((x: Tensor) => jvp((y) => y.mul(x), [tensor(5)], [1]).tangent.mul(x));
  close(inner(3), 6);
});
nesting("forward mode computes of the first transpose what somebody reads, and no more", () => {
  let calls = 0;
  class Twice extends Node {
    override readonly name = "Twice";
    override shapeRule(x: Tensor) {
      return x.shape;
    }
    override localForward(_shape: readonly number[], _dtype: string, x: Tensor) {
      calls++;
      return Float64Array.from(x.data, (value) => 2 * value);
    }
    override localBackward(dout: Tensor) {
      return new Twice().apply(dout);
    }
  }
  const [x, v] = [tensor([1, 2]), tensor([3, 4])];
  assert.equal(jvp((x) => new Twice().apply(x), [x], [v]).tangent.toArray(), [6, 8]);
  assert.is(calls, 2, "the value and the tangent");
  calls = 0;
  assert.equal(jvp(grad((x: Tensor) => new Twice().apply(x).square().sum()))([x], [v]).tangent.toArray(), [24, 32]);
  assert.is(calls, 4, "the value, the gradient and the tangents of both");
  calls = 0;
  assert.equal(jacobian((x) => new Twice().apply(x.mul(v)), 1).toArray(), [6, 8]);
  assert.is(calls, 2, "the value and its one column");
});
nesting("what is read of it is there, however long the chain is, and as it was when it was made", () => {
  const w = variable([3, 4]);
  const kept: Tensor[] = [];
  const watched = (x: Tensor) => {
    const y = x.mul(2);
    y.onGradient((gradient) => {
      kept.push(gradient);
      return gradient.mul(gradient.sum().item() > 0 ? 10 : 1);
    });
    return y.mul(w);
  };
  assert.equal(jvp(watched, [tensor([1, 1])], [tensor([1, 1])]).tangent.toArray(), [60, 80]);
  w.assign([5, 6]);
  assert.equal(kept[0]?.toArray(), [3, 4]);
  let read: number[] = [];
  const long = (x: Tensor) => {
    const first = x.mul(1);
    first.onGradient((gradient) => {
      read = gradient.toArray() as number[];
    });
    let y = first;
    for (let i = 0; i < 20_000; i++) y = y.neg();
    return y;
  };
  assert.equal(jvp(long, [tensor([1, 2])], [tensor([3, 4])]).tangent.toArray(), [3, 4]);
  assert.equal(read, [1, 1]);
});
nesting("functions that do not depend on what they are differentiated by", () => {
  const w = variable([1, 2]);
  for (const f of [() => tensor([1, 2]), () => w.square()]) {
    assert.equal(jvp(f, [tensor([1, 2, 3])], [tensor([1, 1, 1])]).tangent.toArray(), [0, 0]);
    assert.equal(vjp(f, [3]).pullback(1)[0].item(), 0);
    assert.equal(jacobian(f, 3).toArray(), [0, 0]);
    assert.equal(jacobian((x) => f().sum().mul(x), 3).toArray(), f().sum().item());
  }
  assert.is(grad(grad((x: Tensor) => x.mul(3)))(2).item(), 0);
});
nesting("a function that throws leaves no transform open", () => {
  let kept: Tensor = tensor(0);
  assert.throws(() =>
    grad((x: Tensor) => {
      kept = x.mul(2);
      throw new Error("on purpose");
    })(3),
  );
  assert.is(grad((y: Tensor) => y.mul(kept))(1).requiresGrad, false);
  assert.is(variable(1).mul(2).requiresGrad, true);
});
nesting("a gradient inside of another one does not look at what is older than its argument", () => {
  let looked = 0;
  const { countUses } = Node.prototype;
  Node.prototype.countUses = function (walk) {
    looked++;
    countUses.call(this, walk);
  };
  try {
    const steps = 100;
    const slope = grad((start: Tensor) => {
      let state = start;
      for (let i = 0; i < steps; i++) {
        const before = state.reshape([1]).reshape([]);
        state = before.sub(grad((x: Tensor) => x.mul(before))(before).mul(0.1));
      }
      return state;
    })(2);
    close(slope, 0.9 ** steps);
    // Those of the walk outside, and for each step a few.
    assert.ok(looked < 20 * steps, `${looked} nodes`);
  } finally {
    Node.prototype.countUses = countUses;
  }
});
nesting("the gradient of a Hessian", () => {
  const x = tensor([0.4, -1.1]);
  const f = (at: Tensor) =>
    at
      .slice([0])
      .pow(3)
      .mul(at.slice([1]).square());
  // The trace of the Hessian is 6 x y^2 + 2 x^3.
  const trace = (at: Tensor) =>
    hessian(f, at)
      .mul(
        tensor([
          [1, 0],
          [0, 1],
        ]),
      )
      .sum();
  close(grad(trace)(x), [6 * 1.21 + 6 * 0.16, 12 * 0.4 * -1.1]);
  assert.equal(jacobian((at) => hessian(f, at), x).shape, [2, 2, 2]);
});
nesting("a gradient is graph when it depends on a variable, and a constant otherwise", () => {
  const w = variable(4);
  const g = grad((x: Tensor) => x.square().mul(w))(3);
  close(g, 24);
  g.backward();
  close(w.grad as Tensor, 6);
  const x = variable(2);
  const slope = grad((at: Tensor) => at.pow(3))(x);
  assert.is(x.grad, null);
  slope.backward();
  close(x.grad as Tensor, 12);
  assert.is(grad((at: Tensor) => at.pow(3))(2).requiresGrad, false);
  assert.is(noGrad(() => grad((at: Tensor) => at.pow(3))(x)).requiresGrad, false);
  close(
    noGrad(() => grad((at: Tensor) => at.pow(3))(x)),
    12,
  );
  assert.is(valueAndGrad((at: Tensor) => at.square())(3).value.requiresGrad, false);
  assert.is(vjp((at) => at.square(), [3]).value.requiresGrad, false);
  assert.is(vjp((at) => at.square(), [x]).value.requiresGrad, true);
  assert.is(hessian((at) => at.pow(3), 2).requiresGrad, false);
  assert.is(jvp((at) => at.pow(3), [2], [1]).tangent.requiresGrad, false);
  // An inner transform by a constant that is over leaves nothing behind that one would differentiate by.
  const leftOver = grad((at: Tensor) => grad((y: Tensor) => y.square().mul(at))(2));
  assert.is(leftOver(3).requiresGrad, false);
});
nesting("stopGradient at every level", () => {
  close(grad((x: Tensor) => x.mul(stopGradient(x)))(3), 3);
  close(grad(grad((x: Tensor) => x.square().mul(stopGradient(x))))(3), 6);
  close(jvp((x) => stopGradient({ x }).x.mul(x), [3], [1]).tangent, 3);
  close(grad((x: Tensor) => stopGradient(x).square())(3), 0);
});
nesting.run();

const structures = suite("grad: structures");

interface Network {
  layers: { w: Tensor; b: Tensor }[];
  scale: Tensor;
  unused: Tensor<readonly [2]>;
}
const network = (): Network => ({
  layers: [
    {
      w: tensor([
        [0.1, -0.2, 0.3],
        [0.4, 0.5, -0.6],
      ]),
      b: tensor([0.1, 0.2, 0.3]),
    },
    {
      w: tensor([
        [1, 2],
        [-1, 0.5],
        [0.25, -2],
      ]),
      b: variable([0.5, -0.5]),
    },
  ],
  scale: tensor(1.5),
  unused: tensor([1, 2]),
});
const loss = (p: Network, x: Tensor) =>
  p.layers
    .reduce((h, { w, b }) => h.matmul(w).add(b).tanh(), x)
    .mul(p.scale)
    .square()
    .sum();

structures("nested records and arrays, leaf for leaf against numerical gradients", () => {
  const parameters = network();
  const x = tensor([
    [1, 2],
    [3, -1],
  ]);
  const { value, gradient } = valueAndGrad(loss)(parameters, x);
  close(value, loss(parameters, x).item());
  const numerical = (at: (t: Tensor) => Network, leaf: Tensor) => numericalGradient((t) => loss(at(t), x), leaf);
  parameters.layers.forEach((layer, i) => {
    for (const key of ["w", "b"] as const) {
      const replace = (t: Tensor) => ({
        ...parameters,
        layers: parameters.layers.map((other, j) => (j === i ? { ...other, [key]: t } : other)),
      });
      const found = gradient.layers[i]?.[key] as Tensor;
      assert.equal(found.shape, layer[key].shape);
      close(found, [...numerical(replace, layer[key].detach()).data], 1e-6);
    }
  });
  close(gradient.scale, [...numerical((scale) => ({ ...parameters, scale }), parameters.scale).data], 1e-6);
  assert.equal(gradient.unused.toArray(), [0, 0]);
  assert.is(parameters.layers[1]?.b.grad, null);
});
structures("one argument, or several", () => {
  const f = (x: Tensor, label: string, y: Tensor) => x.square().mul(y).mul(label.length);
  close(grad(f)(3, "ab", tensor(5)), 60);
  close(grad(f, { argument: 2 })(tensor(3), "ab", 5), 18);
  const [dy, dx] = grad(f, { argument: [2, 0] })(3, "ab", 5);
  close(dy, 18);
  close(dx, 60);
  const inferred: Tensor = grad((x) => x.square())(3);
  close(inferred, 6);
});
structures("shapes and dtypes are those of the arguments", () => {
  const float = tensor([1, 2, 3], { dtype: "float32" });
  const g = grad((x: Tensor) => x.square().sum())(float);
  assert.is(g.dtype, "float32");
  assert.equal(g.toArray(), [2, 4, 6]);
  const scalar = grad((p: { k: Tensor }) => p.k.pow(2))({ k: 3 }).k;
  assert.ok(scalar instanceof Tensor);
  assert.equal(scalar.shape, []);
  assert.equal(grad((x: Tensor) => x.sum())(tensor(new Float64Array(0))).shape, [0]);
  const both = grad((p: Tensor[]) =>
    (p[0] as Tensor)
      .mul(2)
      .add((p[1] as Tensor).mul(5))
      .sum(),
  );
  const shared = tensor([1, 1]);
  assert.equal(
    both([shared, shared]).map((t) => t.toArray()),
    [
      [2, 2],
      [5, 5],
    ],
  );
});
structures("what cannot be differentiated says so", () => {
  const records = { a: [tensor(1), tensor([1, 2], { dtype: "int32" })] };
  assert.match(
    thrownBy(() => grad((p: typeof records) => (p.a[0] as Tensor).square())(records)),
    /DTypeError: grad: argument 0\.a\[1\] is int32 \[2\]: integers and bools have no gradient/,
  );
  assert.match(
    thrownBy(() => grad((x: Tensor) => x.square())(tensor([1, 2]))),
    /GraphError: grad: .* shape \[2\], not a scalar; .*sum\(\).*jacobian/,
  );
  assert.match(
    thrownBy(() => grad((x: Tensor) => x.greater(0))(1)),
    /DTypeError: grad: the function gave bool \[\]/,
  );
  assert.match(
    thrownBy(() => grad(((x: Tensor) => x.item()) as never)(1)),
    /GraphError: grad: .*got number 1.*item\(\)/,
  );
  assert.match(
    thrownBy(() => grad((async (x: Tensor) => x) as never)(1)),
    /GraphError: grad: .*promise/,
  );
  assert.match(
    thrownBy(() => grad((x: Tensor) => x, { argument: 1 })(tensor(1))),
    /GraphError: grad: argument 1 is not there/,
  );
  assert.match(
    thrownBy(() => grad((x: string) => tensor(x.length) as Tensor)("a" as never)),
    /DTypeError: grad: argument 0 is string a/,
  );
  assert.match(
    thrownBy(() => grad((x: Map<string, Tensor>) => tensor(x.size) as Tensor)(new Map())),
    /argument 0 is an instance of Map/,
  );
  assert.match(
    thrownBy(() => jvp((x) => x, [tensor([1, 2])], [tensor([1, 2, 3]) as never])),
    /ShapeError: jvp: tangents\[0\] has the shape \[3\], and its input \[2\]/,
  );
  assert.match(
    thrownBy(() => vjp((x) => x, [tensor([1, 2])]).pullback(tensor([1, 2, 3]) as never)),
    /GraphError: vjp/,
  );
  // At compile time, too: a number is no vector.
  // @ts-expect-error
  assert.throws(() => grad((x: Tensor<[2]>) => x.take([1]).sum())(3));
  // A refused call leaves nothing behind.
  close(grad((x: Tensor) => x.square())(3), 6);
});
structures.run();
