import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  checkpoint,
  compile,
  cond,
  customGradient,
  fixedPoint,
  fn,
  grad,
  hessian,
  hvp,
  jacobian,
  jvp,
  Random,
  rootOf,
  scan,
  switchCase,
  type Tensor,
  tensor,
  vmap,
  whileLoop,
} from "../src/index.js";
import { near } from "./support/property.js";

/*
 * What the function of a loop, a branch, a call or an equation closes over may be given another value when the call is over, as a `let` of a
 * JavaScript loop is, or a field of an object. A gradient, or a batch, is made of what the function did, not of what it would do now.
 */

/** Something done with `w`, twice or more, so that the order of uses matters. */
const closing: Record<string, (w: () => Tensor, h: Tensor) => Tensor> = {
  scan: (w, h) => scan((c: Tensor) => [c.mul(w()).sin().add(w())], h, undefined, { length: 2 })[0],
  "scan, backward, in groups of steps of a program": (w, h) =>
    scan((c: Tensor, x) => [c.mul(w()).add(x).sin()], h, tensor([0.1, 0.2, 0.3]), { reverse: true, unroll: 2 })[0],
  "what a scan does not differentiate by": (w, h) =>
    scan((c: Tensor) => [w().greater(0.6).where(c.mul(w()), c.sub(w().detach()))], h, undefined, { length: 2 })[0],
  "a scan in a scan": (w, h) =>
    scan((c: Tensor) => [scan((d: Tensor) => [d.mul(w()).cos()], c, undefined, { length: 2 })[0].add(w())], h, undefined, {
      length: 2,
    })[0],
  "a scan in a fn in a scan": (w, h) =>
    scan(
      (c: Tensor) => [fn((u: Tensor) => scan((d: Tensor) => [d.mul(w()).cos()], u, undefined, { length: 2 })[0])(c)],
      h,
      undefined,
      { length: 2 },
    )[0],
  "a gradient in a scan": (w, h) =>
    scan((c: Tensor) => [grad((u: Tensor) => u.mul(w()).sin().mul(w()))(c)], h, undefined, { length: 2 })[0],
  whileLoop: (w, h) => whileLoop((c: Tensor) => c.less(w().add(3)), (c) => c.add(w().square()).add(0.7), h, { limit: 20 }),
  cond: (w, h) => cond(h.less(w()), (h) => h.mul(w()).add(w()), (h) => h.sub(w()).sin(), h),
  switchCase: (w, h) => switchCase(1, [(h: Tensor) => h, (h) => h.mul(w()).sin()], h),
  fn: (w, h) => fn((h: Tensor) => h.mul(w()).sin().add(w()))(h),
  fixedPoint: (w, h) => fixedPoint((x: Tensor) => x.mul(w()).mul(0.2).sin().add(h), tensor(0), { tolerance: 1e-13 }),
  rootOf: (w, h) => rootOf((x: Tensor) => x.add(x.mul(w()).mul(0.2)).sub(h).sub(w()), tensor(0), { tolerance: 1e-13 }),
}; // biome-ignore format: one row a line

const first = tensor(0.4);
const factors = [1, 0.5, 1.5];

/** A carry of its own each time, and what `w` is then: in a variable that changes, or in one for each. */
function rebinding(apply: (w: () => Tensor, h: Tensor) => Tensor) {
  return (p: Tensor): Tensor => {
    let h: Tensor = first;
    const cell = { w: p };
    for (const factor of factors) {
      cell.w = p.mul(factor);
      h = apply(() => cell.w, h);
    }
    cell.w = p.mul(100);
    return h;
  };
}

function binding(apply: (w: () => Tensor, h: Tensor) => Tensor) {
  return (p: Tensor): Tensor =>
    factors.reduce<Tensor>((h, factor) => {
      const w = p.mul(factor);
      return apply(() => w, h);
    }, first);
}

const at = tensor(0.7);
const many = tensor([0.3, 0.7, 0.9]);
const ways: Record<string, (f: (p: Tensor) => Tensor) => Tensor> = {
  value: (f) => f(at),
  grad: (f) => grad(f)(at),
  "grad of grad": (f) => grad(grad(f))(at),
  hvp: (f) => hvp(f)(at, tensor(1)),
  jvp: (f) => jvp(f, at, tensor(1)).tangent,
  hessian: (f) => hessian(f)(at) as Tensor,
  jacobian: (f) => jacobian((p: Tensor) => vmap(f)(p))(many) as Tensor,
  vmap: (f) => vmap(f)(many) as Tensor,
  "vmap of grad": (f) => vmap(grad(f))(many) as Tensor,
  "grad of vmap": (f) => grad((p: Tensor) => vmap(f)(p).sum())(many),
  compile: (f) => compile(f)(at),
  "compile of grad": (f) => compile((p: Tensor) => grad(f)(p))(at),
  "compile of grad of grad": (f) => compile((p: Tensor) => grad(grad(f))(p))(at),
  "compile of vmap of grad": (f) => compile((p: Tensor) => vmap(grad(f))(p) as Tensor)(many),
};

for (const [what, apply] of Object.entries(closing)) {
  test(`${what}: what it closes over may be given another value later`, () => {
    for (const [way, run] of Object.entries(ways)) {
      near(run(rebinding(apply)).data, run(binding(apply)).data, 1e-9, way);
    }
  });
}

test("a function that a program has once closes over something else in each call, in what it calls as well", () => {
  const cell = { w: tensor(0) as Tensor };
  const inner = fn((x: Tensor) => x.mul(cell.w).sin());
  const calls: Record<string, (x: Tensor) => Tensor> = {
    "one function": inner,
    "what it does not differentiate by": fn((x: Tensor) => cell.w.greater(0.8).where(x.mul(2), x.mul(cell.w))),
    "a loop in it": fn((x: Tensor) => scan((c: Tensor) => [c.mul(cell.w).add(x)], x, undefined, { length: 3 })[0]),
    "the same tensor twice, and then two": fn((x: Tensor) => x.mul(cell.w).add(cell.w.mul(cell.w)).sin()),
  };
  for (const [name, call] of Object.entries(calls)) {
    const f = (p: Tensor): Tensor => {
      cell.w = p;
      const y = call(p);
      cell.w = p.mul(0.5).add(1);
      return y.mul(call(y)).add(call(p.square()));
    };
    for (const [way, run] of Object.entries(ways)) {
      if (way.startsWith("compile")) continue;
      const compiled = compile((p: Tensor) => run((q) => f(q.add(p.sub(at)))))(at);
      near(compiled.data, run(f).data, 1e-9, `${name}: ${way}`);
    }
    const twice = (p: Tensor) => [f(p), grad(f)(p), grad(grad(f))(p)] as const;
    const eager = twice(at);
    compile(twice)(at).forEach((value, i) => {
      near(value.data, (eager[i] as Tensor).data, 1e-9, name);
    });
  }
});

test("calls of a function that do something else inside a loop, a branch, another function or equations are other functions", () => {
  const flag = { s: true };
  const factor = () => (flag.s ? 2 : 3);
  const bodies: Record<string, (y: Tensor) => Tensor> = {
    scan: (y) => scan((c: Tensor) => [c.mul(factor()).sin()], y, undefined, { length: 2 })[0],
    cond: (y) => cond(y.greater(0), (c) => c.mul(factor()), (c) => c, y),
    whileLoop: (y) => whileLoop((c: Tensor) => c.less(5), (c) => c.mul(factor()), y, { limit: 9 }),
    "its condition": (y) => whileLoop((c: Tensor) => c.less(5 * factor()), (c) => c.mul(2), y, { limit: 9 }),
    fn: (y) => fn((c: Tensor) => (flag.s ? c.square() : c.sin()))(y),
    fixedPoint: (y) => fixedPoint((u: Tensor) => u.mul(0.1 * factor()).sin().add(y), tensor(0), { tolerance: 1e-13 }),
    rootOf: (y) => rootOf((u: Tensor) => u.mul(factor()).sub(y), tensor(0)),
  }; // biome-ignore format: one row a line
  for (const [name, body] of Object.entries(bodies)) {
    const call = fn(body);
    const f = (y: Tensor): Tensor =>
      [true, false, true].reduce<Tensor>((sum, s, i) => {
        flag.s = s;
        return sum.add(call(y).mul(10 ** i));
      }, tensor(0));
    near(compile(f)(at).data, f(at).data, 1e-9, name);
    near(compile((y: Tensor) => grad(f)(y))(at).data, grad(f)(at).data, 1e-8, `${name}: gradient`);
    near(vmap(grad(f))(many).data, [0.3, 0.7, 0.9].map((y) => grad(f)(y).item()), 1e-8, `${name}: mapped`); // biome-ignore format: short
  }
});

test("a function that is called twice in another one, with something else to close over in between", () => {
  const cell = { k: tensor(0) as Tensor };
  const inner = fn((x: Tensor) => x.mul(cell.k).sin());
  const outer = fn((y: Tensor, a: Tensor, b: Tensor) => {
    cell.k = a;
    const first = inner(y);
    cell.k = b;
    return first.mul(10).add(inner(first.add(y)));
  });
  const f = (x: Tensor): Tensor => outer(x, tensor(2), x.mul(3)).add(outer(x.sin(), x.add(1), tensor(3)));
  near(compile(f)(at).data, f(at).data, 1e-12, "value");
  near(compile((x: Tensor) => grad(f)(x))(at).data, grad(f)(at).data, 1e-12, "gradient");
  near(compile((x: Tensor) => grad(grad(f))(x))(at).data, grad(grad(f))(at).data, 1e-12, "second");
});

test("gradients taken in bodies that draw go back to what the inner derivative closes over", () => {
  const f = (v: Tensor): Tensor => {
    const s = v.mul(1.5);
    const random = new Random(3);
    const step = (c: Tensor) => [
      c.add(random.normal([]).mul(0)).add(grad((z: Tensor) => s.sin().mul(z).mul(z))(tensor(0.5))),
    ];
    return scan(step as (c: Tensor) => [Tensor], tensor(0), undefined, { length: 3 })[0];
  };
  near(compile((v: Tensor) => grad(f)(v))(at).data, grad(f)(at).data, 1e-12, "compiled");
  assert.ok(Math.abs(grad(f)(at).item()) > 1);
});

test("checkpoints in bodies, for a batch: by what they close over, and by what they take", () => {
  const bodies: Record<string, (w: Tensor, y: Tensor) => Tensor> = {
    "closes over": (w, y) => checkpoint((p) => p.mul(0).add(w.sin()), tensor(1)).mul(y),
    takes: (w, y) => checkpoint((p) => p.sin().mul(2), w).mul(y),
  };
  const around: Record<string, (f: (y: Tensor) => Tensor, y: Tensor) => Tensor> = {
    fn: (f, y) => fn(f)(y),
    scan: (f, y) => scan((c: Tensor) => [f(c)], y, undefined, { length: 2 })[0],
    cond: (f, y) => cond(y.greater(0), f, (y: Tensor) => y, y),
  };
  for (const [what, body] of Object.entries(bodies)) {
    for (const [where, wrap] of Object.entries(around)) {
      const f = (w: Tensor): Tensor => wrap((y) => body(w, y), tensor(0.7));
      const slopes = [0.3, 0.7, 0.9].map((w) => grad(f)(w).item());
      near(vmap(grad(f))(many).data, slopes, 1e-12, `${what} in ${where}`);
      near(grad((w: Tensor) => vmap(f)(w).sum())(many).data, slopes, 1e-12, `${what} in ${where}, around`);
    }
  }
  assert.is(grad((x: Tensor) => checkpoint(() => tensor(0.5).mul(2), x))(at).item(), 0);
});

test("a gradient of one's own in equations", () => {
  const square = customGradient((x: Tensor) => x.square(), [(dout, x) => dout.mul(x).mul(2)]);
  const f = (v: Tensor): Tensor => fixedPoint((u: Tensor) => square(u.mul(0.3)).add(v.mul(0.5)), tensor(0), { tolerance: 1e-13 }); // biome-ignore format: short
  const h = 1e-5;
  const difference = (f(tensor(0.4 + h)).item() - f(tensor(0.4 - h)).item()) / (2 * h);
  near([grad(f)(0.4).item()], [difference], 1e-9, "eager");
  near(compile((v: Tensor) => grad(f)(v))(tensor(0.4)).data, [difference], 1e-9, "compiled");
});

test("arguments of inner transforms, and what they stand for, are one tensor where a step is done again", () => {
  const f = (w: Tensor): Tensor =>
    grad((a: Tensor) => scan((c: Tensor) => [c.mul(a).mul(w).sin()], a, undefined, { length: 2 })[0])(w);
  const out = (w: Tensor): Tensor => {
    const once = (x: Tensor): Tensor => x.mul(w).sin();
    const twice = (a: Tensor): Tensor => a.mul(once(once(a).mul(1)));
    return grad((a: Tensor) => twice(a).add(w))(w);
  };
  for (const each of [f, out]) {
    near(compile((w: Tensor) => grad(each)(w))(at).data, grad(each)(at).data, 1e-12, "compiled");
    near(compile((w: Tensor) => grad(grad(each))(w))(at).data, grad(grad(each))(at).data, 1e-12, "compiled twice");
  }
  const nested = (w: Tensor): Tensor =>
    scan(
      (c: Tensor) => [grad((a: Tensor) => scan((d: Tensor) => [d.mul(a).add(w.mul(a))], c.mul(w), undefined, { length: 2 })[0])(w)],
      w,
      undefined,
      { length: 2 },
    )[0]; // biome-ignore format: one step
  near(compile((w: Tensor) => grad(nested)(w))(at).data, grad(nested)(at).data, 1e-12, "nested");
  near(vmap(grad(nested))(many).data, [0.3, 0.7, 0.9].map((w) => grad(nested)(w).item()), 1e-12, "mapped"); // biome-ignore format: short
});

test("solutions of equations one after the other, also around them: the time of a gradient does not grow as powers of two", () => {
  let calls = 0;
  const chain = (a: Tensor): Tensor => {
    let x = a;
    for (let i = 0; i < 12; i++) {
      const y = x;
      const equation = (z: Tensor): Tensor => {
        calls++;
        return z.mul(0.3).sin().add(y.mul(0.1)).add(y.mul(z).mul(0.01));
      };
      x = y.mul(0.5).add(fixedPoint(equation, tensor(0), { tolerance: 1e-13 }));
    }
    return x;
  };
  const [h, at] = [1e-5, 0.3];
  const difference = (chain(tensor(at + h)).item() - chain(tensor(at - h)).item()) / (2 * h);
  calls = 0;
  chain(tensor(at));
  const forward = calls;
  calls = 0;
  near([grad(chain)(at).item()], [difference], 1e-9, "gradient");
  assert.ok(calls <= forward + 12, `${calls} calls, ${forward} of them forward`);
});

test("where a function has to be called again, and does something else then, that is an error", () => {
  const own = customGradient((x: Tensor) => x.mul(2), [(dout) => dout.mul(2)]);
  const apply = (w: () => Tensor, h: Tensor) =>
    scan((c: Tensor) => [own(c).mul(w()).sin()], h, undefined, { length: 2 })[0];
  const right = grad(binding(apply))(at);
  near(grad(rebinding(apply))(at).data, right.data, 1e-12, "eager");
  near(compile((p: Tensor) => grad(binding(apply))(p))(at).data, right.data, 1e-12, "compiled");
  assert.throws(
    () => compile((p: Tensor) => grad(rebinding(apply))(p))(at),
    /scan: its function does something else when it is run again .* let it close over a const/,
  );
  assert.throws(() => vmap(grad(rebinding(apply)))(many), /scan: its function does something else/);
});

test("a checkpoint can be differentiated in bulk, whatever it is made of", () => {
  const x = tensor([0.1, 0.4, 0.2, 0.5, 0.9, 0.3, 0.8]);
  const inside: Record<string, (x: Tensor) => Tensor> = {
    "a number": (x) => x.sin().mul(2),
    "a loop": (x) => scan((c: Tensor) => [c.mul(0.5).sin()], x, undefined, { length: 2 })[0],
    "a call": (x) => fn((x: Tensor) => x.mul(3).cos())(x),
    "a gradient": (x) => grad((y: Tensor) => y.sin().mul(3).sum())(x),
    "a value that is read": (x) => (x.detach().sum().item() > 1 ? x.sin().square() : x),
  };
  for (const [what, f] of Object.entries(inside)) {
    const kept = (x: Tensor) => checkpoint(f, x).square().sum();
    const whole = (x: Tensor) => f(x).square().sum();
    near((hessian(kept)(x) as Tensor).data, (hessian(whole)(x) as Tensor).data, 1e-12, what);
    near((jacobian(grad(kept))(x) as Tensor).data, (hessian(whole)(x) as Tensor).data, 1e-12, what);
  }
});

test.run();
