/**
 * A character-level LSTM: a network that reads a text letter by letter, and then writes on its own.
 *
 * 문자 단위 LSTM: 글을 한 글자씩 읽은 신경망이 스스로 글을 씁니다.
 * 文字単位の LSTM: 文章を一文字ずつ読んだネットワークが、自分で文章を書く。
 *
 * At each letter it guesses the next one, and is told by the cross-entropy how surprised it was, in bits a letter. What it has read
 * stands in the cells' state, c = f c + i g, h = o tanh(c), whose gates f, i, o are learned. S. Hochreiter and J. Schmidhuber, "Long
 * short-term memory" (1997), with the forget gate of F. Gers et al. (2000). It is trained on pieces of 32 letters (`--length`: the program
 * has as many kernels for any) out of three of Shakespeare's sonnets (18, 73 and 116; 1609), and writes by drawing each letter from its
 * guess. So short a text it learns by heart: what one sees is how words, lines and rhymes appear one after the other.
 */
import { join } from "node:path";
import { noGrad, oneHot, Random, type Tensor, tensor } from "@chainrule/core";
import { Adam, Affine, Layer, LSTM, type LSTMState, softmaxWithLoss, trainStep } from "@chainrule/nn";
import { type Point, saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { steps, length, seed, out } = readOptions({ steps: 600, length: 32, seed: 1, out: "out" });

const text = `Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date;
Sometime too hot the eye of heaven shines,
And often is his gold complexion dimm'd;
And every fair from fair sometime declines,
By chance or nature's changing course untrimm'd;
But thy eternal summer shall not fade,
Nor lose possession of that fair thou ow'st;
Nor shall death brag thou wander'st in his shade,
When in eternal lines to time thou grow'st:
So long as men can breathe or eyes can see,
So long lives this, and this gives life to thee.

That time of year thou mayst in me behold
When yellow leaves, or none, or few, do hang
Upon those boughs which shake against the cold,
Bare ruin'd choirs, where late the sweet birds sang.
In me thou see'st the twilight of such day
As after sunset fadeth in the west,
Which by and by black night doth take away,
Death's second self, that seals up all in rest.
In me thou see'st the glowing of such fire
That on the ashes of his youth doth lie,
As the death-bed whereon it must expire,
Consumed with that which it was nourish'd by.
This thou perceiv'st, which makes thy love more strong,
To love that well which thou must leave ere long.

Let me not to the marriage of true minds
Admit impediments. Love is not love
Which alters when it alteration finds,
Or bends with the remover to remove:
O no! it is an ever-fixed mark
That looks on tempests and is never shaken;
It is the star to every wandering bark,
Whose worth's unknown, although his height be taken.
Love's not Time's fool, though rosy lips and cheeks
Within his bending sickle's compass come:
Love alters not with his brief hours and weeks,
But bears it out even to the edge of doom.
If this be error and upon me proved,
I never writ, nor no man ever loved.
`;

const letters = [...new Set(text)].sort();
const codes = Int32Array.from(text, (letter) => letters.indexOf(letter));
const batch = 32;
const random = new Random(seed);

class Writer extends Layer {
  readonly lstm = new LSTM(letters.length, 128, { random, dtype: "float32" });
  readonly head = new Affine(128, letters.length, { random, dtype: "float32" });

  /** Scores of the next letter at each of the letters, [N, T], and the state behind the last one. */
  read(codes: Tensor, state?: LSTMState): { scores: Tensor; state: LSTMState } {
    const [rows, steps] = codes.shape as [number, number];
    const hot: Tensor = oneHot(codes, letters.length, { dtype: "float32" });
    const read = this.lstm.run(hot as Tensor<[number, number, number]>, state && { state });
    const flat: Tensor = read.output.reshape([rows * steps, 128]);
    return { scores: this.head.forward(flat), state: read.state };
  }

  override forward(codes: Tensor): Tensor {
    return this.read(codes).scores;
  }
}

const writer = new Writer();
const step = trainStep(
  (x: Tensor, next: Tensor) => softmaxWithLoss(writer.forward(x), next.reshape([batch * length])),
  new Adam(writer, { lr: 0.005 }),
  { clipNorm: 1 },
);

/** Pieces of the text, and the same one letter on. */
function pieces(i: number): [Tensor, Tensor] {
  const starts = random.fork(i).integers(batch, { high: codes.length - length }).data;
  const from = (shift: number) =>
    tensor(
      Int32Array.from(
        { length: batch * length },
        (_, k) => codes[(starts[Math.floor(k / length)] as number) + (k % length) + shift] as number,
      ),
    ).reshape([batch, length]);
  return [from(0), from(1)];
}

/** What the network writes, beginning with a new line; low temperatures make it sure of itself. */
function write(count: number, temperature: number): string {
  const numbers = new Random(seed + 7).generator;
  return noGrad(() => {
    let read = writer.read(tensor([[letters.indexOf("\n")]], { dtype: "int32" }));
    let written = "";
    while (written.length < count) {
      const shares = read.scores.div(temperature).softmax().data;
      let [draw, code] = [numbers.uniform(1)[0] as number, 0];
      while (code < letters.length - 1 && draw >= (shares[code] as number)) draw -= shares[code++] as number;
      written += letters[code];
      read = writer.read(tensor([[code]], { dtype: "int32" }), read.state);
    }
    return written;
  });
}

const bits = (nats: number) => nats / Math.LN2;
const losses: Point[] = [];
const shown = [0, 50, 150, steps].filter((at) => at <= steps);

section(`Learning, ${steps} steps of ${batch} pieces of ${length} letters`);
let mean = 0;
for (let i = 0; i <= steps; i++) {
  if (shown.includes(i)) {
    console.log(`\n  after ${i} steps${i === 0 ? "" : `, ${bits(mean).toFixed(2)} bits a letter`}:`);
    console.log(write(i === steps ? 400 : 160, 0.5).replaceAll(/^/gm, "    "));
  }
  if (i === steps) break;
  const start = performance.now();
  const loss = step(...pieces(i));
  if (i === 0) console.log(`\n  first step: ${(performance.now() - start).toFixed(0)} ms, compiling included`);
  mean += (loss - mean) / Math.min(i + 1, 20);
  losses.push([i + 1, bits(mean)]);
}

section("What it has learned");
const counts = letters.map((letter) => text.split(letter).length - 1);
const frequencies = counts.reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0);
console.log(
  `  bits a letter, all letters alike: ${Math.log2(letters.length).toFixed(2)}; by their frequencies: ${frequencies.toFixed(2)}`,
);
const isFull = steps >= 600 && length >= 32;
check(
  "bits a letter",
  bits(mean).toFixed(2),
  isFull ? "at most 0.5" : `at most ${frequencies.toFixed(2)}`,
  bits(mean) <= (isFull ? 0.5 : frequencies),
);
const words = new Set(text.match(/[A-Za-z'-]+/g));
const written = write(1500, 0.5).match(/[A-Za-z'-]+/g) ?? [];
const share = written.slice(0, -1).filter((word) => words.has(word)).length / (written.length - 1);
check(
  "share of its words that are words of the sonnets",
  share.toFixed(2),
  isFull ? "at least 0.9" : "at least 0.05",
  share >= (isFull ? 0.9 : 0.05),
);
note("What is left above 0 is the beginning of each piece: of the first letters nobody can know where they stand.");

saveChart(join(out, "character-lstm.svg"), {
  title: "An LSTM learns three sonnets by heart",
  x: { name: "step", min: 0 },
  y: { name: "bits a letter", min: 0 },
  series: [
    { name: "mean of 20 steps", points: losses },
    {
      name: "guess by the frequencies of the letters",
      points: [
        [0, frequencies],
        [steps, frequencies],
      ],
      dashed: true,
    },
  ],
});
