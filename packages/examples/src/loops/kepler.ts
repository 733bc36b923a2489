/**
 * Kepler's equation by Newton's method, and its derivatives by the implicit function theorem: no step is differentiated.
 *
 * 케플러 방정식을 뉴턴법으로 풀고, 그 미분은 음함수 정리로 구합니다: 풀이 과정은 미분하지 않습니다.
 * ケプラー方程式をニュートン法で解き、その微分は陰関数定理で: 反復の途中は微分しない。
 *
 * Where a planet stands at a time is told by the eccentric anomaly E, the root of E - e sin E = M, e being the eccentricity of its orbit
 * and M the mean anomaly, which grows evenly in time. The equation has no closed solution, but its derivatives by M and e have:
 * dE/dM = 1 / (1 - e cos E), dE/de = sin E / (1 - e cos E). `rootOf` finds E in a loop of a program, and its gradients know nothing of
 * that loop; so does `fixedPoint`, which iterates E = M + e sin E as Kepler did.
 */
import { compile, fixedPoint, grad, rootOf, type Tensor, tensor } from "@chainrule/core";
import { compare, note, section } from "../support/report.js";

const byNewton = (M: Tensor, e: Tensor): Tensor => rootOf((E: Tensor) => E.sub(e.mul(E.sin())).sub(M), M);
const byIteration = (M: Tensor, e: Tensor): Tensor => fixedPoint((E: Tensor) => M.add(e.mul(E.sin())), M);

/** The anomaly and its derivatives: by M, by e, and twice by M. */
const all = (solve: typeof byNewton) =>
  compile((M: Tensor, e: Tensor) => [
    solve(M, e),
    ...grad(solve, { argument: [0, 1] })(M, e),
    grad((M: Tensor) => grad(solve)(M, e))(M),
  ]);

// Mercury, a quarter of a year after it was nearest to the sun.
const [M, e] = [1.5, 0.2056];
for (const [name, solve] of [
  ["Newton", byNewton],
  ["iteration", byIteration],
] as const) {
  // biome-ignore format: pairs
  section(`${name}: E - ${e} sin E = ${M}`);
  const [E, dM, de, dMM] = all(solve)(tensor(M), tensor(e)).map((value) => value.item()) as [
    number,
    number,
    number,
    number,
  ];
  const slope = 1 / (1 - e * Math.cos(E));
  compare(`${name}: E - e sin E`, E - e * Math.sin(E), M, 1e-9);
  compare(`${name}: dE/dM`, dM, slope, 1e-9);
  compare(`${name}: dE/de`, de, slope * Math.sin(E), 1e-9);
  compare(`${name}: d2E/dM2`, dMM, -(slope ** 3) * e * Math.sin(E), 1e-8);
}
note(
  "Newton's steps and Kepler's iteration come to the same number, and their derivatives to the same: how a root is found does not matter to them.",
);
