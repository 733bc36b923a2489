import { Random, ShapeError, type Tensor } from "@chainrule/core";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { Affine, BatchNorm, constant, Embedding, Layer, LSTM, ReLU, Sequential, summary } from "../src/index.js";
import { assertThrows } from "./support.js";

const initializer = constant(1);

test("Nested networks: each part below what it is a part of, counted once", () => {
  const network = new Sequential({
    words: new Embedding(7, 4, { initializer }),
    lstm: new LSTM(4, 3, { initializer }),
    last: (x: Tensor) => x.slice([null, -1]) as Tensor,
    head: new Sequential([new Affine(3, 2, { initializer }), new BatchNorm(2)]),
  });
  const found = summary(network, [5, 6], { dtype: "int32" });
  assert.equal(
    found.layers.map(({ name, output, parameters, buffers }) => [name, output, parameters, buffers]),
    [
      ["", [5, 2], 0, 0],
      ["words", [5, 6, 4], 28, 0],
      ["lstm", [5, 6, 3], 0, 0],
      ["lstm.cells.0", null, 96, 0],
      ["head", [5, 2], 0, 0],
      ["head.0", [5, 2], 8, 0],
      ["head.1", [5, 2], 4, 4],
    ],
  );
  assert.equal([found.parameters, found.buffers], [136, 4]);
  const margins = String(found)
    .split("\n")
    .slice(1, 8)
    .map((line) => line.search(/\S/));
  assert.equal(margins, [0, 2, 2, 4, 2, 4, 4]);
});

test("Tied tensors and shared layers count once in all; parts in a list stand beside what they are not a part of", () => {
  class Tied extends Layer {
    readonly words = new Embedding(7, 4, { random: new Random(1) });
    readonly W = this.words.W;
    readonly again = this.words;
    readonly blocks = [new ReLU()];
    override forward(x: Tensor): Tensor {
      return (this.words.forward(x) as Tensor).matmul(this.W.transpose());
    }
  }
  const found = summary(new Tied(), [1, 3], { dtype: "int32" });
  assert.is(found.parameters, 28);
  assert.equal(
    found.layers.map(({ name }) => name),
    ["", "words", "blocks.0"],
  );
  assert.ok(String(found).includes("\n  blocks.0: ReLU "));
});

test("An input that does not fit is the network's error, which is as it was; what is no shape is named", () => {
  const network = new Sequential([new Affine(2, 1, { initializer })]);
  assertThrows(() => summary(network, [1, 3]), ShapeError, "3 values a row");
  assert.not.ok(Object.hasOwn(network, "forward"));
  assertThrows(() => summary(network, new Affine(2, 1, { initializer }).W as never), ShapeError, "summary", "x.shape");
});

test.run();
