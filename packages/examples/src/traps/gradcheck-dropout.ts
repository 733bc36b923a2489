/**
 * A gradient check of a network with dropout: a mask that is redrawn in each call is named, a fixed one passes.
 *
 * 드롭아웃이 있는 신경망의 기울기 확인: 호출할 때마다 다시 뽑는 마스크는 지적하고, 고정한 마스크는 통과시킵니다.
 * ドロップアウトのあるネットワークの勾配確認: 呼ぶたびに引き直されるマスクは指摘され、固定したマスクは通る。
 *
 * Differences compare two calls; if each draws a mask of its own they compare two functions. The gradients are right in both
 * cases, and the check says which of the two it has met.
 */
import { GraphError, gradcheck, numericalGradient, Random, type Tensor } from "@chainrule/core";
import { dropout } from "@chainrule/nn";
import { check, note, section } from "../support/report.js";

const mask = (random: Random): Tensor => random.uniform([4, 16]).less(0.5).cast("float64").mul(2);
const random = new Random(1);
const [x, w, v] = [random.normal([4, 8]), random.normal([8, 16]), random.normal([16, 3])];

const network = (draw: () => Tensor) => (x: Tensor, w: Tensor, v: Tensor) =>
  x.matmul(w).tanh().mul(draw()).matmul(v).logSumExp();

section("A mask drawn anew in each call");
const source = new Random(2);
const redrawn = gradcheck(
  network(() => mask(source)),
  [x, w, v],
);
console.log(redrawn.toString());
check("redrawn mask: kind", redrawn.kind, "not deterministic", redrawn.kind === "not deterministic");
check(
  "the repair",
  redrawn.explanation.includes("fix the seed") ? "fix the seed" : "none",
  "fix the seed",
  redrawn.explanation.includes("fix the seed"),
);

section("Numerical gradients of a redrawn mask, as in chapter 4");
{
  // Two calls differ by a whole element, not by a slope: divided by 2h = 2e-4 that is thousands.
  const point = random.normal([16]);
  const noisy = (x: Tensor) => dropout(x, { random: source }).sum().item();
  const h = 1e-4;
  const quotient = (noisy(point.add(h)) - noisy(point.sub(h))) / (2 * h);
  check("by hand: a difference / 2h", quotient.toFixed(0), "no slope, which is at most 32", Math.abs(quotient) > 1000);
  let refusal = "none";
  try {
    numericalGradient(noisy, point);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    refusal = error.name;
    note(error.message);
  }
  check("numericalGradient", refusal, "GraphError", refusal === "GraphError");
}

section("The seed fixed inside of the function");
const seeded = gradcheck(
  network(() => mask(new Random(2))),
  [x, w, v],
);
console.log(seeded.toString());
check("fixed seed: kind", seeded.kind, "right", seeded.ok);

section("One mask drawn outside of the function");
const drawn = mask(new Random(2));
const held = gradcheck(
  network(() => drawn),
  [x, w, v],
  { mode: "random", order: 2 },
);
check("one mask: kind, random directions, second order", held.kind, "right", held.ok);
