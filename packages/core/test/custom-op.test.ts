import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type BinaryRule,
  type CumulateOptions,
  compile,
  customGradient,
  customOp,
  elementwise,
  grad,
  gradcheck,
  graphOf,
  hessian,
  jacobian,
  jvp,
  type LocalNode,
  type NormOptions,
  noGrad,
  numericalGradient,
  Random,
  ShapeError,
  type Tensor,
  type TernaryRule,
  tensor,
  type UnaryGradient,
  type UnaryRule,
  type VarianceOptions,
  variable,
} from "../src/index.js";
import { close, thrownBy } from "./support/numbers.js";

const random = new Random(11);

const elementwiseOps = suite("elementwise");

const swish = elementwise("Swish", {
  forward: (k, x) => k.mul(x, k.sigmoid(x)),
  backward: [
    (k, dout, x) => {
      const s = k.sigmoid(x);
      return k.mul(dout, k.mul(s, k.add(k.mul(x, k.sub(1, s)), 1)));
    },
  ],
});
/** Its name is that of a built-in op, whose loops it must not get. */
const weighted = elementwise("Mul", {
  forward: (k, x, y) => k.add(k.mul(x, 3), k.mul(x, y)),
  backward: [(k, dout, _x, y) => k.mul(dout, k.add(y, 3)), (k, dout, x) => k.mul(dout, x)],
});
const between = elementwise("Between", {
  takes: "where",
  forward: (k, c, x, y) => k.select(c, k.mul(x, x), y),
  backward: [null, (k, dout, c, x) => k.select(c, k.mul(dout, k.mul(x, 2)), 0), (k, dout, c) => k.select(c, 0, dout)],
});

elementwiseOps("values of scalars, arrays, broadcasts and strided views, in both float dtypes", () => {
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  close(swish(2), 2 * sigmoid(2));
  close(
    swish(tensor([-1, 0, 2])),
    [-1, 0, 2].map((x) => x * sigmoid(x)),
  );
  const single = swish(tensor([-1, 2], { dtype: "float32" }));
  assert.is(single.dtype, "float32");
  assert.equal(
    [...single.data],
    [-1, 2].map((x) => Math.fround(x * sigmoid(x))),
  );
  assert.equal(weighted(tensor([[1], [2]]), tensor([10, 20, 30])).toArray(), [
    [13, 23, 33],
    [26, 46, 66],
  ]);
  assert.equal(
    tensor([1, 2])
      .mul(tensor([3, 4]))
      .toArray(),
    [3, 8],
  );
  assert.equal(between(tensor([true, false]), tensor([3, 3]), 7).toArray(), [9, 7]);
  assert.equal(swish(tensor(new Float64Array(0))).shape, [0]);
});
elementwiseOps("gradients to second order, on scalars, arrays and broadcasts", () => {
  const x = random.normal([3]);
  const f = (at: Tensor) => swish(at).sum();
  close(grad(f)(x), numericalGradient(f, x), 1e-7);
  close(
    noGrad(() => grad(f)(x)),
    [...grad(f)(x).data],
  );
  const slope = (at: Tensor) => grad(f)(at).square().sum();
  close(grad(slope)(x), numericalGradient(slope, x), 1e-6);
  close(grad(grad((at: Tensor) => swish(at)))(0), 0.5);
  const variables = [variable([[1], [2]]), variable([10, 20, 30])] as const;
  weighted(...variables)
    .sum()
    .backward();
  assert.equal(variables[0].grad?.toArray(), [[69], [69]]);
  assert.equal(variables[1].grad?.toArray(), [3, 3, 3]);
  assert.equal(hessian((at) => weighted(at.slice([0]), at.slice([1])), tensor([2, 5])).toArray(), [
    [0, 1],
    [1, 0],
  ]);
  const c = tensor([true, false]);
  const [dx, dy] = grad((a: Tensor, b: Tensor) => between(c, a, b).sum(), { argument: [0, 1] })(
    tensor([3, 3]),
    tensor([7, 7]),
  );
  assert.equal(
    [dx.toArray(), dy.toArray()],
    [
      [6, 0],
      [0, 1],
    ],
  );
  close(jvp((at) => swish(at), [0], [2]).tangent, 1);
});
elementwiseOps("is checked in one call", () => {
  assert.ok(gradcheck((x) => swish(x), [random.normal([4])]).ok);
  const wrong = elementwise("Wrong", { forward: (k, x) => k.mul(x, x), backward: [(k, dout, x) => k.mul(dout, x)] });
  assert.not(gradcheck((x) => wrong(x), [random.normal([4])]).ok);
});
elementwiseOps("is printed, used alone, and refused like a built-in op", () => {
  const x = variable([1, 2], { name: "x" });
  assert.ok(graphOf(swish(x)).nodes.some(({ node }) => node.name === "Swish"));
  assert.is(swish.name, "Swish");
  const node = new swish.Node();
  close(node.forward(0), 0);
  assert.equal(node.backward(1), [0.5]);
  assert.match(
    thrownBy(() => swish(tensor([1], { dtype: "int32" }))),
    /DTypeError: Swish: takes float64 or float32, got int32/,
  );
  assert.match(
    thrownBy(() => (swish as (...x: number[]) => Tensor)(1, 2)),
    /GraphError: Swish: takes 1 input, got 2/,
  );
  assert.match(
    thrownBy(() => weighted(tensor([1, 2]), tensor([1, 2, 3]) as never)),
    /ShapeError: Mul: .*\[2\] and \[3\]/,
  );
  const bad = { forward: (_k: unknown, x: never) => x, backward: [null, null] };
  assert.match(
    thrownBy(() => elementwise("Bad", bad as never)),
    /GraphError: elementwise: Bad: forward takes k and 1 inputs, backward has 2/,
  );
  assert.match(
    thrownBy(() => elementwise("", { forward: (_k, x) => x, backward: [(_k, dout) => dout] })),
    /needs a name/,
  );
  const step = elementwise("Step", { gives: "bool", forward: (k, x) => k.greater(x, 0), backward: "it is a step" });
  assert.equal(step(tensor([-1, 1])).toArray(), [false, true]);
});
elementwiseOps("rules and options have names, to be written apart from their calls", () => {
  const gradient: UnaryGradient = (k, dout) => k.mul(dout, 3);
  const rule: UnaryRule = { forward: (k, x) => k.mul(x, 3), backward: [gradient] };
  const binary: BinaryRule = { forward: (k, x, y) => k.add(x, y), backward: [(_, dout) => dout, null] };
  const ternary: TernaryRule = { forward: (k, x, y, z) => k.add(k.add(x, y), z), backward: "it is a test" };
  const triple: LocalNode<[number], [Tensor]> = new (elementwise("Triple", rule).Node)();
  assert.is(triple.forward(2), 6);
  assert.is(elementwise("First", binary)(1, 2).item(), 3);
  assert.is(elementwise("Three", ternary)(1, 2, 3).item(), 6);
  const [options, backward, ord]: [VarianceOptions, CumulateOptions, NormOptions] = [
    { correction: 1 },
    { reverse: true },
    { ord: 1 },
  ];
  const x = tensor([1, 3]);
  assert.is(x.variance(options).item(), 2);
  assert.equal(x.cumsum(0, backward).toArray(), [4, 3]);
  assert.is(x.norm(ord).item(), 4);
});

/** What no arithmetic has: what a rule gives that forgets to return, or that is written with something else than `k`. */
const foreign: Readonly<Record<string, (x: unknown) => unknown>> = {
  nothing: () => undefined,
  null: () => null,
  "a text": () => "1",
  "true or false": () => true,
  "a list": (x) => [x],
  "a promise": async (x) => x,
  "a function": (x) => () => x,
};

type Loose = (...inputs: unknown[]) => Tensor;

/** An op with a rule over any arithmetic of which the types say nothing. */
const ruled = (
  forward: (x: unknown) => unknown,
  backward: (dout: unknown) => unknown,
): ((x: Tensor | number) => Tensor) =>
  elementwise("Own", {
    forward: (_k: unknown, x: unknown) => forward(x),
    backward: [(_k: unknown, dout: unknown) => backward(dout)],
  } as never);

/** Every arithmetic that a rule is called with. */
const arithmetics: Readonly<Record<string, (op: (x: Tensor | number) => Tensor) => unknown>> = {
  "numbers, forward": (op) => op(2),
  "arrays, forward": (op) => op(tensor([1, 2])),
  "a node alone": (op) => new (op as unknown as { Node: new () => LocalNode<[number], [Tensor]> }).Node().forward(2),
  "a program, of a scalar": (op) => compile(op)(tensor(2)),
  "a program, of an array": (op) => compile(op)(tensor([1, 2])),
  "numbers, backward": (op) => grad(op)(2),
  "arrays, backward": (op) =>
    op(variable([1, 2]))
      .sum()
      .backward(),
  "graph of the gradient of a number": (op) => grad(grad(op))(2),
  "graph of the gradient of an array": (op) =>
    op(variable([1, 2]))
      .sum()
      .backward({ createGraph: true }),
  "a program, of the gradient of a scalar": (op) => compile(grad(op))(tensor(2)),
  "a program, of the gradient of an array": (op) => compile(grad((x: Tensor) => op(x).sum()))(tensor([1, 2])),
};

for (const [over, apply] of Object.entries(arithmetics)) {
  elementwiseOps(`a rule that gives what its arithmetic does not have is named: ${over}`, () => {
    const isBackward = /backward|gradient/.test(over);
    for (const [what, give] of Object.entries(foreign)) {
      const message = thrownBy(() => apply(isBackward ? ruled((x) => x, give) : ruled(give, (dout) => dout)));
      const part = isBackward ? "backward for input 0" : "forward";
      assert.match(
        message,
        new RegExp(`^GraphError: Own: its ${part} gave .*; it must give what the functions of k give`),
        what,
      );
    }
  });
}

elementwiseOps("bools are 0 and 1", () => {
  const doubled = elementwise("Doubled", {
    gives: "bool",
    forward: (k, x) => k.mul(k.greater(x, 0), 2),
    backward: "it is a step",
  });
  const truth = (given: number) =>
    elementwise("Truth", { gives: "bool", forward: (_k, _x) => given as never, backward: "it is a step" });
  for (const x of [2, tensor(2), tensor([-1, 2]), tensor([[2]], { dtype: "float32" })]) {
    assert.match(
      thrownBy(() => doubled(x as Tensor)),
      /^DTypeError: Doubled: its forward gave 2, which is no bool/,
    );
    for (const given of [2, -1, 0.5, Number.NaN]) {
      assert.match(
        thrownBy(() => truth(given)(x as Tensor)),
        /^DTypeError: Truth: its forward gave .*, which is no bool/,
      );
    }
    for (const given of [0, 1]) assert.is(Number(truth(given)(x as Tensor).data[0]), given);
  }
  assert.match(
    thrownBy(() => compile((x: Tensor) => truth(2)(x))(tensor([1, 2]))),
    /^DTypeError: Truth: its forward gave 2, which is no bool/,
  );
});

elementwiseOps("what programs do not compute on int32 is named", () => {
  for (const name of ["div", "exp", "sqrt", "atan2"] as const) {
    const op = elementwise("Own", {
      takes: "number",
      forward: (k, x) => (name === "div" || name === "atan2" ? k[name](x, 3) : k[name](x)),
      backward: [null],
    });
    for (const x of [tensor([4, 9], { dtype: "int32" }), tensor(4, { dtype: "int32" })] as Tensor[]) {
      assert.match(
        thrownBy(() => compile(op)(x)),
        new RegExp(`^CompileError: compile: an elementwise rule uses k\\.${name} on int32`),
      );
    }
    const floats = tensor([4, 9]) as Tensor;
    close(compile(op)(floats), op(floats));
  }
});

elementwiseOps("dtypes that a rule does not have are refused", () => {
  const rule = { forward: (_k: unknown, x: never) => x, backward: [null] };
  const wrong = (more: object) => thrownBy(() => (elementwise as unknown as Loose)("Own", { ...rule, ...more }));
  for (const takes of ["int32", "float32", "floats", "", null, 1, ["any"]]) {
    assert.match(wrong({ takes }), /^DTypeError: elementwise: Own: takes .*: there are "float", "number", /);
  }
  for (const gives of ["boolean", "int32", "float64", null, true]) {
    assert.match(wrong({ gives }), /^DTypeError: elementwise: Own: gives .*: there is "bool"$/);
  }
  assert.match(wrong({ takes: "where" }), /^GraphError: elementwise: Own: takes "where", .* and has 1 input$/);
});
elementwiseOps.run();

const arrayOps = suite("customOp");

const outer = customOp("Outer", {
  arity: 2,
  shape: (x, y) => {
    if (x.length !== 1 || y.length !== 1) throw new ShapeError(`Outer: [${x}] and [${y}]: two vectors are needed`);
    return [...x, ...y];
  },
  forward: (out, x, y) => {
    x.data.forEach((a, i) => {
      y.data.forEach((b, j) => {
        out[i * y.size + j] = a * b;
      });
    });
  },
  backward: [(dout, _x, y) => dout.matmul(y), (dout, x) => x.matmul(dout)],
});

arrayOps("values and gradients to second order", () => {
  const [x, y] = [random.normal([2]), random.normal([3])];
  assert.equal(outer(tensor([1, 2]), tensor([3, 4, 5])).toArray(), [
    [3, 4, 5],
    [6, 8, 10],
  ]);
  const f = (a: Tensor, b: Tensor) => outer(a, b).sin().sum();
  const [dx, dy] = grad(f, { argument: [0, 1] })(x, y);
  close(
    dx,
    numericalGradient((a) => f(a, y), x),
    1e-7,
  );
  close(
    dy,
    numericalGradient((b) => f(x, b), y),
    1e-7,
  );
  const slope = (a: Tensor) => grad(f)(a, y).square().sum();
  close(grad(slope)(x), numericalGradient(slope, x), 1e-6);
  assert.equal(jacobian((a) => outer(a, tensor([3, 4])).reshape([4]), tensor([1, 2])).toArray(), [
    [3, 0],
    [4, 0],
    [0, 3],
    [0, 4],
  ]);
});
arrayOps("settings, other dtypes, and a backward that is not there", () => {
  const parity = customOp("Parity", {
    arity: 1,
    shape: (x) => x,
    dtype: () => "bool",
    forward: (out, x) =>
      x.data.forEach((value, i) => {
        out[i] = Math.abs(value) % 2;
      }),
    backward: "its values are whole",
  });
  assert.equal(parity(tensor([2, 3], { dtype: "int32" })).toArray(), [false, true]);
  const scale = (factor: number): ((x: Tensor | number) => Tensor) =>
    customOp("Scale", {
      arity: 1,
      attributes: { factor },
      shape: (x) => x,
      forward: (out, x) =>
        x.data.forEach((value, i) => {
          out[i] = value * factor;
        }),
      backward: [(dout) => scale(factor)(dout)],
    });
  const y = scale(3)(variable(2));
  assert.is(y.item(), 6);
  assert.equal(y.node?.attributes(), { factor: 3 });
  const rounded = customOp("Whole", {
    arity: 1,
    shape: (x) => x,
    forward: (out, x) => out.set([Math.round(x.item())]),
    backward: "it is a step",
  });
  assert.match(
    thrownBy(() => grad((x: Tensor) => rounded(x))(1)),
    /GraphError: Whole: not differentiable: it is a step/,
  );
});
arrayOps("settings are copied to the last level, and handed out frozen", () => {
  const attributes = { at: [[1, 2], [3]], inner: { width: [1], deep: { n: 1 } }, taps: Float64Array.of(1) };
  const own = customOp("Own", {
    arity: 1,
    attributes,
    shape: (x) => x,
    forward: (out, x) => out.set(x.data),
    backward: [(dout) => dout],
  });
  attributes.at[0]?.push(5);
  attributes.inner.deep.n = 2;
  attributes.inner.width[0] = 2;
  attributes.taps[0] = 2;
  const seen = own(variable([1])).node?.attributes() as typeof attributes;
  assert.equal(seen, { at: [[1, 2], [3]], inner: { width: [1], deep: { n: 1 } }, taps: [1] } as never);
  for (const part of [seen, seen.at, seen.at[0], seen.inner, seen.inner.deep, seen.inner.width]) {
    assert.ok(Object.isFrozen(part));
  }
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  assert.match(
    thrownBy(() =>
      customOp("Own", { arity: 1, attributes: circle, shape: (x) => x, forward: () => {}, backward: [null] }),
    ),
    /^GraphError: customOp: Own: attributes contains itself/,
  );
});
arrayOps("mistakes are named", () => {
  assert.match(
    thrownBy(() => outer(tensor([[1]]), tensor([1]))),
    /ShapeError: Outer: \[1,1\] and \[1\]: two vectors/,
  );
  assert.match(
    thrownBy(() => (outer as (...x: Tensor[]) => Tensor)(tensor([1]))),
    /GraphError: Outer: takes 2 inputs, got 1/,
  );
  assert.match(
    thrownBy(() => outer(tensor([1]), tensor([1], { dtype: "float32" }))),
    /DTypeError: Outer: float64 and float32/,
  );
  const base = { arity: 1, shape: (x: readonly number[]) => x } as const;
  const wrong = customOp("Wrong", {
    ...base,
    forward: (out, x) => out.set([...x.data]),
    backward: [() => tensor([1, 2, 3])],
  });
  assert.match(
    thrownBy(() => grad((x: Tensor) => wrong(x).sum())(tensor([1, 2]))),
    /Wrong: .*gradient of shape \[3\] for input 0 of shape \[2\]/,
  );
  const returns = customOp("Returns", {
    ...base,
    forward: (_out, x) => [...x.data] as never,
    backward: [(dout) => dout],
  });
  assert.match(
    thrownBy(() => returns(tensor([1]))),
    /GraphError: Returns: forward gave a result; it fills the array/,
  );
  const few = { arity: 2, shape: (x: readonly number[]) => x, forward: () => {}, backward: [null] };
  assert.match(
    thrownBy(() => customOp("Few", few as never)),
    /GraphError: customOp: Few: 1 gradients for 2 inputs/,
  );
});
arrayOps.run();

const gradients = suite("customGradient");

gradients("replaces the gradient, and is differentiated through its backward", () => {
  // log(1 + e^x) with a gradient that does not overflow.
  const softplus = customGradient((x: Tensor) => x.exp().add(1).log(), [(dout, x) => dout.mul(x.sigmoid())]);
  close(softplus(tensor(1)), Math.log1p(Math.E));
  close(grad((x: Tensor) => softplus(x))(800), 1);
  close(grad(grad((x: Tensor) => softplus(x)))(0), 0.25);
  const product = customGradient((x: Tensor, y: Tensor) => x.mul(y), [(dout, _x, y) => dout.mul(y).mul(10), null], {
    name: "Tenfold",
  });
  const [x, y] = [variable([1, 2]), variable(3)];
  const z = product(x, y);
  assert.is(z.node?.name, "Tenfold");
  z.sum().backward();
  assert.equal([x.grad?.toArray(), y.grad?.item()], [[30, 30], 0]);
  assert.match(
    thrownBy(() => (product as (...x: Tensor[]) => Tensor)(x)),
    /GraphError: Tenfold: 1 inputs, and gradients for 2/,
  );
});
gradients("the function itself leaves no graph", () => {
  const w = variable(2);
  const f = customGradient((x: Tensor) => x.mul(w), [(dout) => dout]);
  const y = f(variable(3));
  y.backward();
  assert.is(w.grad, null);
  assert.is(f(tensor(3)).requiresGrad, false);
});
gradients.run();
