import { graphFromJson, graphOf, graphToJson, print, Random, type Tensor, toMermaid } from "@chainrule/core";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  Affine,
  BatchNorm,
  Conv2d,
  Dropout,
  Flatten,
  GELU,
  type Layer,
  LayerNorm,
  LSTM,
  MaxPool2d,
  MeanSquaredError,
  meanSquaredError,
  ReLU,
  Sequential,
  SoftmaxWithLoss,
  softmaxWithLoss,
} from "../src/index.js";

// What core's JSON of graphs has to hold of nn: layers are core's ops; the classes of the losses' nodes are given.

const test = suite("graphs as JSON");
const ops = { SoftmaxWithLoss, MeanSquaredError };

function comesBack(loss: Tensor): void {
  loss.backward();
  const json = JSON.parse(JSON.stringify(graphToJson(loss, { ops })));
  assert.equal(
    json.nodes.filter((node: { closure?: string }) => node.closure !== undefined),
    [],
  );
  const { outputs, edges } = graphFromJson(json, { ops });
  const all = { maxNodes: Number.POSITIVE_INFINITY };
  assert.is(print(outputs, all), print(loss, all));
  const kept = edges.map(({ grad }) => grad?.toJSON());
  for (const edge of edges) edge.zeroGrad();
  outputs[0]?.backward();
  assert.equal(
    edges.map(({ grad }) => grad?.toJSON()),
    kept,
  );
  assert.is(toMermaid(outputs), toMermaid(loss));
  // Without the classes the loss alone is a closure.
  const closed = graphToJson(loss).nodes.filter(({ closure }) => closure !== undefined);
  assert.equal(
    closed.map(({ op, closure }) => [op, closure]),
    [[graphOf(loss).nodes.at(-1)?.node.name, "an op that core does not have"]],
  );
}

const random = () => new Random(7);

test("a network of convolutions", () => {
  const options = { random: random() };
  const layers: Record<string, Layer> = {
    conv: new Conv2d(1, 2, 3, { padding: 1, ...options }),
    norm: new BatchNorm(2),
    relu: new ReLU(),
    pool: new MaxPool2d(2),
    flatten: new Flatten(),
    dropout: new Dropout({ ratio: 0.25 }),
    affine: new Affine(8, 3, options),
  };
  const network = new Sequential(layers);
  const x = random().normal([2, 1, 4, 4]).named("x");
  comesBack(
    softmaxWithLoss(
      network.forward(x, { training: true, random: random() }) as Tensor,
      random().integers([2], { high: 3 }),
    ),
  );
});

test("a recurrent network, whose steps are a loop", () => {
  const lstm = new LSTM(3, 4, { random: random() });
  const norm = new LayerNorm(4);
  const gelu = new GELU();
  const output = lstm.forward(random().normal([2, 5, 3]));
  const y = gelu.forward(norm.forward(output)) as Tensor;
  comesBack(meanSquaredError(y, random().normal(y.shape)) as Tensor);
});

test.run();
