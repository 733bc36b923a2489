// Trains the textbook's two-layer network on MNIST, a compiled step at a time, and says how it goes.
import { compile, compileSupport, Random, type Tensor, tensor } from "@chainrule/core";
import { Affine, accuracy, normal, ReLU, Sequential, SGD, softmaxWithLoss, trainStep } from "@chainrule/nn";
import { type Digits, loadDigits, PIXELS } from "./data.js";
import type { Command, Event, Progress, Settings } from "./messages.js";

const HIDDEN = 50;
/** Training ends by itself: a page that is forgotten must not keep a processor busy. */
const EPOCHS = 40;
/** Milliseconds of training between two messages: the curves move, and most of the time goes into steps. */
const SLICE = 80;
/** Steps in a slice of slow motion. */
const SLOW = 2;
/** How many steps are taken at most between two measurements of the accuracy. */
const STEPS_BETWEEN_LOOKS = 50;
/** How many images of each kind the accuracy is measured on. */
const LOOKED_AT = 2000;

const say = (event: Event, transfer: Transferable[] = []) => postMessage(event, { transfer });

/** Images and what they show, as the network takes them. */
interface Examples {
  readonly images: Tensor;
  readonly labels: Tensor;
  readonly count: number;
}

/** The first of the digits. */
function examplesOf({ images, labels, ...digits }: Digits, count = digits.count): Examples {
  const pixels = new Float32Array(count * PIXELS);
  // These are millions: `Float32Array.from` takes ten times as long.
  for (let i = 0; i < pixels.length; i++) pixels[i] = (images[i] as number) / 255;
  return {
    images: tensor(pixels).reshape([count, PIXELS]),
    labels: tensor(Int32Array.from(labels.subarray(0, count))),
    count,
  };
}

/** A network, and what has become of it so far. */
class Training {
  readonly #random = new Random(42);
  readonly #options = { initializer: normal({ std: 0.01 }), random: this.#random, dtype: "float32" } as const;
  readonly #first = new Affine(PIXELS, HIDDEN, this.#options);
  readonly #network = new Sequential([this.#first, new ReLU(), new Affine(HIDDEN, 10, this.#options)]);
  readonly #optimizer = new SGD(this.#network, { lr: 1 });
  readonly #train: Examples;
  readonly #looks: readonly Examples[];
  readonly #scores =
    compileSupport().missing === null
      ? compile((x: Tensor) => this.#network.forward(x))
      : (x: Tensor) => this.#network.forward(x);
  readonly #step = trainStep((rows: Tensor) => {
    const { images, labels } = this.#train;
    return softmaxWithLoss(this.#network.forward(images.take(rows)), labels.take(rows));
  }, this.#optimizer);
  #order = new Int32Array();
  #at = 0;
  step = 0;
  epoch = 0;

  /** `looks` are what the accuracy is measured on: of the training, and of the test. */
  constructor(train: Examples, looks: readonly Examples[]) {
    this.#train = train;
    this.#looks = looks;
  }

  /** One step, and its loss. */
  take({ lr, batchSize }: Settings): number {
    if (this.#at + batchSize > this.#order.length) {
      if (this.#order.length > 0) this.epoch++;
      this.#order = Int32Array.from(this.#random.fork(this.epoch).permutation(this.#train.count).data);
      this.#at = 0;
    }
    const rows = tensor(this.#order.slice(this.#at, this.#at + batchSize));
    this.#at += batchSize;
    this.step++;
    this.#optimizer.lrFactor = lr;
    return this.#step(rows);
  }

  accuracy(): NonNullable<Progress["accuracy"]> {
    const shares = this.#looks.map(({ images, labels }) => accuracy(this.#scores(images), labels));
    const [train, test] = shares as [number, number];
    return { step: this.step, train, test };
  }

  /** Unit by unit. */
  weights(): Float32Array {
    return Float32Array.from(this.#first.W.transpose().data as Float32Array);
  }

  classify(image: Float32Array): number[] {
    return [...this.#scores(tensor(image).reshape([1, PIXELS])).softmax(1).data];
  }
}

let data: { readonly train: Examples; readonly looks: readonly Examples[]; readonly test: Digits };
let training: Training;
let settings: Settings = { lr: 0.1, batchSize: 100, isSlow: false };
let isRunning = false;
/** The step at which the accuracy was last measured. */
let looked = 0;

function report(losses: number[], speed: number, accuracy: Progress["accuracy"]): void {
  const { step, epoch } = training;
  const weights = training.weights();
  say({ say: "progress", step, epoch, losses, speed, accuracy, weights, hidden: HIDDEN }, [weights.buffer]);
}

/** Steps for a while, a word about them, and again, so that commands are heard in between. */
function slice(): void {
  if (!isRunning) return;
  try {
    const start = performance.now();
    const losses: number[] = [];
    const most = settings.isSlow ? SLOW : Number.POSITIVE_INFINITY;
    const next = Math.min(most, STEPS_BETWEEN_LOOKS);
    while (losses.length < next && performance.now() - start < SLICE && training.epoch < EPOCHS) {
      losses.push(training.take(settings));
    }
    const speed = (losses.length * 1000) / (performance.now() - start);
    const isDue =
      training.step - looked >= (settings.isSlow ? SLOW * 5 : STEPS_BETWEEN_LOOKS) || training.epoch >= EPOCHS;
    if (isDue) looked = training.step;
    report(losses, speed, isDue ? training.accuracy() : null);
  } catch (error) {
    isRunning = false;
    say({ say: "failed", message: (error as Error).message });
    return;
  }
  if (training.epoch < EPOCHS) setTimeout(slice, settings.isSlow ? SLICE : 0);
  else {
    isRunning = false;
    say({ say: "ended" });
  }
}

function obey(command: Command): void {
  switch (command.do) {
    case "start":
      settings = command.settings;
      if (!isRunning) {
        isRunning = true;
        slice();
      }
      break;
    case "pause":
      isRunning = false;
      break;
    case "settings":
      settings = command.settings;
      break;
    case "reset":
      isRunning = false;
      training = new Training(data.train, data.looks);
      looked = 0;
      report([], 0, training.accuracy());
      break;
    case "classify":
      say({ say: "classified", id: command.id, probabilities: training.classify(command.image) });
      break;
    case "sample": {
      const place = command.place % data.test.count;
      const pixels = data.test.images.subarray(place * PIXELS, (place + 1) * PIXELS);
      say({
        say: "sample",
        image: Float32Array.from(pixels, (pixel) => pixel / 255),
        label: data.test.labels[place] as number,
      });
      break;
    }
  }
}

async function start(): Promise<void> {
  const folder = new URL(/* @vite-ignore */ "..", import.meta.url);
  const digits = await Promise.all(
    ["train", "test"].map((name) => loadDigits(new URL(`digits-${name}.bin`, folder).href)),
  );
  const [train, test] = digits as [Digits, Digits];
  data = { train: examplesOf(train), looks: digits.map((each) => examplesOf(each, LOOKED_AT)), test };
  training = new Training(data.train, data.looks);
  report([], 0, training.accuracy());
  say({ say: "ready" });
  addEventListener("message", ({ data }: MessageEvent<Command>) => obey(data));
}

start().catch((error: Error) => say({ say: "failed", message: error.message }));
