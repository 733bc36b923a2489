/**
 * A pendulum from its Lagrangian: energy and equations of motion by `grad`, `jvp` and `hessian`, integrated, and checked.
 *
 * 라그랑지언에서 출발한 진자: 에너지와 운동 방정식을 `grad`, `jvp`, `hessian`으로 구해 적분하고 확인합니다.
 * ラグランジアンから始める振り子: エネルギーと運動方程式を `grad`、`jvp`、`hessian` で求め、積分して確かめる。
 *
 * L(q, v) = m l^2 v^2 / 2 - m g l (1 - cos q) for an angle q (rad) and its velocity v (rad/s). Nothing else is written down:
 * the momentum is dL/dv, the energy v dL/dv - L, and the acceleration a follows from Lagrange's equation,
 * d2L/dv2 a + d2L/dvdq v = dL/dq. A pendulum with two arms then needs no other program, only its own L.
 *
 * Checked against a = -(g / l) sin q, and against the exact period 2 pi sqrt(l / g) / agm(1, cos(q0 / 2)), agm being the
 * arithmetic-geometric mean (Gauss); for a small swing that is 2 pi sqrt(l / g).
 */
import { grad, hessian, jvp, stack, type Tensor, tensor } from "@chainrule/core";
import { check, compare, note, section } from "../support/report.js";

type Lagrangian = (q: Tensor, v: Tensor) => Tensor;

const [m, l, g] = [0.5, 2, 9.81];
const pendulum: Lagrangian = (q, v) =>
  v
    .square()
    .sum()
    .mul(0.5 * m * l * l)
    .sub(
      q
        .cos()
        .sub(1)
        .sum()
        .mul(-m * g * l),
    );

/** Two arms of length 1 with masses of 1 at their ends, angles from the vertical (Landau and Lifshitz, Mechanics, section 5). */
const double: Lagrangian = (q, v) => {
  const [q1, q2, v1, v2] = [q.take(0), q.take(1), v.take(0), v.take(1)] as const;
  const kinetic = v1
    .square()
    .add(v2.square().mul(0.5))
    .add(v1.mul(v2).mul(q1.sub(q2).cos()));
  return kinetic.add(q1.cos().mul(2 * g)).add(q2.cos().mul(g));
};

const momentum =
  (L: Lagrangian) =>
  (q: Tensor, v: Tensor): Tensor =>
    grad(L, { argument: 1 })(q, v);

function energy(L: Lagrangian, q: Tensor, v: Tensor): number {
  return momentum(L)(q, v).mul(v).sum().sub(L(q, v)).item();
}

/** Lagrange's equation solved for the acceleration, for one or two angles. */
function acceleration(L: Lagrangian, q: Tensor, v: Tensor): Tensor {
  const force = grad(L)(q, v);
  // The momentum changes with q at the rate v: d2L/dvdq v is its derivative in that direction.
  const { tangent } = jvp((q: Tensor) => momentum(L)(q, v))(q, v);
  const mass = hessian((v: Tensor) => L(q, v))(v);
  const right = force.sub(tangent);
  if (q.size === 1) return right.div(mass.reshape([1]));
  const entry = (i: number) => mass.reshape([4]).take(i);
  const [a, b, c, d] = [entry(0), entry(1), entry(2), entry(3)];
  const [x, y] = [right.take(0), right.take(1)];
  const determinant = a.mul(d).sub(b.mul(c));
  return stack([d.mul(x).sub(b.mul(y)), a.mul(y).sub(c.mul(x))]).div(determinant);
}

interface State {
  readonly q: Tensor;
  readonly v: Tensor;
}

/** A step of the classical Runge-Kutta method of fourth order. */
function step(L: Lagrangian, { q, v }: State, h: number): State {
  const slope = (s: State): State => ({ q: s.v, v: acceleration(L, s.q, s.v) });
  const moved = (k: State, t: number): State => ({ q: q.add(k.q.mul(t)), v: v.add(k.v.mul(t)) });
  const k1 = slope({ q, v });
  const k2 = slope(moved(k1, h / 2));
  const k3 = slope(moved(k2, h / 2));
  const k4 = slope(moved(k3, h));
  const mean = (part: (k: State) => Tensor) => part(k1).add(part(k2).mul(2)).add(part(k3).mul(2)).add(part(k4)).div(6);
  return moved({ q: mean((k) => k.q), v: mean((k) => k.v) }, h);
}

function agm(a: number, b: number): number {
  return Math.abs(a - b) < 1e-15 ? a : agm((a + b) / 2, Math.sqrt(a * b));
}

/** The time of a swing from rest at q0 and back, and how far the energy went astray on the way. */
function swing(q0: number, h: number): { readonly period: number; readonly drift: number } {
  let state: State = { q: tensor([q0]), v: tensor([0]) };
  const start = energy(pendulum, state.q, state.v);
  let drift = 0;
  for (let n = 0; ; n++) {
    const next = step(pendulum, state, h);
    drift = Math.max(drift, Math.abs(energy(pendulum, next.q, next.v) - start));
    const [before, after] = [state.q.data[0] as number, next.q.data[0] as number];
    if (before > 0 && after <= 0) {
      // A quarter of the period ends where q is 0: Newton's method on the length of the last step.
      let part = (h * before) / (before - after);
      for (let i = 0; i < 4; i++) {
        const there = step(pendulum, state, part);
        part -= (there.q.data[0] as number) / (there.v.data[0] as number);
      }
      return { period: 4 * (n * h + part), drift: drift / start };
    }
    state = next;
  }
}

section("Equations of motion at q = 0.7, v = -1.3");
const [q, v] = [tensor([0.7]), tensor([-1.3])];
compare("momentum, m l^2 v", momentum(pendulum)(q, v).data[0], m * l * l * -1.3);
compare(
  "energy, m l^2 v^2 / 2 + m g l (1 - cos q)",
  energy(pendulum, q, v),
  0.5 * m * l * l * 1.69 + m * g * l * (1 - Math.cos(0.7)),
);
compare("acceleration, -(g / l) sin q", acceleration(pendulum, q, v).data[0], (-g / l) * Math.sin(0.7));

const small = 2 * Math.PI * Math.sqrt(l / g);
for (const q0 of [0.01, 1, 2.5]) {
  section(`A swing from ${q0} rad`);
  const { period, drift } = swing(q0, 0.01);
  compare(`from ${q0} rad: period (s)`, period, small / agm(1, Math.cos(q0 / 2)), 1e-6);
  check(`from ${q0} rad: change of the energy, relative`, drift.toExponential(1), "at most 1e-8", drift <= 1e-8);
  if (q0 === 0.01) compare("2 pi sqrt(l / g), for a small swing", period, small, 1e-4);
}

section("Two arms, from rest at 2 and 1 rad");
// For both angles at rest: 2 a1 + a2 cos(q1 - q2) = -2 g sin q1 and a1 cos(q1 - q2) + a2 = -g sin q2.
const [q1, q2, c] = [2, 1, Math.cos(1)];
const a1 = (-2 * g * Math.sin(q1) + g * c * Math.sin(q2)) / (2 - c * c);
let state: State = { q: tensor([q1, q2]), v: tensor([0, 0]) };
const first = acceleration(double, state.q, state.v);
compare("acceleration of the first arm", first.data[0], a1);
compare("acceleration of the second arm", first.data[1], -g * Math.sin(q2) - c * a1);
const before = energy(double, state.q, state.v);
compare("energy, -g (2 cos q1 + cos q2)", before, -g * (2 * Math.cos(q1) + Math.cos(q2)));
for (let n = 0; n < 200; n++) state = step(double, state, 0.005);
const change = Math.abs(energy(double, state.q, state.v) - before);
check("change of the energy after 1 s (J)", change.toExponential(1), "at most 1e-6", change <= 1e-6);
note("One function was written down for each pendulum, its Lagrangian; all forces are derivatives of it.");
