import fc from "fast-check";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { compile, noGrad, type Tensor, tensor, valueAndGrad, variable } from "../src/index.js";
import { graphs, type RandomGraph } from "../src/testing/index.js";
import { forAll, near } from "./support/property.js";

// Random graphs, values and gradients: compiled with the verifier between the stages, and compared with eager mode.

const withGradients =
  ({ f }: RandomGraph) =>
  (...inputs: Tensor[]) =>
    valueAndGrad((...given: Tensor[]) => f(...given), { argument: inputs.map((_, i) => i) })(...inputs);

function agree(graph: RandomGraph): void {
  const f = withGradients(graph);
  const [eager, compiled] = [f(...graph.inputs), compile(f, { verify: true })(...graph.inputs)];
  // Errors of 1e-14 grow by at most the bound of the graphs.
  near([compiled.value.item()], [eager.value.item()], 1e-11, "value");
  eager.gradient.forEach((gradient, i) => {
    near((compiled.gradient[i] as Tensor).data, (gradient as Tensor).data, 1e-9, `gradient ${i}`);
  });
}

test("9,500 graphs of up to 12 ops", () => {
  let count = 0;
  forAll(graphs({ maxOps: 12 }), 9500, (graph) => {
    agree(graph);
    count++;
  });
  assert.ok(count >= 9500);
});

test("500 graphs of up to 60 ops", () => {
  forAll(graphs(), 500, agree);
});

/** A step of a program with state: an op on values so far, or new values of a variable. */
interface Move {
  readonly op: number;
  readonly x: number;
  readonly y: number;
}

const elementwise: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
  (x, y) => x.add(y),
  (x, y) => x.sub(y),
  (x, y) => x.mul(y),
  (x) => x.tanh(),
  (x) => x.sin(),
  (x) => x.neg(),
  (x) => x.abs(),
  (x, y) => x.maximum(y),
  (x, y) => x.greater(y).where(x, y.mul(0.5)),
  (x) => x.flip(0),
  (x) => x.sum({ axis: 0, keepDims: true }).mul(0.25).broadcastTo(x.shape),
  (x) => x.roll(1, 0),
  (x) => x.take([2, 0, 1]).tanh(),
  (x) => x.softmax(),
];

/** Values are read and replaced in any order; what is given comes from all along the way. */
function stateful(moves: readonly Move[], dtype: "float64" | "float32") {
  const variables = [1, 2, 3].map((seed) =>
    variable(tensor([0, 1, 2].map((i) => [0, 1, 2, 3, 4].map((j) => Math.sin(seed + 5 * i + j)))).cast(dtype)),
  );
  const f = (given: Tensor): Tensor[] => {
    const values = [given];
    for (const { op, x, y } of moves) {
      const target = variables[y % 3] as Tensor;
      if (op % 5 === 0) target.assign(values[values.length - 1 - (x % values.length)] as Tensor);
      else if (op % 5 === 1) values.push(target.mul(1));
      else {
        const operands = [x, y].map((back) => values[values.length - 1 - (back % values.length)] as Tensor);
        values.push(
          (elementwise[op % elementwise.length] as (typeof elementwise)[number])(
            operands[0] as Tensor,
            operands[1] as Tensor,
          ),
        );
      }
    }
    return values.filter((_, i) => i % 3 === 0);
  };
  return { variables, f };
}

test("2,000 programs with state, in both precisions, called three times", () => {
  const move = fc.record({ op: fc.nat(1000), x: fc.nat(6), y: fc.nat(6) });
  const programs = fc.record({
    moves: fc.array(move, { minLength: 1, maxLength: 30, size: "max" }),
    dtype: fc.constantFrom("float64" as const, "float32" as const),
  });
  forAll(programs, 2000, ({ moves, dtype }) => {
    const [eager, compiled] = [stateful(moves, dtype), stateful(moves, dtype)];
    const program = compile(compiled.f, { verify: true });
    const tolerance = dtype === "float64" ? 1e-11 : 1e-3;
    for (let call = 0; call < 3; call++) {
      const given = tensor([0, 1, 2].map((i) => [0, 1, 2, 3, 4].map((j) => Math.cos(call + 3 * i + j)))).cast(dtype);
      const expected = noGrad(() => eager.f(given));
      program(given).forEach((actual, i) => {
        near(actual.data, (expected[i] as Tensor).data, tolerance, `call ${call}, result ${i}`);
      });
      compiled.variables.forEach((own, i) => {
        near(own.data, (eager.variables[i] as Tensor).data, tolerance, `call ${call}, variable ${i}`);
      });
    }
  });
});

test.run();
