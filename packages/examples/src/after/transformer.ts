/**
 * A small transformer learns to add: it is shown sums such as "47+85=" as letters, and writes the digits, the last one first.
 *
 * 작은 트랜스포머가 덧셈을 배웁니다: "47+85=" 같은 식을 글자로 보고, 끝자리부터 답을 씁니다.
 * 小さなトランスフォーマーが足し算を覚える: "47+85=" のような式を文字として見て、下の桁から答えを書く。
 *
 * Two blocks of attention and a small network each: every place of the sequence asks the places up to it what they have,
 * softmax(q k' / sqrt(d)) v, and adds the answer to what it has itself. A. Vaswani et al., "Attention is all you need" (2017); each
 * part is normalised in front. Nobody tells it about tens or carrying. It learns from 8,000 of the 10,000 sums of two numbers below
 * 100, and is tested on the others. Written from the last digit on, each digit depends on two digits and a carry only (N. Lee et al.,
 * 2023).
 */
import { join } from "node:path";
import { compile, concat, noGrad, Random, type Tensor, tensor } from "@chainrule/core";
import {
  Adam,
  cosineDecay,
  crossEntropy,
  Embedding,
  Layer,
  LayerNorm,
  Linear,
  TransformerBlock,
  trainStep,
  warmUp,
} from "@chainrule/nn";
import { type Point, saveChart } from "../support/chart.js";
import { saveImages } from "../support/images.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { steps, seed, out } = readOptions({ steps: 800, seed: 1, out: "out" });

const [size, heads, batch, places] = [64, 4, 128, 8];
const letters = "0123456789+=";
const random = new Random(seed);
const options = { random, dtype: "float32" } as const;

class Adder extends Layer {
  readonly letters = new Embedding(letters.length, size, options);
  readonly places = new Embedding(places, size, options);
  readonly blocks = [1, 2].map(() => new TransformerBlock(size, heads, { ...options, causal: true }));
  readonly norm = new LayerNorm(size, { dtype: "float32" });
  readonly head = new Linear(size, letters.length, options);

  /** Scores of the next letter at each place of texts, [N, 8] to [N, 8, letters]. */
  override forward(codes: Tensor): Tensor {
    let x: Tensor = this.letters.forward(codes).add(this.places.W);
    for (const block of this.blocks) x = block.forward(x);
    return this.head.forward(this.norm.forward(x) as never);
  }
}

/** "47+85=231": 47 + 85 = 132, the digits of the sum from the last on. */
function written(a: number, b: number): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${two(a)}+${two(b)}=${[...String(a + b).padStart(3, "0")].reverse().join("")}`;
}

const codesOf = (texts: readonly string[]): Tensor =>
  tensor(
    texts.map((text) => [...text].map((letter) => letters.indexOf(letter))),
    { dtype: "int32" },
  );

const order = new Random(seed + 1).permutation(10_000).data;
const sums = Array.from(order, (n) => written(Math.floor(n / 100), n % 100));
const [learned, unseen] = [codesOf(sums.slice(0, 8000)), codesOf(sums.slice(8000))];

/** What is read, and what is to come next: only the digits of the sum count. */
const reads = (codes: Tensor): Tensor => codes.slice([null, [0, places]]);
const next = (codes: Tensor): Tensor => {
  const following: Tensor = codes.slice([null, [1, places + 1]]);
  const isSum = tensor(Array.from({ length: places }, (_, place) => place >= 5));
  return isSum.where(following, -1);
};

const adder = new Adder();
const optimizer = new Adam(adder, { lr: 0.002 });
const schedule = warmUp(cosineDecay({ steps }), { steps: Math.min(100, steps) });
const step = trainStep((draws: Random) => {
  const codes = learned.take(draws.integers([batch], { high: 8000 }));
  return crossEntropy(adder.forward(reads(codes)), next(codes), { ignoreIndex: -1 });
}, optimizer);

/** Sums as the network writes them: it reads its own digits, one after the other. */
const answers = compile((codes: Tensor) => {
  let known: Tensor = codes.slice([null, [0, 6]]);
  for (let place = 5; place < places; place++) {
    // What stands behind a place is not seen from it.
    const rest = codes.slice([null, [0, places - place - 1]]) as Tensor;
    const scores = adder.forward(concat([known, rest], 1));
    known = concat([known, scores.argMax(-1).slice([null, [place, place + 1]])], 1);
  }
  return known.slice([null, [6, 9]]) as Tensor;
});

/** Shares of right digits of the sums: units, tens, hundreds, and of sums that are right as a whole. */
function rightOf(codes: Tensor): number[] {
  const right: Tensor = answers(codes).equal(codes.slice([null, [6, 9]]));
  return [...right.cast("float64").mean(0).data, right.all(1).cast("float64").mean().item()];
}

const names = ["units", "tens", "hundreds", "whole sums"];
const curves: Point[][] = names.map(() => []);
const draws = new Random(seed + 2);

section(`Learning, ${steps} steps of ${batch} sums`);
for (let i = 0; i <= steps; i++) {
  if (i % 25 === 0 || i === steps) {
    const shares = rightOf(unseen);
    for (const [k, share] of shares.entries()) curves[k]?.push([i, share]);
    const told = names.map((name, k) => `${name} ${shares[k]?.toFixed(3)}`).join("   ");
    if (i % 100 === 0 || i === steps) console.log(`  step ${String(i).padStart(4)}   unseen sums: ${told}`);
  }
  if (i === steps) break;
  optimizer.lrFactor = schedule(i);
  step(draws.fork(i));
}

section("What it has learned");
const whole = curves.at(-1)?.at(-1)?.[1] ?? 0;
const isFull = steps >= 800;
check(
  "share of unseen sums that are right",
  whole.toFixed(4),
  isFull ? "at least 0.99" : "at least 0.02",
  whole >= (isFull ? 0.99 : 0.02),
);
const examples = sums.slice(8000, 8005);
(answers(codesOf(examples)).toArray() as number[][]).forEach((digits, i) => {
  const [text = ""] = [examples[i]];
  console.log(
    `  ${text.slice(0, 5)} = ${[...digits]
      .reverse()
      .map((code) => letters[code])
      .join("")}`,
  );
});
note("By chance one sum in about 200 would be right: its hundreds are 0 or 1, and 10 times 10 digits stand behind.");

saveChart(join(out, "transformer.svg"), {
  title: "A transformer learns to add: sums that it has never seen",
  x: { name: "step", min: 0, max: steps },
  y: { name: "share that is right", min: 0, max: 1, step: 0.2 },
  series: names.map((name, i) => ({ name, points: curves[i] as Point[], dashed: name === "whole sums" })),
});

section("Where it looks");
/** The weights of attention of a block's heads for one text: from each place to those up to it. */
function attention(text: string): Tensor[] {
  return noGrad(() => {
    let x: Tensor = adder.letters.forward(reads(codesOf([text]))).add(adder.places.W);
    return adder.blocks.map((block) => {
      const { query, key } = block.attention;
      const seen: Tensor = block.norm1.forward(x);
      const [q, k] = [query, key].map((linear): Tensor => {
        const projected: Tensor = linear.forward(seen as never);
        return projected.reshape([places, heads, size / heads]).transpose([1, 0, 2]);
      }) as [Tensor, Tensor];
      const scores = q.matmul(k.transpose([0, 2, 1])).div(Math.sqrt(size / heads)) as Tensor;
      x = block.forward(x);
      const past = tensor(Array.from({ length: places }, (_, i) => Array.from({ length: places }, (_, j) => j <= i)));
      return past.where(scores, Number.NEGATIVE_INFINITY).softmax();
    });
  });
}
const shown = written(47, 85);
saveImages(join(out, "transformer-attention.svg"), {
  title: `Where the heads look, reading ${shown.slice(0, places)}`,
  description:
    "Weights of attention of four heads in two blocks: rows are the places that ask, columns those that are asked, white is 1.",
  columns: heads,
  scale: 14,
  range: [0, 1],
  images: attention(shown).flatMap((weights, block) =>
    (weights.toArray() as number[][][]).map((pixels, head) => ({
      pixels,
      label: `block ${block + 1}, head ${head + 1}`,
    })),
  ),
});
note(
  `Rows are the places that ask, columns those that are asked, in the order of ${shown.slice(0, places)}. The last three rows write the digits: heads that look from ` +
    "the = at the two units, and from the digit behind it at the two tens, are what adding needs.",
);
