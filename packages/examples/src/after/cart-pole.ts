/**
 * Q-learning on a cart with a pole: a network learns from trial and error to keep a pole upright.
 *
 * 막대를 세운 수레의 Q 학습: 신경망이 시행착오로 막대를 세워 두는 법을 배웁니다.
 * 棒を立てた台車の Q 学習: ネットワークが試行錯誤で棒を立て続けることを覚える。
 *
 * The cart can be pushed to the left or to the right, 50 times a second, and an episode is over when the pole leans by 12 degrees, the
 * cart is 2.4 m from the middle, or 500 steps are done. Each step is worth 1. The network Q(state, push) guesses how much is still to
 * come, discounted by g = 0.99 a step, and is drawn to what one step later is known of it:
 *
 *   Q(s, a)  ->  r + g Q'(s', the a' with the largest Q(s', a')),   r alone where the episode is over
 *
 * Q' is an older copy of the network, and the steps learned from are drawn out of a memory of the last ones. H. van Hasselt, A. Guez
 * and D. Silver, "Deep reinforcement learning with double Q-learning" (2016), after V. Mnih et al. (2015); the cart is that of A. Barto,
 * R. Sutton and C. Anderson, "Neuronlike adaptive elements that can solve difficult learning control problems" (1983), equations of
 * R. Florian (2007).
 */
import { join } from "node:path";
import { noGrad, Random, type Tensor, tensor } from "@chainrule/core";
import { Adam, Affine, huberLoss, loadParameters, ReLU, Sequential, trainStep } from "@chainrule/nn";
import { type Point, savePanels } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";
import { palette } from "../support/style.js";

const { episodes, seed, out } = readOptions({ episodes: 600, seed: 2, out: "out" });

/** Position and velocity of the cart (m, m/s), angle and angular velocity of the pole (rad, rad/s). */
type State = readonly [x: number, v: number, angle: number, spin: number];

const [gravity, cartMass, poleMass, halfLength, push, dt] = [9.8, 1, 0.1, 0.5, 10, 0.02];
const longest = 500;

/** The state 0.02 s later, by Euler's method. */
function move([x, v, angle, spin]: State, action: number): State {
  const force = action === 1 ? push : -push;
  const [sin, cos, mass] = [Math.sin(angle), Math.cos(angle), cartMass + poleMass];
  const pull = (force + poleMass * halfLength * spin * spin * sin) / mass;
  const bend = (gravity * sin - cos * pull) / (halfLength * (4 / 3 - (poleMass * cos * cos) / mass));
  const drive = pull - (poleMass * halfLength * bend * cos) / mass;
  return [x + dt * v, v + dt * drive, angle + dt * spin, spin + dt * bend];
}

const isOver = ([x, , angle]: State) => Math.abs(x) > 2.4 || Math.abs(angle) > (12 * Math.PI) / 180;

const random = new Random(seed);
const numbers = random.fork(0).generator;
const uniform = (): number => numbers.uniform(1)[0] as number;

const make = () => {
  const options = { random: random.fork(1), dtype: "float32" } as const;
  return new Sequential([
    new Affine(4, 128, options),
    new ReLU(),
    new Affine(128, 128, options),
    new ReLU(),
    new Affine(128, 2, options),
  ]);
};
const [network, follower] = [make(), make()];

const choose = (state: State): number =>
  noGrad(() =>
    network
      .forward(tensor(state, { dtype: "float32" }))
      .argMax()
      .item(),
  );

/** The last steps: state, push, next state, and whether the episode was over. */
const memory = { size: 100_000, batch: 64 };
const states = new Float32Array(memory.size * 4);
const nexts = new Float32Array(memory.size * 4);
const actions = new Int32Array(memory.size);
const overs = new Float32Array(memory.size);
let remembered = 0;

function remember(state: State, action: number, next: State, over: boolean): void {
  const at = remembered++ % memory.size;
  states.set(state, at * 4);
  nexts.set(next, at * 4);
  actions[at] = action;
  overs[at] = over ? 1 : 0;
}

const step = trainStep(
  (s: Tensor, a: Tensor, next: Tensor, over: Tensor) => {
    // The network chooses the push, its copy says what that is worth: the larger of two guesses would be too large on average.
    const chosen = network.forward(next).argMax(-1).expandDims(1);
    const best = follower.forward(next).gather(chosen, 1).squeeze(1) as Tensor;
    const wanted = best.mul(over.neg().add(1)).mul(0.99).add(1).detach() as Tensor;
    const guessed = network.forward(s).gather(a.expandDims(1), 1).squeeze(1) as Tensor;
    return huberLoss(guessed, wanted);
  },
  new Adam(network, { lr: 0.0023 }),
  { clipNorm: 10 },
);

function learn(): void {
  const known = Math.min(remembered, memory.size);
  const rows = Array.from(numbers.integers(memory.batch, { high: known }));
  const taken = (from: Float32Array): Tensor => {
    const batch = rows.flatMap((row) => [...from.subarray(row * 4, row * 4 + 4)]);
    return tensor(Float32Array.from(batch)).reshape([memory.batch, 4]);
  };
  const actionsTaken = Int32Array.from(rows, (row) => actions[row] as number);
  const oversOfThem = Float32Array.from(rows, (row) => overs[row] as number);
  step(taken(states), tensor(actionsTaken), taken(nexts), tensor(oversOfThem));
}

const begin = (): State => Array.from(numbers.uniform(4, { low: -0.05, high: 0.05 })) as unknown as State;

/** One episode by the network alone. */
function show(): State[] {
  const path = [begin()];
  for (let at = path[0] as State; path.length <= longest && !isOver(at); ) {
    at = move(at, choose(at));
    path.push(at);
  }
  return path;
}

section(`Learning, at most ${episodes} episodes`);
const before = show();
const lengths: number[] = [];
let best = { mean: 0, state: network.state() };
let done = 0;
for (let episode = 1; episode <= episodes && best.mean < longest; episode++) {
  let state = begin();
  let length = 0;
  while (length < longest && !isOver(state)) {
    // All by chance at first, 4% by chance in the end.
    const isChance = uniform() < Math.max(0.04, 1 - done / 8000);
    const action = isChance ? Math.floor(uniform() * 2) : choose(state);
    const next = move(state, action);
    length++;
    done++;
    remember(state, action, next, isOver(next));
    state = next;
    if (done >= 1000 && done % 256 === 0) {
      loadParameters(follower, network.state());
      for (let i = 0; i < 128; i++) learn();
    }
  }
  lengths.push(length);
  // Q-learning comes and goes: the best network is kept, as trials without chance tell.
  if (episode % 10 === 0) {
    const mean = meanLength(Array.from({ length: 5 }, show));
    if (mean > best.mean) best = { mean, state: network.state() };
    if (episode % 50 === 0 || mean === longest) {
      console.log(
        `  episode ${String(episode).padStart(3)}   steps in all ${String(done).padStart(5)}   without chance, mean of 5: ${mean.toFixed(0)}`,
      );
    }
  }
}
loadParameters(network, best.state);

section("What it can do");
const trials = Array.from({ length: 20 }, () => show());
const mean = meanLength(trials);
console.log(`  an episode before learning: ${before.length - 1} steps`);
const isFull = episodes >= 600;
check(
  "steps of an episode, mean of 20, without chance",
  mean.toFixed(0),
  isFull ? "at least 450" : "at least 40",
  mean >= (isFull ? 450 : 40),
);
note(
  "475 of 500 steps count as solved where this cart is a benchmark. Q-learning comes and goes on the way there, and how long it takes depends on " +
    "chance: with --seed 1 the best network of 600 episodes stands for 440 steps.",
);

const degrees = (path: readonly State[]): Point[] => path.map(([, , angle], i) => [i * dt, (angle * 180) / Math.PI]);
const [after] = trials as [State[]];
savePanels(join(out, "cart-pole.svg"), {
  title: "A pole on a cart, before and after",
  columns: 2,
  size: [330, 220],
  panels: [
    {
      title: "steps until the pole falls",
      x: { name: "episode", min: 0 },
      y: { name: "steps", min: 0, max: longest },
      series: [
        { name: "each episode", points: lengths.map((length, i) => [i + 1, length]), faint: true },
        { name: "mean of 20", color: palette[2], points: lengths.map((_, i) => [i + 1, mean20(i)]) },
      ],
    },
    {
      title: "angle of the pole",
      x: { name: "time (s)", min: 0, max: longest * dt, step: 2 },
      y: { name: "degrees", min: -15, max: 15, step: 5 },
      series: [
        { name: "before learning", points: degrees(before) },
        { name: "after", points: degrees(after) },
      ],
    },
  ],
});

function meanLength(paths: readonly (readonly State[])[]): number {
  return paths.reduce((sum, path) => sum + path.length - 1, 0) / paths.length;
}

function mean20(i: number): number {
  const some = lengths.slice(Math.max(0, i - 19), i + 1);
  return some.reduce((sum, length) => sum + length, 0) / some.length;
}
