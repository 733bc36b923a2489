/**
 * Four optimizers on f = x^2 / 20 + y^2 from (-7, 2), 30 steps each: their paths over the contours of f.
 *
 * f = x^2 / 20 + y^2에서 옵티마이저 네 가지, (-7, 2)에서 30걸음씩: f의 등고선 위에 그린 경로.
 * f = x^2 / 20 + y^2 での四つのオプティマイザ、(-7, 2) から 30 ステップずつ: f の等高線の上に描いた経路。
 *
 * With the gradient g = (x / 10, 2 y), which hardly ever points at the minimum (0, 0):
 *   SGD       W <- W - lr g                                                          lr 0.95
 *   Momentum  v <- 0.9 v - lr g,   W <- W + v                                        lr 0.1
 *   AdaGrad   h <- h + g^2,        W <- W - lr g / (sqrt(h) + 1e-7)                  lr 1.5
 *   Adam      m <- 0.9 m + 0.1 g,  v <- 0.999 v + 0.001 g^2,
 *             W <- W - lr sqrt(1 - 0.999^t) / (1 - 0.9^t) m / (sqrt(v) + 1e-7)       lr 0.3
 */
import { join } from "node:path";
import { type Tensor, variable } from "@chainrule/core";
import { AdaGrad, Adam, Momentum, type Optimizer, SGD } from "@chainrule/nn";
import { type Point, savePanels } from "../support/chart.js";
import { readOptions } from "../support/options.js";
import { check, compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

type Position = { readonly x: Tensor; readonly y: Tensor };

const f = ({ x, y }: Position): Tensor => x.square().div(20).add(y.square());

/** The points that an optimizer comes through, the start included. */
function pathOf(optimizerOf: (position: Position) => Optimizer): Point[] {
  const position = { x: variable(-7), y: variable(2) };
  const optimizer = optimizerOf(position);
  const path: Point[] = [[-7, 2]];
  for (let i = 0; i < 30; i++) {
    optimizer.zeroGrad();
    f(position).backward();
    optimizer.step();
    path.push([position.x.item(), position.y.item()]);
  }
  return path;
}

const paths = {
  SGD: pathOf((position) => new SGD(position, { lr: 0.95 })),
  Momentum: pathOf((position) => new Momentum(position, { lr: 0.1 })),
  AdaGrad: pathOf((position) => new AdaGrad(position, { lr: 1.5 })),
  Adam: pathOf((position) => new Adam(position, { lr: 0.3 })),
};

/** Where they are after 30 steps of the formulas above, written out in plain Python. */
const wanted: Readonly<Record<keyof typeof paths, Point>> = {
  SGD: [-0.3503929957523197, 0.0847823165504322],
  Momentum: [0.896413858493733, 0.08808560171506971],
  AdaGrad: [-0.12016232231416045, 2.486389893984459e-17],
  Adam: [0.13600685239498186, 0.31824537553721943],
};

section("After 30 steps (source: the book's formulas in plain Python)");
for (const [name, path] of Object.entries(paths) as [keyof typeof paths, Point[]][]) {
  const [x, y] = path.at(-1) as Point;
  compare(`${name}: x`, x, wanted[name][0]);
  compare(`${name}: y`, y, wanted[name][1]);
}

section("The valley is steep along y: how often y changes its sign");
const turns = (path: readonly Point[]) => path.filter(([, y], i) => i > 0 && y * (path[i - 1] as Point)[1] < 0).length;
check("SGD: each step multiplies y by 1 - 2 lr = -0.9", turns(paths.SGD), "30 of 30", turns(paths.SGD) === 30);
for (const name of ["Momentum", "AdaGrad", "Adam"] as const) {
  check(name, turns(paths[name]), "at most 5", turns(paths[name]) <= 5);
}
note(`SGD zigzags: the rate that is near the limit of 1 for y is small for x, whose slope is a twentieth of it. Momentum adds up what
  the steps have in common, and rolls past the minimum like a ball. AdaGrad divides by the slopes so far, so that y, steep at
  first, soon moves little. Adam does both.`);

section("Picture");
/** The ellipse on which f has a value. */
const contour = (value: number): Point[] =>
  Array.from({ length: 97 }, (_, i) => {
    const angle = (i * Math.PI) / 48;
    return [Math.sqrt(20 * value) * Math.cos(angle), Math.sqrt(value) * Math.sin(angle)];
  });
savePanels(join(out, "optimizer-paths.svg"), {
  title: "30 steps down x²/20 + y², from (−7, 2)",
  description:
    "Four paths over ellipses around (0, 0). SGD zigzags across the valley, Momentum swings through it in a wide arc past the minimum, " +
    "AdaGrad turns into the valley and goes straight along it, Adam goes along it with a small swing.",
  columns: 2,
  size: [300, 180],
  panels: Object.entries(paths).map(([name, path]) => ({
    title: name,
    x: { name: "x", min: -8, max: 4, step: 2 },
    y: { name: "y", min: -3, max: 3, step: 1 },
    series: [
      ...[0.1, 0.5, 1.5, 3, 5, 8].map((value) => ({ name: "contour", points: contour(value), faint: true })),
      { name: "path", points: path, marks: true },
    ],
  })),
});
