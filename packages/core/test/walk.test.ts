import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Elementwise } from "../src/graph/elementwise.js";
import * as engine from "../src/index.js";
import {
  arange,
  concat,
  type DType,
  flip,
  grad,
  hvp,
  IndexAdd,
  Node,
  type Shape,
  split,
  type Tensor,
  tensor,
  Unslice,
  type Values,
  variable,
  vjp,
} from "../src/index.js";
import { checkWalk, type WalkProgram, walkPrograms } from "./fuzz/walks.js";
import { table } from "./op-table.js";
import { forAll, near } from "./support/property.js";
import { floats, type Row } from "./support/row.js";
import { assertBits } from "./support/same-bits.js";
import { gradients, isDifferentiable, nameOf } from "./support/tensors.js";

// The walk backward in all its forms: random programs (see fuzz/walks.ts), and what they once found.

function agree(program: WalkProgram, compiled: boolean): void {
  const finding = checkWalk(engine, program, { compiled });
  if (finding !== undefined) throw new Error(`${finding.kind}: ${finding.text}`);
}

test("800 programs: without graph, with graph, by transforms and by differences, all looked at again at the end", () => {
  forAll(walkPrograms, 800, (program) => agree(program, false));
});

test("100 programs, compiled as well", () => {
  forAll(walkPrograms, 100, (program) => agree(program, true));
});

test("a sum that parts are added to in place is that of one edge, not of those that hand it on", () => {
  const f = (x: Tensor) => {
    const y = x.add(flip(x));
    const [a, b] = split(y, [1, 2]) as readonly [Tensor, Tensor];
    return a.sum().add(b.mul(3).sum());
  };
  const x = tensor([1, 2, 3]);
  assert.equal(grad(f)(x).toArray(), [4, 6, 4]);
  assert.equal(vjp(f, [x]).pullback(1)[0].toArray(), [4, 6, 4]);
  assert.equal(hvp((x: Tensor) => f(x.square()), x, tensor([1, 0, 0])).toArray(), [8, 0, 0]);
});

test("variables of one sum do not get each other's gradients", () => {
  const w = tensor([1, 10, 100]);
  const [p, q] = [variable([1, 2, 3]), variable([1, 2, 3])];
  const y = p.add(q);
  const seen: (readonly number[])[] = [];
  const kept: Tensor[] = [];
  y.onGradient((gradient) => {
    kept.push(gradient);
    seen.push([...gradient.data]);
    return undefined;
  });
  p.slice([[0, 2]])
    .sum()
    .add(
      y
        .slice([[1, 3]])
        .sum()
        .add(y.mul(w).sum()),
    )
    .backward();
  assert.equal(q.grad?.toArray(), [1, 11, 101]);
  assert.equal(p.grad?.toArray(), [2, 12, 101]);
  assert.equal(y.grad?.toArray(), [1, 11, 101]);
  assert.equal([...(kept[0] as Tensor).data], seen[0]);
});

/** Passes no gradient on. */
class Blind extends Node {
  override readonly name = "Blind";

  override shapeRule(x: Tensor): Shape {
    return x.shape;
  }

  override localForward(shape: Shape, _dtype: DType, x: Tensor): Values {
    return shape.length === 0 ? x.item() : x.array;
  }

  override localBackward(): null {
    return null;
  }
}

test("what no gradient comes to counts nothing down that the walk has not met", () => {
  const genes = fc.array(fc.record({ op: fc.nat(3), i: fc.nat(99), j: fc.nat(99) }), { minLength: 10, maxLength: 40 });
  forAll(fc.tuple(genes, fc.constantFrom<number[]>([], [2])), 200, ([genes, shape]) => {
    const variables = Array.from({ length: 6 }, (_, i) => variable(tensor(i / 8 - 0.3).broadcastTo(shape)) as Tensor);
    const through = (blind: (x: Tensor) => Tensor) => (x: Tensor) => {
      const values = [x, ...variables];
      for (const { op, i, j } of genes) {
        const [p, q] = [values[i % values.length], values[j % values.length]] as [Tensor, Tensor];
        values.push(op === 0 ? blind(p.mul(q)) : op === 1 ? p.mul(q).sin() : op === 2 ? p.add(q).mul(0.5) : blind(p));
      }
      return values.map((value) => value.sum()).reduce((sum, next) => sum.add(next));
    };
    const at = tensor(0.4).broadcastTo(shape) as Tensor;
    const found = grad(through((x) => new Blind().apply(x)))(at);
    near(found.data, grad(through((x) => x.detach()))(at).data, 1e-12, "the gradient");
  });
});

/** The name of a row, and whether the gradients of its op are loops that round but once. */
const elementwise = ({ Node: Class }: Row) => Class !== null && Class.prototype instanceof Elementwise;

test("with and without graph: the same bits for every op; float32 but for the one rounding of elementwise gradients", () => {
  for (const row of table) {
    if (typeof row.gradient === "string") continue;
    forAll(row.cases, 6, (drawn) => {
      if (!isDifferentiable(row, drawn)) return;
      for (const dtype of floats) {
        if (!row.dtypes.includes(dtype)) continue;
        const [plain, graph] = [gradients(row, drawn, dtype, false), gradients(row, drawn, dtype, true)];
        plain.forEach((gradient, i) => {
          const what = `${nameOf(row)}, ${dtype}, gradient ${i}`;
          if (dtype === "float64" || !elementwise(row)) assertBits(gradient, graph[i] as Tensor, what);
          else near(gradient.data, (graph[i] as Tensor).data, 1e-5, what);
        });
      }
    });
  }
});

test("the sign of a zero is that of the walk with graph, wherever parts are added up", () => {
  const programs: readonly ((x: Tensor) => Tensor)[] = [
    (x) =>
      x
        .mul(0)
        .sum()
        .add(x.slice([[0, 1]]).sum()),
    (x) =>
      x
        .slice([[0, 2]])
        .mul(-0)
        .sum()
        .add(
          x
            .slice([[1, 3]])
            .mul(-0)
            .sum(),
        )
        .add(x.slice([[2, 3]]).sum()),
    (x) =>
      x
        .mul(-0)
        .sum()
        .add(flip(x).mul(-0).sum())
        .add(x.slice([[0, 1]]).sum()),
    (x) =>
      x
        .take([0, 0])
        .mul(-0)
        .sum()
        .add(x.take([1, 1, 2]).mul(0.1).sum())
        .add(x.take([1, 1]).mul(0.7).sum()),
    (x) => x.sum().mul(-0),
    (x) => x.sum().mul(-0).add(x.take(1).mul(-0)),
    // Three parts, of which two meet in a -0, in any order.
    ...[
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ].flatMap((order) => {
      const parts: readonly ((x: Tensor) => Tensor)[] = [
        (x) => x.slice([[0, 2]]).mul(-0),
        (x) => x.slice([[1, 3]]).mul(-0),
        (x) => x.slice([[2, 3]]),
      ];
      const sum = (x: Tensor) =>
        order.map((i) => (parts[i] as (x: Tensor) => Tensor)(x).sum()).reduce((a, b) => a.add(b));
      return [sum, (x: Tensor) => sum(x.mul(1))];
    }),
  ];
  for (const program of programs) {
    const [plain, graph] = [false, true].map((createGraph) => {
      const x = variable([1, 2, 3]);
      program(x).backward({ createGraph });
      return x.grad as Tensor;
    });
    assertBits(plain as Tensor, graph as Tensor, String(program));
  }
});

test("the gradients of many parts are not many arrays of the whole", () => {
  const n = 2000;
  const x = variable(new Float64Array(n));
  const parts = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? x.slice([[i, i + 1]]) : x.take([i])));
  const loss = concat(parts).mul(arange(n)).sum();
  let made = 0;
  const unslice = Unslice.prototype.localForward;
  const indexAdd = IndexAdd.prototype.localForward;
  Unslice.prototype.localForward = function (...args) {
    made++;
    return unslice.apply(this, args);
  };
  IndexAdd.prototype.localForward = function (...args) {
    made++;
    return indexAdd.apply(this, args);
  };
  try {
    loss.backward();
  } finally {
    Unslice.prototype.localForward = unslice;
    IndexAdd.prototype.localForward = indexAdd;
  }
  assert.equal(
    x.grad?.toArray(),
    Array.from({ length: n }, (_, i) => i),
  );
  assert.ok(made <= 3, `${made} arrays`);
});

test("the node of a scalar is made when it is asked for, before, between or after walks, and is one", () => {
  const program = () => {
    const [x, y] = [variable(3).named("x"), variable(5)];
    const product = x.mul(y);
    const sum = product.sin().add(product);
    return { x, y, edges: [product, sum.node?.input(0) as Tensor, sum], fresh: () => x.mul(y).add(x).square() };
  };
  const ask = ({ edges }: ReturnType<typeof program>) => edges.map(({ node }) => node);
  const grads = ({ x, y }: ReturnType<typeof program>) => [x.grad?.item(), y.grad?.item()];
  const walked = [0, 1, 2].map((when) => {
    const made = program();
    if (when === 0) ask(made);
    made.edges[2]?.backward();
    if (when === 1) ask(made);
    made.edges[2]?.backward();
    const [asked, again] = [ask(made), ask(made)];
    for (let i = 0; i < 3; i++) assert.is(asked[i], again[i]);
    const [product, sine, sum] = made.edges as [Tensor, Tensor, Tensor];
    assert.equal(
      [product, sine, sum].map(({ node }) => node?.name),
      ["Mul", "Sin", "Add"],
    );
    assert.ok(sine.node?.input(0) === product && sum.node?.input(1) === product);
    assert.ok(product.node?.input(0) === made.x && product.node.arity === 2 && sine.node?.arity === 1);
    made.edges[2]?.backward();
    return grads(made);
  });
  const slope = 3 * (Math.cos(15) + 1);
  for (const found of walked) near(found as number[], [5 * slope, 3 * slope], 1e-14, "gradients");
  for (const asks of [true, false]) {
    const { x, fresh } = program();
    const z = fresh();
    const first = z.node?.input(0).node?.input(0) as Tensor;
    if (asks) assert.is(first.node?.name, "Mul");
    x.assign(4);
    if (!asks) assert.is(first.node?.name, "Mul");
    assert.throws(() => z.backward(), /its input x was updated with assign\(\) after this graph had used it/);
  }
});

test.run();
