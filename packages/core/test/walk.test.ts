import { test } from "uvu";
import * as assert from "uvu/assert";
import * as engine from "../src/index.js";
import { flip, grad, hvp, split, type Tensor, tensor, variable, vjp } from "../src/index.js";
import { checkWalk, type WalkProgram, walkPrograms } from "./fuzz/walks.js";
import { forAll } from "./support/property.js";

// The walk backward in all its forms: random programs (see fuzz/walks.ts), and what they once found.

function agree(program: WalkProgram, compiled: boolean): void {
  const finding = checkWalk(engine, program, { compiled });
  if (finding !== undefined) throw new Error(`${finding.kind}: ${finding.text}`);
}

test("1,500 programs: without graph, with graph, by transforms and by differences, all looked at again at the end", () => {
  forAll(walkPrograms, 1500, (program) => agree(program, false));
});

test("200 programs, compiled as well", () => {
  forAll(walkPrograms, 200, (program) => agree(program, true));
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

test.run();
