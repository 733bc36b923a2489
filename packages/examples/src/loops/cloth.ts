/**
 * A cloth of masses and springs dropped on a ball: the gradient goes back through 500 steps, and aims the throw.
 *
 * 질량과 용수철로 된 천을 공 위에 떨어뜨립니다: 기울기가 500단계를 거슬러 가서 던지는 방향을 맞춥니다.
 * 質点とばねでできた布をボールの上に落とす: 勾配が 500 ステップをさかのぼり、投げ方を調整する。
 *
 * 24 x 24 masses hang together by springs along the rows, the columns and the diagonals, fall, and slide over a ball that pushes out what
 * comes into it (a spring, too). Each step is one of velocity Verlet; all of them are one `scan`, in a compiled program one loop forward and
 * one back. The loss is how far the middle of the cloth is from a mark beside the ball's at the end; its gradient by the velocity with which
 * the cloth is thrown is compared with differences, and some steps of gradient descent bring the cloth to the mark.
 */
import { join } from "node:path";
import { compile, scan, type Tensor, tensor, valueAndGrad } from "@chainrule/core";
import { saveChart } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { steps, side, out } = readOptions({ steps: 500, side: 24, out: "out" });

/** Seconds a step: the cloth meets the ball after a quarter of a second, and hangs over it after 0.6. */
const dt = 0.6 / steps;
const gravity = tensor([0, 0, -9.81]) as Tensor;
const stiffness = 800;
const friction = 0.6;
const ball = { center: tensor([0, 0, 0]) as Tensor, radius: 0.4, stiffness: 2000 };
const mark = tensor([0.2, 0.1]) as Tensor;
const spacing = 1 / (side - 1);

/** The masses at the beginning: a square, level, above the ball; [side, side, 3]. */
const start = tensor(
  Array.from({ length: side }, (_, i) =>
    Array.from({ length: side }, (_, j) => [i * spacing - 0.5, j * spacing - 0.5, 0.7]),
  ),
) as Tensor;

/** The springs between masses that are (di, dj) apart: what they do to all masses. */
function springs(x: Tensor, di: number, dj: number): Tensor {
  const [left, right]: [[number, number], [number, number]] =
    dj < 0 ? [[-dj, side], [0, side + dj]] : [[0, side - dj], [dj, side]]; // biome-ignore format: pairs
  const [top, bottom]: [[number, number], [number, number]] = [[0, side - di], [di, side]]; // biome-ignore format: pairs
  const between = x.slice([bottom, right]).sub(x.slice([top, left]));
  const length = between.square().sum({ axis: 2, keepDims: true }).sqrt();
  const pull = between.mul(
    length
      .sub(spacing * Math.hypot(di, dj))
      .div(length)
      .mul(stiffness),
  );
  const widths = ([from, to]: [number, number]): [number, number] => [from, side - to];
  return pull.pad([widths(top), widths(left), [0, 0]]).sub(pull.pad([widths(bottom), widths(right), [0, 0]]));
}

function forces(x: Tensor, v: Tensor): Tensor {
  const inner = [[0, 1], [1, 0], [1, 1], [1, -1]].map(([di, dj]) => springs(x, di as number, dj as number)); // biome-ignore format: pairs
  const away = x.sub(ball.center);
  const distance = away.square().sum({ axis: 2, keepDims: true }).sqrt();
  const push = away.div(distance).mul(distance.neg().add(ball.radius).relu().mul(ball.stiffness));
  return inner
    .reduce((sum, next) => sum.add(next))
    .add(push)
    .add(gravity)
    .sub(v.mul(friction)) as Tensor;
}

/** Where the masses are after all steps, thrown with one velocity. */
function thrown(velocity: Tensor): Tensor {
  const v = velocity.broadcastTo([side, side, 3]) as Tensor;
  const [end] = scan(
    ({ x, v, a }) => {
      const half = v.add(a.mul(dt / 2));
      const next = x.add(half.mul(dt));
      const acceleration = forces(next, half);
      return [{ x: next, v: half.add(acceleration.mul(dt / 2)), a: acceleration }];
    },
    { x: start, v, a: forces(start, v) },
    undefined,
    { length: steps },
  );
  return end.x;
}

const miss = (velocity: Tensor): Tensor =>
  thrown(velocity)
    .mean({ axis: [0, 1] })
    .slice([[0, 2]])
    .sub(mark)
    .square()
    .sum();

const began = performance.now();
const aim = compile((velocity: Tensor) => valueAndGrad(miss)(velocity));
let velocity = tensor([0.2, 0.1, 0]) as Tensor;
const first = aim(velocity);
section(
  `${side * side} masses, ${steps} steps, first value and gradient in ${(performance.now() - began).toFixed(0)} ms`,
);
const loss = compile(miss);
for (const i of [0, 1, 2]) {
  const h = 1e-6;
  const at = (k: number) => loss(velocity.add(tensor([0, 1, 2].map((j) => (j === i ? k * h : 0))))).item();
  compare(`d miss / d velocity ${i}`, first.gradient.data[i] as number, (at(1) - at(-1)) / (2 * h), 1e-4);
}

let last = first;
for (let round = 0; round < 40; round++) {
  velocity = velocity.sub(last.gradient.mul(0.5)) as Tensor;
  last = aim(velocity);
}
const shown = [...velocity.data].map((value) => value.toFixed(2)).join(", ");
check(
  "distance from the mark",
  Math.sqrt(last.value.item()).toExponential(1),
  "at most 0.02",
  last.value.item() < 4e-4,
);
note(
  `Thrown with (${shown}) m/s the cloth hangs where it should; the gradient that found this went back through ${steps} steps.`,
);

const end = thrownNow(velocity);
saveChart(join(out, "cloth.svg"), {
  title: "The cloth at the end, from the side",
  x: { name: "x (m)", min: -0.8, max: 0.8 },
  y: { name: "z (m)", min: -1, max: 0.6 },
  series: [
    { name: "masses", scatter: end.map(([x, , z]) => [x, z] as [number, number]), size: 3 },
    {
      name: "ball",
      points: Array.from({ length: 101 }, (_, i) => [
        ball.radius * Math.cos((i * Math.PI) / 50),
        ball.radius * Math.sin((i * Math.PI) / 50),
      ]),
    },
  ],
});

function thrownNow(velocity: Tensor): readonly [number, number, number][] {
  return compile(thrown)(velocity)
    .reshape([side * side, 3])
    .toArray() as [number, number, number][];
}
