/**
 * A gradient check of a network with dropout: a mask that is redrawn in each call is named, a fixed one passes.
 *
 * Differences compare two calls; if each draws a mask of its own they compare two functions. The gradients are right in both
 * cases, and the check says which of the two it has met.
 */
import { gradcheck, Random, type Tensor } from "@chainrule/core";
import { check, section } from "../support/report.js";

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
check("kind", redrawn.kind, "not deterministic", redrawn.kind === "not deterministic");
check(
  "the repair",
  redrawn.explanation.includes("fix the seed") ? "fix the seed" : "none",
  "fix the seed",
  redrawn.explanation.includes("fix the seed"),
);

section("The seed fixed inside of the function");
const seeded = gradcheck(
  network(() => mask(new Random(2))),
  [x, w, v],
);
console.log(seeded.toString());
check("kind", seeded.kind, "right", seeded.ok);

section("One mask drawn outside of the function");
const drawn = mask(new Random(2));
const held = gradcheck(
  network(() => drawn),
  [x, w, v],
  { mode: "random", order: 2 },
);
check("kind, by random directions, to second order", held.kind, "right", held.ok);
