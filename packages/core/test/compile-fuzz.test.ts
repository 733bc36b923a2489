import { test } from "uvu";
import { compile, type Tensor, valueAndGrad } from "../src/index.js";
import { graphs, type RandomGraph } from "../src/testing/index.js";
import { forAll, near } from "./support/property.js";

// Random graphs, values and gradients: compiled with the verifier between the stages, and compared with eager mode. Programs of
// other kinds, with state among them, are in fuzz.test.ts, and as many as one likes in npm run fuzz.

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

test("2,000 graphs of up to 12 ops", () => {
  forAll(graphs({ maxOps: 12 }), 2000, agree);
});

test("200 graphs of up to 60 ops", () => {
  forAll(graphs(), 200, agree);
});

test.run();
