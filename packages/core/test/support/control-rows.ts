import {
  checkpoint,
  cond,
  customGradient,
  eagerly,
  fixedPoint,
  fn,
  grad,
  hessian,
  jacobian,
  jvp,
  Random,
  rootOf,
  scan,
  stack,
  switchCase,
  type Tensor,
  tensor,
  vjp,
  vmap,
  whileLoop,
  zeros,
} from "../../src/index.js";

/** A program of control flow, and the same written out. */
export interface ControlRow {
  readonly name: string;
  /** From tensors to tensors; it draws from the source that it is given. */
  readonly run: (args: readonly Tensor[], random: Random) => readonly Tensor[];
  /** In plain JavaScript over ops; where there is none, eager mode is the measure. */
  readonly writtenOut?: (args: readonly Tensor[], random: Random) => readonly Tensor[];
  readonly args: readonly Tensor[];
  /** Why no derivatives are compared. */
  readonly noDerivatives?: string;
}

const normal = (seed: number, ...shape: number[]): Tensor => eagerly(() => new Random(seed).normal(shape)) as Tensor;
// Products of so many terms are handed from loop to loop.
const xs = normal(1, 4, 5);
const w = normal(2, 5, 5).mul(0.3);
const h = normal(4, 5);

/** A recurrent step. */
const recur = (w: Tensor, h: Tensor, x: Tensor): Tensor => w.matmul(h).add(x).tanh();

type OneStep = (h: Tensor, x: Tensor) => readonly [Tensor, Tensor];

/** The steps one after the other, over the rows of a matrix. */
function writtenOut(h: Tensor, xs: Tensor, step: OneStep, reverse = false): readonly [Tensor, Tensor] {
  const ys: Tensor[] = [];
  let now = h;
  for (let k = 0; k < (xs.shape[0] as number); k++) {
    const i = reverse ? (xs.shape[0] as number) - 1 - k : k;
    const [next, y] = step(now, xs.slice([i]));
    now = next;
    ys[i] = y;
  }
  return [now, stack(ys)];
}

type Steps = typeof writtenOut;
const looped: Steps = (h, xs, step, reverse = false) => scan(step, h, xs, { reverse });

/** A loop with noise in each step. */
const noisy = (loop: Steps, xs: Tensor, random: Random) => (h: Tensor) =>
  loop(h, xs, (h, x) => [
    h
      .mul(x)
      .add(random.normal([5]))
      .sin(),
    h,
  ])[0];

/** Its gradients in the steps of another loop with noise, in the steps of a third. */
function redrawn(loop: Steps, [w, h, xs]: readonly Tensor[], random: Random): readonly Tensor[] {
  return loop(h as Tensor, xs as Tensor, (h, x) => {
    const { pullback } = vjp(noisy(loop, xs as Tensor, random))(h);
    const again: OneStep = (c, q) => [c.add(pullback(q)[0]).add(random.normal([5]).mul(0.1)), c];
    return [loop(x, w as Tensor, again)[0].tanh(), h];
  });
}

/** All derivatives of such a loop, in the steps of another one. */
function sensitive(loop: Steps, [w, h, xs]: readonly Tensor[], random: Random): readonly Tensor[] {
  const slopes = jacobian(noisy(loop, w as Tensor, random)) as (h: Tensor) => Tensor;
  return loop(h as Tensor, xs as Tensor, (h, x) => [slopes(h).matmul(x).tanh(), h]);
}

/** A sine with noise in its gradient: by a loop, in each step of another one. */
function noisySlope(loop: Steps, [, h, xs]: readonly Tensor[], random: Random): readonly Tensor[] {
  const sine = customGradient(
    (z: Tensor) => z.sin() as Tensor,
    [
      (dout, z) =>
        loop(dout.mul(z.cos()) as Tensor, xs as Tensor, (c, q) => [
          c
            .mul(q)
            .add(random.normal([5]).mul(c))
            .mul(0.3),
          c,
        ])[0],
    ],
  );
  const last = (h: Tensor) => loop(h, xs as Tensor, (h, x) => [sine(h).mul(x).tanh(), h])[0];
  const slopes = jacobian((z: Tensor) => sine(z) as Tensor) as (z: Tensor) => Tensor;
  return [grad((h: Tensor) => last(h).sum())(h as Tensor), slopes(h as Tensor)];
}

/** A loop whose steps have a gradient by `h` in them. */
function slopesInSteps(loop: (step: OneStep) => Tensor, h: Tensor): Tensor {
  return loop((c, x) => [
    grad((u: Tensor) => x.add(u).tanh().mul(c).sum())(h)
      .add(c)
      .tanh(),
    x,
  ]);
}

const both =
  (w: Tensor): OneStep =>
  (h, x) => [recur(w, h, x), h.mul(x)];

export const scanRows: readonly ControlRow[] = [
  {
    name: "weights that the step closes over",
    run: ([w, h, xs]) => scan(both(w as Tensor), h as Tensor, xs as Tensor),
    writtenOut: ([w, h, xs]) => writtenOut(h as Tensor, xs as Tensor, both(w as Tensor)),
    args: [w, h, xs],
  },
  ...[false, true].flatMap((reverse) =>
    [2, 3].map(
      (unroll): ControlRow => ({
        name: `${reverse ? "reverse, " : ""}unroll ${unroll}`,
        run: ([w, h, xs]) => scan(both(w as Tensor), h as Tensor, xs as Tensor, { reverse, unroll }),
        writtenOut: ([w, h, xs]) => writtenOut(h as Tensor, xs as Tensor, both(w as Tensor), reverse),
        args: [w, h, xs],
      }),
    ),
  ),
  ...[false, true].flatMap((reverse) =>
    [2, 4].map(
      (checkpoint): ControlRow => ({
        name: `${reverse ? "reverse, " : ""}checkpoint ${checkpoint}, with draws`,
        run: ([w, h, xs], random) => {
          const step = (h: Tensor, x: Tensor) => [recur(w as Tensor, h, x).add(random.normal([5])), h.mul(x)] as const;
          return scan(step, h as Tensor, xs as Tensor, { reverse, checkpoint, unroll: checkpoint === 4 ? 2 : 1 });
        },
        writtenOut: ([w, h, xs], random) =>
          writtenOut(
            h as Tensor,
            xs as Tensor,
            (h, x) => [recur(w as Tensor, h, x).add(random.normal([5])), h.mul(x)],
            reverse,
          ),
        args: [w, h, xs],
      }),
    ),
  ),
  ...[0, 1].map(
    (length): ControlRow => ({
      name: `${length} steps`,
      run: ([w, h], random) => {
        const step = (h: Tensor) => [recur(w as Tensor, h, h).add(random.normal([5])), h.square()] as const;
        return scan(step, h as Tensor, undefined, { length });
      },
      args: [w, h],
    }),
  ),
  {
    name: "a record of dtypes, with lists",
    run: ([w, h, xs]) => {
      const [last, y] = scan(
        (c: { n: Tensor; h: Tensor; k: Tensor }, x: { readonly x: Tensor }) => [
          { n: c.n.add(tensor(1, { dtype: "int32" })), h: (w as Tensor).matmul(c.h), k: c.k.logicalNot() },
          { a: c.n.cast("float64").mul(x.x.sum()), b: [c.h, c.k] },
        ],
        { n: tensor(0, { dtype: "int32" }), h: h as Tensor, k: tensor([true, false]) },
        { x: xs as Tensor },
      );
      return [last.n, last.h, last.k, y.a, ...y.b];
    },
    args: [w, h, xs],
  },
  {
    name: "carries that change places, one of them given on as it is",
    run: ([, h, xs]) => {
      const [last, ys] = scan(
        ([a, b, c], x: Tensor) => [[b, a.add(x), c], a],
        [h as Tensor, (h as Tensor).sin(), (h as Tensor).cos()],
        xs as Tensor,
      );
      return [...last, ys];
    },
    args: [w, h, xs],
  },
  {
    name: "a loop in each step, with draws in both",
    run: ([w, h, xs], random) =>
      scan(
        (h: Tensor, x: Tensor) => {
          const [last, sums] = scan(
            (g: Tensor, k: Tensor) => [
              g
                .mul(k)
                .add(random.normal([5]).mul(0.1))
                .sin(),
              g.sum(),
            ],
            h,
            x,
          );
          return [(w as Tensor).matmul(last).add(random.uniform([5])), sums];
        },
        h as Tensor,
        xs as Tensor,
      ),
    writtenOut: ([w, h, xs], random) =>
      writtenOut(h as Tensor, xs as Tensor, (h, x) => {
        const sums: Tensor[] = [];
        for (let k = 0; k < 5; k++) {
          sums.push(h.sum());
          h = h
            .mul(x.slice([k]))
            .add(random.normal([5]).mul(0.1))
            .sin();
        }
        return [(w as Tensor).matmul(h).add(random.uniform([5])), stack(sums)];
      }),
    args: [w, h, xs],
  },
  {
    name: "a loop that draws, pulled back in each step of another one, which draws, too",
    run: (args, random) => redrawn(looped, args, random),
    writtenOut: (args, random) => redrawn(writtenOut, args, random),
    args: [w, h, xs],
  },
  {
    name: "all derivatives of a loop that draws, in each step of another one",
    run: (args, random) => sensitive(looped, args, random),
    writtenOut: (args, random) => sensitive(writtenOut, args, random),
    args: [w, h, xs],
  },
  {
    name: "a gradient of its own that draws in a loop, in each step of another one",
    run: (args, random) => noisySlope(looped, args, random),
    writtenOut: (args, random) => noisySlope(writtenOut, args, random),
    args: [w, h, xs],
    noDerivatives: "a gradient of the gradient draws from the source of that",
  },
  {
    name: "a gradient through groups of steps that does not depend on what the steps add",
    run: ([, h, xs]) => {
      const last = (z: Tensor) => scan((c: Tensor, x: Tensor) => [c.add(x)], z, xs as Tensor, { checkpoint: 2 })[0];
      return [grad((z: Tensor) => last(z).sum())(h as Tensor).mul(h as Tensor)];
    },
    writtenOut: ([, h]) => [(h as Tensor).mul(1)],
    args: [w, h, xs],
  },
  {
    name: "forward mode through groups of steps with draws from two forks",
    run: ([, h], random) => {
      const factors = () =>
        random
          .fork(1)
          .uniform([5])
          .mul(random.fork(0).uniform([5]));
      const last = (h: Tensor) =>
        scan((c: Tensor) => [c.mul(factors()).sin()], h, undefined, { length: 4, checkpoint: 2 })[0];
      return [jvp(last, h as Tensor, (h as Tensor).cos()).tangent];
    },
    writtenOut: ([, h], random) => {
      const factors = () =>
        random
          .fork(1)
          .uniform([5])
          .mul(random.fork(0).uniform([5]));
      const last = (h: Tensor) => [1, 2, 3, 4].reduce((c) => c.mul(factors()).sin() as Tensor, h);
      return [jvp(last, h as Tensor, (h as Tensor).cos()).tangent];
    },
    args: [w, h],
  },
  {
    name: "all derivatives of a loop that draws from a fork, and a map of it",
    run: ([, h, xs], random) => {
      const last = (h: Tensor) =>
        scan(
          (c: Tensor, x: Tensor) => [
            c
              .mul(random.fork(2).uniform([5]))
              .mul(x)
              .sin(),
          ],
          h,
          xs as Tensor,
        )[0];
      const slopes = jacobian((h: Tensor) => last(h)) as (h: Tensor) => Tensor;
      return [slopes(h as Tensor), vmap((x: Tensor) => last(x))(xs as Tensor)];
    },
    writtenOut: ([, h, xs], random) => {
      const rows = (xs as Tensor).unstack() as Tensor[];
      const last = (h: Tensor) =>
        rows.reduce(
          (c, x) =>
            c
              .mul(random.fork(2).uniform([5]))
              .mul(x)
              .sin() as Tensor,
          h,
        );
      const slopes = jacobian((h: Tensor) => last(h)) as (h: Tensor) => Tensor;
      return [slopes(h as Tensor), stack(rows.map(last)) as Tensor];
    },
    args: [w, h, xs],
  },
  {
    name: "groups of steps with a gradient by what they close over in each",
    run: ([, h, xs]) => [
      slopesInSteps((step) => scan(step, h as Tensor, xs as Tensor, { checkpoint: 2 })[0], h as Tensor),
    ],
    writtenOut: ([, h, xs]) => [slopesInSteps((step) => writtenOut(h as Tensor, xs as Tensor, step)[0], h as Tensor)],
    args: [w, h, xs],
  },
  {
    name: "a gradient of its own that reads what the values do not",
    run: ([, h, xs]) => {
      const scaled = customGradient((c: Tensor, _: Tensor) => c.mul(1) as Tensor, [(dout, _, v) => dout.mul(v), null]);
      const last = (c: Tensor) => scan((c: Tensor, x: Tensor) => [scaled(c, h as Tensor).add(x)], c, xs as Tensor)[0];
      return [grad((c: Tensor) => last(c).sum())(h as Tensor)];
    },
    writtenOut: ([, h, xs]) => [(h as Tensor).pow((xs as Tensor).shape[0] as number)],
    args: [w, h, xs],
  },
  {
    name: "forks and sources that the step makes",
    run: ([, h], random) =>
      scan(
        (s: Tensor) => [
          s.mul(random.fork(3).normal([5])).add(random.normal([5])),
          new Random(5).uniform([1]).mul(s.sum()),
        ],
        h as Tensor,
        undefined,
        { length: 5 },
      ),
    args: [w, h],
  },
  {
    name: "a gradient in each step",
    run: ([w, h, xs]) =>
      scan(
        (h: Tensor, x: Tensor) => [
          h.sub(grad((q: Tensor) => (w as Tensor).matmul(q).add(x).square().sum())(h).mul(0.01)),
          h.sum(),
        ],
        h as Tensor,
        xs as Tensor,
      ),
    args: [w, h, xs],
  },
  {
    name: "a Hessian in each step",
    run: ([w, h, xs]) =>
      scan(
        (h: Tensor, x: Tensor) => [
          hessian((q: Tensor) => (w as Tensor).matmul(q).add(x).sin().sum())(h)
            .matmul(h)
            .mul(0.2),
          h.sum(),
        ],
        h as Tensor,
        xs as Tensor,
      ),
    args: [w, h, xs],
  },
  {
    name: "the Jacobian and the Hessian of a loop, and a pullback in the steps of another one",
    run: ([w, h, xs]) => {
      const states = (h: Tensor) =>
        scan((c: Tensor, x: Tensor) => [recur(w as Tensor, c, x), c.mul(x)], h, xs as Tensor);
      const { pullback } = vjp((h: Tensor) => states(h)[0], h as Tensor);
      const [pulled] = scan((c: Tensor, x: Tensor) => [c.add(pullback(x)[0] as Tensor)], h as Tensor, xs as Tensor);
      return [
        jacobian((h: Tensor) => states(h)[1])(h as Tensor),
        hessian((h: Tensor) => states(h)[0].sum())(h as Tensor),
        pulled,
      ];
    },
    writtenOut: ([w, h, xs]) => {
      const states = (h: Tensor) => writtenOut(h, xs as Tensor, both(w as Tensor));
      const { pullback } = vjp((h: Tensor) => states(h)[0], h as Tensor);
      const [pulled] = writtenOut(h as Tensor, xs as Tensor, (c, x) => [c.add(pullback(x)[0] as Tensor), c]);
      return [
        jacobian((h: Tensor) => states(h)[1])(h as Tensor),
        hessian((h: Tensor) => states(h)[0].sum())(h as Tensor),
        pulled,
      ];
    },
    args: [w, h, xs],
  },
  {
    name: "forward mode",
    run: ([w, h, xs]) => {
      const last = (w: Tensor) => scan(both(w), h as Tensor, xs as Tensor)[1] as Tensor;
      return [jvp(last, w as Tensor, (w as Tensor).sin()).tangent];
    },
    args: [w, h, xs],
  },
  {
    name: "hooks on what the step makes",
    run: ([w, h, xs]) =>
      scan(
        (h: Tensor, x: Tensor) => {
          const made = recur(w as Tensor, h, x);
          if (made.requiresGrad) made.onGradient((g) => g.mul(1.1));
          return [made, made.mul(x)];
        },
        h as Tensor,
        xs as Tensor,
      ),
    args: [w, h, xs],
  },
  {
    name: "float32, a step that takes rows of integers",
    run: ([table]) =>
      scan(
        (s: Tensor, i: Tensor) => [s.add((table as Tensor).take(i)), s.mul(2)],
        zeros([5], { dtype: "float32" }) as Tensor,
        tensor([2, 0, 1, 2, 2], { dtype: "int32" }) as Tensor,
      ),
    args: [w.cast("float32")],
  },
];

const onTrue = (x: Tensor, w: Tensor) => ({ a: x.mul(w).sum(), b: x });
const onFalse = (x: Tensor, w: Tensor) => ({ a: x.square().sum(), b: w.sin() });

/** The square root by Newton's method. */
function newton(a: Tensor): Tensor {
  const step = ({ x }: { x: Tensor }) => {
    const error = x.square().sub(a).div(x.mul(2));
    return { x: x.sub(error), error };
  };
  const isFar = ({ error }: { error: Tensor }) => error.abs().max().greater(1e-12);
  return whileLoop(isFar, step, { x: a.add(0), error: a.mul(0).add(1) }, { limit: 50 }).x;
}

export const branchRows: readonly ControlRow[] = [
  ...[1, -1].map(
    (sign): ControlRow => ({
      name: `cond: ${sign > 0 ? "false" : "true"}, with what the branches close over`,
      run: ([x, w]) => {
        const { a, b } = cond(
          (x as Tensor).sum().less(0),
          (x) => onTrue(x, w as Tensor),
          (x) => onFalse(x, w as Tensor),
          x as Tensor,
        );
        return [a, b];
      },
      writtenOut: ([x, w]) => {
        const { a, b } = sign < 0 ? onTrue(x as Tensor, w as Tensor) : onFalse(x as Tensor, w as Tensor);
        return [a, b];
      },
      args: [normal(9, 5).abs().mul(sign), h],
    }),
  ),
  ...[0, 1, 2].map(
    (i): ControlRow => ({
      name: `switchCase: ${i}`,
      run: ([x, i]) => [
        switchCase(i as Tensor, [(x) => x.square(), (x) => x.sin(), (x) => x.mul(x.sum())], x as Tensor),
      ],
      writtenOut: ([x]) => {
        const y = x as Tensor;
        return [[y.square(), y.sin(), y.mul(y.sum())][i] as Tensor];
      },
      args: [h, tensor(i, { dtype: "int32" })],
    }),
  ),
  {
    name: "cond: the same number of draws in both branches, in a loop",
    run: ([h, xs], random) =>
      scan(
        (h: Tensor, x: Tensor) => {
          const next = cond(
            x.sum().less(0),
            (h) => h.add(random.normal([5])),
            (h) => h.mul(random.uniform([5])),
            h,
          );
          return [next, next.add(random.normal([]))];
        },
        h as Tensor,
        xs as Tensor,
      ),
    args: [h, xs],
  },
  {
    name: "whileLoop: Newton's method",
    run: ([a]) => [newton(a as Tensor)],
    args: [tensor([7, 0.3, 2])],
  },
  {
    name: "whileLoop: forward mode without a limit",
    run: ([a]) => {
      const sqrt = (a: Tensor) =>
        whileLoop(
          ({ x, last }: { x: Tensor; last: Tensor }) => x.sub(last).abs().max().greater(1e-13),
          ({ x }) => ({ x: x.add(a.div(x)).div(2), last: x }),
          { x: a, last: a.mul(2) },
        ).x;
      const { value, tangent } = jvp(sqrt, a as Tensor, (a as Tensor).mul(0).add(1));
      return [value, tangent];
    },
    writtenOut: ([a]) => [(a as Tensor).sqrt(), (a as Tensor).sqrt().reciprocal().div(2)],
    args: [tensor([7, 0.3, 2])],
    noDerivatives: "a gradient needs a limit",
  },
  {
    name: "whileLoop: no step",
    run: ([a]) => [
      whileLoop(
        (x: Tensor) => x.sum().less(-1),
        (x) => x.square(),
        a as Tensor,
        { limit: 4 },
      ),
    ],
    writtenOut: ([a]) => [(a as Tensor).mul(1)],
    args: [tensor([7, 0.3, 2])],
  },
  {
    name: "whileLoop: weights that the body closes over, in each step of a scan, with a cond behind it",
    run: ([w, h, xs]) =>
      scan(
        (h: Tensor, x: Tensor) => {
          const grown = whileLoop(
            (h: Tensor) => h.square().sum().less(5),
            (h) => (w as Tensor).matmul(h).mul(2).add(x),
            h,
            { limit: 30 },
          );
          return [
            cond(
              grown.sum().less(0),
              (k) => k.mul(0.1),
              (k) => k.sin(),
              grown,
            ),
            grown,
          ];
        },
        h as Tensor,
        xs as Tensor,
      ),
    args: [w, h, xs],
  },
];

const weights = normal(8, 5, 5).mul(0.2);

export const implicitRows: readonly ControlRow[] = [
  {
    name: "fixedPoint: by what the function closes over",
    run: ([w, b]) => [
      fixedPoint(
        (x: Tensor) =>
          (w as Tensor)
            .matmul(x)
            .add(b as Tensor)
            .tanh(),
        zeros([5]) as Tensor,
      ),
    ],
    writtenOut: ([w, b]) => {
      let x: Tensor = zeros([5]);
      for (let i = 0; i < 60; i++)
        x = (w as Tensor)
          .matmul(x)
          .add(b as Tensor)
          .tanh();
      return [x];
    },
    args: [weights, h],
  },
  {
    name: "fixedPoint: a record",
    run: ([w, b]) => {
      const { x, y } = fixedPoint(
        ({ x, y }) => ({
          x: (w as Tensor).matmul(y).sin(),
          y: x
            .add(b as Tensor)
            .cos()
            .mul(0.5),
        }),
        { x: zeros([5]) as Tensor, y: zeros([5]) as Tensor },
      );
      return [x, y];
    },
    args: [weights, h],
  },
  {
    name: "rootOf: a root that nobody reads",
    run: ([w, b]) => {
      rootOf((x: Tensor) => x.add((w as Tensor).matmul(x).sin()).sub(b as Tensor), zeros([5]) as Tensor);
      return [(b as Tensor).mul(2)];
    },
    writtenOut: ([, b]) => [(b as Tensor).mul(2)],
    args: [weights, h],
  },
  {
    name: "fixedPoint: in a checkpoint, by what is computed there of what it closes over",
    run: ([w, b]) => {
      const solution = (y: Tensor) =>
        fixedPoint((x: Tensor) => (w as Tensor).matmul(x).add(y).tanh(), zeros([5]) as Tensor, { tolerance: 1e-13 });
      return [checkpoint((z) => solution((b as Tensor).cos()).add(z), (b as Tensor).sin())];
    },
    writtenOut: ([w, b]) => {
      let x: Tensor = zeros([5]);
      for (let i = 0; i < 60; i++)
        x = (w as Tensor)
          .matmul(x)
          .add((b as Tensor).cos())
          .tanh();
      return [x.add((b as Tensor).sin())];
    },
    args: [weights, h],
  },
  {
    name: "rootOf: three equations",
    run: ([w, b]) => [
      rootOf((x: Tensor) => x.add((w as Tensor).matmul(x).sin()).sub(b as Tensor), zeros([5]) as Tensor),
    ],
    writtenOut: ([w, b]) => {
      let x: Tensor = zeros([5]);
      for (let i = 0; i < 80; i++) x = (b as Tensor).sub((w as Tensor).matmul(x).sin());
      return [x];
    },
    args: [weights, h],
  },
  {
    name: "rootOf: one equation",
    run: ([a]) => [rootOf((x: Tensor) => x.square().sub(a as Tensor), 2)],
    writtenOut: ([a]) => [(a as Tensor).sqrt()],
    args: [tensor(9)],
  },
];

/** A function with a loop, draws and a function inside of it. */
const layerOf = (random: Random) => {
  const squashed = fn((x: Tensor) => x.tanh().mul(1.5));
  return fn((x: Tensor, w: Tensor) => {
    const [last, sums] = scan((h: Tensor) => [squashed(w.matmul(h)), h.sum()], x, undefined, { length: 2 });
    return { out: squashed(last.add(random.normal([5]).mul(0.1))), sums: [sums] };
  });
};

export const callRows: readonly ControlRow[] = [
  {
    name: "fn: called from many places, with draws, a loop and a function inside",
    run: ([w, x], random) => {
      const layer = layerOf(random);
      const first = layer(x as Tensor, w as Tensor);
      const second = layer(first.out, w as Tensor);
      const third = layer(second.out.mul(2), (w as Tensor).sin());
      return [first.out, third.out, ...second.sums];
    },
    args: [weights, h],
  },
  {
    name: "fn: what it closes over changes between calls, in a loop and beside it",
    run: ([w, x]) => {
      let now = x as Tensor;
      const step = fn((y: Tensor) => (w as Tensor).matmul(y).sin());
      const [last] = scan((y: Tensor) => [step(step(y))], now, undefined, { length: 3 });
      now = step(last);
      return [step(now), last];
    },
    writtenOut: ([w, x]) => {
      let now = x as Tensor;
      const step = (y: Tensor) => (w as Tensor).matmul(y).sin();
      for (let i = 0; i < 6; i++) now = step(now);
      return [step(step(now)), now];
    },
    args: [weights, h],
  },
];
