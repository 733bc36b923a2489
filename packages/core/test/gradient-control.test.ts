import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  checkpoint,
  clipByNorm,
  clipByValue,
  clipGradNorm,
  clipGradValue,
  compile,
  cond,
  customGradient,
  customOp,
  type DType,
  fn,
  globalNorm,
  grad,
  hessian,
  jvp,
  Node,
  noGrad,
  Random,
  type Shape,
  scan,
  type Tensor,
  tensor,
  type Values,
  valueAndGrad,
  variable,
  vjp,
} from "../src/index.js";
import { close, thrownBy } from "./support/numbers.js";

const hooks = suite("onGradient");

hooks("sees the complete gradient once, and may replace it", () => {
  const x = variable([1, 2]);
  const h = x.mul(3);
  const seen: unknown[] = [];
  h.onGradient((g) => {
    seen.push(g.toArray());
    return g.mul(10);
  });
  h.add(h.mul(2)).sum().backward();
  assert.equal(seen, [[3, 3]]);
  assert.equal(h.grad?.toArray(), [30, 30]);
  assert.equal(x.grad?.toArray(), [90, 90]);
});
hooks("of scalars, of variables, in order, and until they are taken away", () => {
  const x = variable(3);
  const remove = x.onGradient((g) => g.add(1));
  x.onGradient((g) => g.mul(2));
  x.square().backward();
  close(x.grad as Tensor, 14);
  remove();
  remove();
  x.zeroGrad();
  x.square().backward();
  close(x.grad as Tensor, 12);
});
hooks("in transforms, and to second order", () => {
  const f = (x: Tensor) => {
    const h = x.square();
    h.onGradient((g) => g.mul(x));
    return h.mul(2);
  };
  // The gradient is 2 * x * 2x, and its derivative 8x.
  close(grad(f)(3), 36);
  close(grad(grad(f))(3), 24);
  const own = (x: Tensor) => {
    x.onGradient((g) => g.clamp(-1, 1));
    return x.square();
  };
  close(grad(own)(3), 1);
  const x = variable(3);
  const h = x.square();
  h.onGradient((g) => g.mul(h));
  h.backward({ createGraph: true });
  close(x.grad as Tensor, 54);
});
hooks("what they keep stays as it was, and is nobody else's", () => {
  const [p, q] = [variable([1, 2]), variable([3, 4])];
  const y = p.add(q);
  const kept: Tensor[] = [];
  for (const edge of [y, p, q]) {
    edge.onGradient((g) => {
      kept.push(g);
      return undefined;
    });
  }
  const seed = tensor([5, 6]);
  y.backward({ seed });
  // All of these are the same numbers, and none is the tensor of another.
  const given = [seed, y.grad, p.grad, q.grad, ...kept] as Tensor[];
  assert.is(new Set(given).size, 7);
  given.forEach((one, i) => {
    one.assign([i, i]).name = `g${i}`;
  });
  assert.equal(
    given.map((one) => one.toArray()),
    given.map((_, i) => [i, i]),
  );
  assert.is(y.grad, given[1]);
  const { pullback } = vjp((a: Tensor, b: Tensor) => a.add(b), [p, q]);
  const [a, b] = noGrad(() => pullback(seed));
  (a as Tensor).assign([7, 7]);
  assert.equal(
    [(b as Tensor).toArray(), seed.toArray()],
    [
      [0, 0],
      [0, 0],
    ],
  );
});

type Give = (dout: Tensor, k: number) => Tensor;

/** Multiplies by a number; the gradient is made by `give`. */
class Times extends Node {
  override readonly name = "Times";
  private readonly k: number;
  private readonly give: Give;

  constructor(k: number, give: Give) {
    super();
    this.k = k;
    this.give = give;
  }

  override shapeRule(x: Tensor): Shape {
    return x.shape;
  }

  override localForward(_shape: Shape, _dtype: DType, x: Tensor): Values {
    return x.array.map((value: number) => value * this.k);
  }

  override localBackward(dout: Tensor): Tensor {
    return this.give(dout, this.k);
  }
}

/** Consumers' functions that give a gradient: each makes k times a tensor, whose gradient is what `give` makes of the output's. */
const givers: Readonly<Record<string, (x: Tensor, k: number, give: Give) => Tensor>> = {
  "a node": (x, k, give) => new Times(k, give).apply(x),
  customGradient: (x, k, give) => customGradient((x: Tensor) => x.mul(k), [(dout: Tensor) => give(dout, k)])(x),
  "a hook": (x, k, give) => {
    const made = x.mul(1);
    made.onGradient((dout) => give(dout, k));
    return made;
  },
  "the first of two hooks": (x, k, give) => {
    const made = x.mul(1);
    made.onGradient((dout) => give(dout, k));
    made.onGradient(() => undefined);
    return made;
  },
};

for (const [name, giver] of Object.entries(givers)) {
  for (const createGraph of [false, true]) {
    hooks(
      `${name}: what it gives, and what it was shown, may get new values, and the gradients stay, graph ${createGraph}`,
      () => {
        for (const buffer of [tensor([0, 0]) as Tensor, variable([0, 0]) as Tensor]) {
          const seen: Tensor[] = [];
          const give = (dout: Tensor, k: number): Tensor => {
            seen.push(dout);
            return buffer.assign(dout.detach().mul(k));
          };
          const [x, y] = [variable([1, 1]) as Tensor, variable([1, 1]) as Tensor];
          const [a, b] = [giver(x, 2, give), giver(y, 10, give)];
          const sum = a.add(b);
          sum
            .add(x)
            .mul(tensor([1, 3]))
            .sum()
            .backward({ createGraph });
          buffer.assign([7, 7]);
          for (const one of seen) if (!one.requiresGrad) one.assign([8, 8]);
          const found = [x, y, sum].map(({ grad }) => (grad as Tensor).toArray());
          assert.equal(found, [
            [3, 9],
            [10, 30],
            [1, 3],
          ]);
          assert.not([x, y, a, b, sum].some(({ grad }) => grad === buffer));
        }
      },
    );
    hooks(`${name}: one of several that give what they keep, graph ${createGraph}`, () => {
      const kept = tensor([5, 6]) as Tensor;
      const [x, y] = [variable([1, 1]) as Tensor, variable([1, 1]) as Tensor];
      const a = giver(x, 1, () => kept);
      a.mul(1).add(y).sum().backward({ createGraph });
      kept.assign([0, 0]);
      assert.equal((x.grad as Tensor).toArray(), [5, 6]);
      const before = giver(x.mul(1), 1, () => kept);
      x.zeroGrad();
      const between = before.mul(1);
      between.onGradient(() => kept);
      between.sum().backward({ createGraph });
      kept.assign([3, 3]);
      assert.equal(
        [x.grad?.toArray(), between.grad?.toArray()],
        [
          [0, 0],
          [0, 0],
        ],
      );
    });
  }
}
hooks("a seed may get new values in the walk and after it, and is no gradient itself, a variable neither", () => {
  for (const createGraph of [false, true]) {
    for (const seed of [tensor([1, 2]) as Tensor, variable([1, 2]) as Tensor]) {
      const [x, y] = [variable([1, 1]) as Tensor, variable([1, 1]) as Tensor];
      const a = x.mul(1);
      a.onGradient(() => {
        seed.assign([7, 7]);
        return undefined;
      });
      const sum = a.add(y);
      if (createGraph && seed.isVariable) {
        // Its values are part of the graph of the gradients.
        sum.backward({ seed, createGraph });
        assert.not([x, y, sum].some(({ grad }) => grad === seed));
        continue;
      }
      sum.backward({ seed, createGraph });
      seed.assign([9, 9]);
      assert.equal(
        [x, y, sum].map(({ grad }) => grad?.toArray()),
        [
          [1, 2],
          [1, 2],
          [1, 2],
        ],
      );
    }
  }
  const v = variable([1, 2]);
  const x = variable([1, 1]);
  x.add(1).backward({ seed: v, createGraph: true });
  const doubled = (x.grad as Tensor).mul(tensor([3, 4]));
  v.zeroGrad();
  doubled.sum().backward();
  assert.equal(v.grad?.toArray(), [3, 4]);
});
hooks("a local backward that writes to the gradient of the output is refused", () => {
  for (const createGraph of [false, true]) {
    const x = variable([1, 2]) as Tensor;
    const y = new Times(2, (dout) => dout.assign([9, 9])).apply(x);
    assert.throws(
      () => y.add(x).backward({ seed: tensor([1, 1]), createGraph }),
      /Times: its local backward gave new values to the gradient of the output, which changes nothing/,
    );
  }
});
hooks("an assign in the midst of a walk: allowed where nothing else reads the values, else refused", () => {
  const step = (read: boolean) => {
    const w = variable(2, { name: "w" });
    const h = w.mul(3);
    const y = h.mul(read ? w : 5);
    (read ? h : w).onGradient((g) => {
      w.assign(w.detach().sub(g.detach().mul(0.1)));
      return undefined;
    });
    y.backward();
    return w;
  };
  const w = step(false);
  close(w.grad as Tensor, 15);
  close(w, 0.5);
  assert.match(
    thrownBy(() => step(true)),
    /GraphError: Mul: its input w was updated with assign\(\)/,
  );
  // By the backward for one input, before the one for another.
  for (const createGraph of [false, true]) {
    const [a, b] = [variable([1, 2], { name: "a" }), variable([3, 4])];
    const product = customGradient(
      (x: Tensor, y: Tensor) => x.mul(y),
      [
        (dout, _x, y) => {
          a.assign([100, 100]);
          return dout.mul(y);
        },
        (dout, x) => dout.mul(x),
      ],
    );
    assert.match(
      thrownBy(() => product(a, b).sum().backward({ createGraph })),
      /CustomGradient: its input a was updated/,
    );
    assert.is(b.grad, null);
  }
  // By a backward of the consumer's, and among arrays; with graph, and in a transform.
  for (const createGraph of [false, true]) {
    const v = variable([1, 2], { name: "v" });
    const update = (dout: Tensor) => {
      v.assign([3, 4]);
      return dout;
    };
    const meddling = customGradient((x: Tensor) => x.mul(1), [update]);
    assert.match(
      thrownBy(() => meddling(v.square()).sum().backward({ createGraph })),
      /Square: its input v was updated/,
    );
    assert.is(v.grad, null);
    const f = (x: Tensor) => meddling(x.mul(v)).sum();
    assert.match(
      thrownBy(() => grad(f)(tensor([1, 2]))),
      /Mul: its input v was updated/,
    );
  }
});
hooks("a walk in a hook: on another graph, not through the same tensor, not of what was not recorded", () => {
  const [x, other] = [variable(2), variable(3)];
  const second = other.square();
  const h = x.square();
  const remove = h.onGradient((g) => {
    second.backward();
    return g.mul(grad((t: Tensor) => t.square())(5));
  });
  h.backward();
  close(x.grad as Tensor, 40);
  close(other.grad as Tensor, 6);
  remove();
  h.onGradient(() => {
    h.mul(2).backward();
    return undefined;
  });
  assert.match(
    thrownBy(() => h.backward()),
    /GraphError: backward\(\) of a tensor that .* was computed during another walk, in a hook/,
  );
  assert.match(
    thrownBy(() => h.backward({ createGraph: true })),
    /GraphError: onGradient: a hook of a tensor, float64 \[\], walked backward through that tensor/,
  );
  // Nothing is left behind by the errors.
  close(x.grad as Tensor, 40);
  const y = x.mul(3);
  y.onGradient(() => undefined);
  y.backward();
  close(x.grad as Tensor, 43);
});
hooks("mistakes are named, and change nothing", () => {
  assert.match(
    thrownBy(() => tensor([1]).onGradient(() => undefined)),
    /GraphError: onGradient: this tensor, float64 \[1\], gets no gradient/,
  );
  const x = variable([1, 2], { name: "x" });
  x.onGradient(() => tensor(1));
  assert.match(
    thrownBy(() => x.sum().backward()),
    /GraphError: onGradient: a hook gave float64 \[\] for the gradient of x, float64 \[2\]/,
  );
  assert.is(x.grad, null);
  assert.match(
    thrownBy(() => {
      x.grad = tensor([1, 2, 3]) as never;
    }),
    /GraphError: grad: float64 \[3\] given as the gradient of x/,
  );
});
hooks.run();

const clipping = suite("gradient clipping");

clipping("by the global norm", () => {
  const g = { w: tensor([[3, 0]]), layers: [{ b: tensor([4], { dtype: "float32" }) }] };
  close(globalNorm(g), 5);
  const clipped = clipByNorm(g, 2.5);
  close(clipped.w, [1.5, 0]);
  close(clipped.layers[0]?.b as Tensor, [2]);
  assert.is(clipped.layers[0]?.b.dtype, "float32");
  close(globalNorm(clipped), 2.5);
  close(clipByNorm(g, 5).w, [3, 0]);
  close(clipByNorm(g, 50).w, [3, 0]);
  assert.equal(clipByNorm([tensor([0, 0])], 1)[0].toArray(), [0, 0]);
  // Differentiable, at zero as well: the derivative of (x + y) / |(x, y)| by x is y (y - x) / |(x, y)|^3.
  const f = (x: Tensor) => clipByNorm(x, 1).sum();
  close(grad(f)(tensor([3, 4])), [4 / 125, -3 / 125]);
  assert.equal(grad(f)(tensor([0, 0])).toArray(), [1, 1]);
});
clipping("of what overflows or vanishes when it is squared", () => {
  const only = (g: Tensor, maxNorm: number) => clipByNorm([g], maxNorm)[0] as Tensor;
  for (const most of [1e200, Number.MAX_VALUE]) assert.equal(only(tensor([[3, 4]]), most).toArray(), [[3, 4]]);
  assert.equal(only(tensor([[0, 0]]), 1e-200).toArray(), [[0, 0]]);
  close(only(tensor([3e200, 4e200]), 1), [0.6, 0.8]);
  close(only(tensor([3e-200, 4e-200]), 1e-200).div(1e-200), [0.6, 0.8]);
  close(globalNorm([tensor([3e200]), 4e200]).div(1e200), 5);
  assert.is(globalNorm([]).item(), 0);
  assert.equal(grad((x: Tensor) => only(x, 1e-200).sum())(tensor([0, 0])).toArray(), [1, 1]);
  const w = variable([3, 4]);
  w.square().mul(0.5).sum().backward();
  close(clipGradNorm([w], Number.MAX_VALUE), 5);
  assert.equal(w.grad?.toArray(), [3, 4]);
});
clipping("of parameters after backward", () => {
  const [w, b, unused] = [variable([3, 0]), variable(4), variable(1)];
  w.square().sum().add(b.square()).backward();
  close(clipGradNorm({ w, rest: [b, unused] }, 1), 10);
  close(w.grad as Tensor, [0.6, 0]);
  close(b.grad as Tensor, 0.8);
  assert.is(unused.grad, null);
  close(clipGradNorm([w, b], 1), 1);
  clipGradValue([w, b], 0.7);
  close(w.grad as Tensor, [0.6, 0]);
  close(b.grad as Tensor, 0.7);
  close(clipGradNorm([], 1), 0);
});
clipping("by value", () => {
  assert.equal(clipByValue({ w: tensor([-3, 0.5, 2]), b: 4 }, 1).w.toArray(), [-1, 0.5, 1]);
  assert.match(
    thrownBy(() => clipByValue(tensor(1), 0)),
    /GraphError: clipByValue: the limit is a finite number above 0, got 0/,
  );
  assert.match(
    thrownBy(() => clipGradNorm([1], 1)),
    /the parameters\[0\] is the number 1/,
  );
});
clipping.run();

const recomputation = suite("checkpoint");

/** The arrays that a graph keeps alive. */
function arraysBehind(root: Tensor): number {
  const met = new Set([root]);
  for (const edge of met) for (const input of edge.node?.inputs ?? []) met.add(input);
  return met.size;
}
const block = (w: Tensor) => (x: Tensor) => {
  let h = x;
  for (let i = 0; i < 5; i++) h = h.matmul(w).tanh().add(x);
  return h;
};

recomputation("the same values and gradients with fewer live arrays", () => {
  const make = () => [variable(new Random(1).normal([2, 3])), variable(new Random(2).normal([3, 3]))] as const;
  const [x1, w1] = make();
  const plain = block(w1)(block(w1)(x1));
  const [x2, w2] = make();
  const saving = checkpoint(block(w2), checkpoint(block(w2), x2));
  assert.equal([...saving.data], [...plain.data]);
  assert.is(arraysBehind(plain), 32);
  assert.is(arraysBehind(saving), 4);
  plain.square().sum().backward();
  saving.square().sum().backward();
  close(x2.grad as Tensor, [...(x1.grad as Tensor).data]);
  close(w2.grad as Tensor, [...(w1.grad as Tensor).data]);
});
recomputation("to second order, and in transforms", () => {
  const w = new Random(2).normal([3, 3]);
  const x = new Random(1).normal([3]);
  const f = (way: (g: (x: Tensor) => Tensor, x: Tensor) => Tensor) => (at: Tensor, matrix: Tensor) =>
    way((h) => way(block(matrix), h).sin().mul(at), at).sum();
  const plain = f((g, at) => g(at));
  const saving = f((g, at) => checkpoint(g, at));
  for (const argument of [0, 1] as const) {
    const expected = valueAndGrad(plain, { argument })(x, w);
    const found = valueAndGrad(saving, { argument })(x, w);
    close(found.value, expected.value.item());
    close(found.gradient, [...expected.gradient.data]);
    assert.is(found.gradient.requiresGrad, false);
  }
  close(
    hessian((at) => saving(at, w), x),
    [...hessian((at) => plain(at, w), x).data],
    1e-11,
  );
  close(jvp((at) => saving(at, w), [x], [x]).tangent, jvp((at) => plain(at, w), [x], [x]).tangent.item(), 1e-11);
  const mixed = (g: typeof plain) => (at: Tensor) => grad(g, { argument: 1 })(at, w).square().sum();
  close(grad(mixed(saving))(x), [...grad(mixed(plain))(x).data], 1e-10);
});
recomputation("what the segment closes over", () => {
  const [v, k] = [variable(2), variable(5)];
  const computed = v.mul(3);
  checkpoint((x) => x.mul(computed).mul(k), 7).backward();
  close(v.grad as Tensor, 3 * 5 * 7);
  close(k.grad as Tensor, 2 * 3 * 7);
  // A transform within a segment, by a constant, of what the segment closes over.
  const f = (x: Tensor) => checkpoint((y) => grad((z: Tensor) => z.square().mul(x).mul(y))(3), 2).mul(1);
  close(grad(f)(10), 12);
  // The variable is given and closed over: both ways count.
  const w = variable(3);
  checkpoint((x) => x.mul(w), w).backward();
  close(w.grad as Tensor, 6);
  // Its hooks run once, on the whole.
  const hooked = variable(3);
  hooked.onGradient((g) => g.add(1));
  checkpoint((x) => x.mul(hooked), 4)
    .add(hooked)
    .backward();
  close(hooked.grad as Tensor, 6);
});
recomputation("a segment within a segment, with what lies further out", () => {
  const w = variable(2);
  const nested = (way: typeof checkpoint) => (x: Tensor) =>
    way(
      (y) =>
        way(
          (z) =>
            z
              .mul(x)
              .mul(w)
              .sin()
              .mul(grad((t: Tensor) => t.square().mul(x).mul(y))(1)),
          y.mul(3),
        ).add(y),
      x.square(),
    );
  const plain = nested((f, ...inputs) => f(...(inputs as never)));
  close(grad(nested(checkpoint))(0.7), grad(plain)(0.7));
  close(
    noGrad(() => grad(nested(checkpoint))(0.7)),
    grad(plain)(0.7),
  );
  close(grad(grad(nested(checkpoint)))(0.7), grad(grad(plain))(0.7));
  close(grad(grad(grad(nested(checkpoint))))(0.7), grad(grad(grad(plain)))(0.7));
  grad(nested(checkpoint))(0.7).backward();
  const found = w.grad as Tensor;
  w.zeroGrad();
  grad(plain)(0.7).backward();
  close(found, w.grad as Tensor);
});
recomputation("one gradient given twice, with graph and without", () => {
  const x = variable([1, 2]);
  const y = checkpoint((at) => at.pow(3), x);
  const seed = tensor([1, 1]);
  y.backward({ seed });
  x.zeroGrad();
  y.backward({ seed, createGraph: true });
  const slope = x.grad as Tensor;
  x.zeroGrad();
  slope.sum().backward();
  close(x.grad as unknown as Tensor, [6, 12]);
});
recomputation("indices, no gradients, and a function that changes", () => {
  const table = variable([
    [1, 2],
    [3, 4],
  ]);
  checkpoint((t, rows) => t.take(rows).square(), table, tensor([1, 1], { dtype: "int32" }))
    .sum()
    .backward();
  assert.equal(table.grad?.toArray(), [
    [0, 0],
    [12, 16],
  ]);
  assert.is(checkpoint((x) => x.mul(2), 3).requiresGrad, false);
  assert.is(noGrad(() => checkpoint((x) => x.mul(table), 3)).requiresGrad, false);
  let calls = 0;
  const changing = checkpoint((x) => x.mul(++calls), table);
  assert.match(
    thrownBy(() => changing.sum().backward()),
    /GraphError: Checkpoint: the function gave other values/,
  );
  const w = variable(2);
  const stale = checkpoint((x) => x.mul(w), 3);
  w.assign(5);
  assert.match(
    thrownBy(() => stale.backward()),
    /GraphError: Checkpoint: its input .* was updated with assign/,
  );
});
/** Settings of an op of one's own that are alike, but are not the same. */
const settings: readonly (readonly [unknown, unknown])[] = [
  [[[1, 2], [3]], [[1], [2, 3]]], // biome-ignore format: a row
  [
    [1, [2]],
    [1, 2],
  ],
  [{ n: 1 }, { n: 2 }],
  [{ n: 1 }, { m: 1 }],
  [{ a: { b: [1] } }, { a: { b: [2] } }],
  ["1", 1],
  [null, "null"],
  [undefined, null],
  [[], ""],
  [[undefined], []],
  [0, -0],
  [Float64Array.of(1, 2), Float64Array.of(1, 3)],
  [{ "a,b": 1 }, { a: 1, b: 1 }],
  [(x: number) => x, (x: number) => x + 1],
];
const configured = (attributes: Record<string, unknown>): ((x: Tensor) => Tensor) =>
  customOp("Configured", {
    arity: 1,
    attributes,
    shape: (x) => x,
    forward: (out, x) => out.set(x.data),
    backward: [(dout) => dout],
  });

recomputation("a function that changes without another value", () => {
  const [w, v] = [variable(1), variable(1)];
  const cases: readonly (readonly [
    what: string,
    x: Tensor,
    first: (x: Tensor) => Tensor,
    then: (x: Tensor) => Tensor,
  ])[] = [
    ["another op", variable(1), (x) => x.mul(1), (x) => x.square()],
    ["another constant", variable(0), (x) => x.mul(2), (x) => x.mul(5)],
    ["another array", variable([0, 0]), (x) => x.mul(tensor([1, 2])), (x) => x.mul(tensor([1, 3]))],
    ["another setting", variable([[1]]), (x) => x.softmax(0), (x) => x.softmax(1)],
    ["other indices", variable([1, 1]), (x) => x.take([0, 1]), (x) => x.take([1, 0])],
    ["another variable", variable(1), (x) => x.mul(w), (x) => x.mul(v)],
    ["the input for a variable", variable(1), (x) => x.mul(w), (x) => x.mul(x)],
    ["other connections", variable([1, 1]), (x) => x.mul(2).add(x.mul(3)), (x) => x.mul(2).add(x.mul(2).add(x))],
    ["nothing left of the input", variable(1), (x) => x.mul(1), () => w.mul(1)],
    [
      "a segment in a segment",
      variable(0),
      (x) => checkpoint((z) => z.mul(2), x),
      (x) => checkpoint((z) => z.mul(5), x),
    ],
    ...settings.map(
      ([one, other]) =>
        [
          "another setting inside",
          variable([0]),
          configured({ setting: one }),
          configured({ setting: other }),
        ] as const,
    ),
    [
      "another backward",
      variable(1),
      customGradient((x: Tensor) => x.mul(1), [(dout) => dout]),
      customGradient((x: Tensor) => x.mul(1), [(dout) => dout.mul(2)]),
    ],
  ];
  for (const [what, x, first, then] of cases) {
    for (const other of [first, then]) {
      let f = first;
      const y = checkpoint((at: Tensor) => f(at), x);
      f = other;
      if (other === first) y.sum().backward();
      else
        assert.match(
          thrownBy(() => y.sum().backward()),
          /GraphError: Checkpoint: the function did something else/,
          what,
        );
    }
  }
  // What it closes over may be computed by other means, if the values are the same.
  const mask = tensor([1, 0]);
  const x = variable([3, 4]);
  const y = checkpoint((at) => at.mul(mask), x);
  mask.assign([1, 0]);
  y.sum().backward();
  assert.equal(x.grad?.toArray(), [1, 0]);
  mask.assign([1, 1]);
  const zero = variable([0, 0]);
  const z = checkpoint((at) => at.mul(mask), zero);
  mask.assign([2, 2]);
  assert.match(
    thrownBy(() => z.sum().backward()),
    /did something else/,
  );
});
recomputation.run();

const closures = suite("what a gradient of one's own, or a hook, closes over");

/** Functions of x whose derivative by x, by what they close over, is w^2. */
const closing: Record<string, (w: Tensor) => (x: Tensor) => Tensor> = {
  "customGradient, of which f uses it": (w) =>
    customGradient((x: Tensor) => x.mul(w), [(dout) => dout.mul(w.square())]),
  "customGradient alone": (w) => customGradient((x: Tensor) => x.mul(9), [(dout) => dout.mul(w.square())]),
  customOp: (w) =>
    customOp("Nine", {
      arity: 1,
      shape: (shape) => shape,
      forward: (out, x) => out.set([9 * x.item()]),
      backward: [(dout) => dout.mul(w.square())],
    }),
  "a node of a class of one's own": (w) => {
    class Nine extends Node {
      override readonly name = "Nine";
      override get closesOver() {
        return true;
      }
      override shapeRule(x: Tensor) {
        return x.shape;
      }
      override composed(x: Tensor) {
        return x.mul(9);
      }
      override localBackward(dout: Tensor) {
        return dout.mul(w.square());
      }
    }
    return (x) => new Nine().apply(x);
  },
  "a hook": (w) => (x) => {
    const y = x.mul(1);
    y.onGradient((gradient) => gradient.mul(w.square()));
    return y.mul(1);
  },
};

const inside: Record<string, (f: (x: Tensor) => Tensor, x: Tensor) => Tensor> = {
  "by itself": (f, x) => f(x),
  "in a scan": (f, x) => scan((carry: Tensor) => [f(carry)], x, undefined, { length: 1 })[0],
  "in groups of steps": (f, x) => scan((carry: Tensor) => [f(carry)], x, undefined, { length: 1, checkpoint: 1 })[0],
  "in a branch": (f, x) => cond(x.greater(0), f, (x: Tensor) => x, x),
  "in a function": (f, x) => fn(f)(x),
  "in a checkpoint": (f, x) => checkpoint(f, x),
};

for (const [what, f] of Object.entries(closing)) {
  for (const [where, wrap] of Object.entries(inside)) {
    closures(`has the derivatives of an outer transform, of ${what} ${where}, in programs too`, () => {
      const slope = (w: Tensor) => grad((x: Tensor) => wrap(f(w), x))(2);
      assert.is(slope(tensor(3)).item(), 9);
      assert.is(grad(slope)(3).item(), 6);
      assert.is(grad(grad(slope))(3).item(), 2);
      assert.is(jvp(slope, tensor(3), tensor(1)).tangent.item(), 6);
      if (what !== "customOp") assert.is(compile(grad(slope))(tensor(3)).item(), 6);
    });
  }
}
closures.run();
