import { compile, concat, grad, scan, stack, tensor, vmap, zeros } from "@chainrule/core";
import * as rose from "rose";
import { uniform } from "../../data.mjs";

const units = 16;

/** The weights [4 units, 2 units + 1] of the gates, of which the last column is the bias; the inputs [steps, units]. */
function given(steps) {
  const rows = (count, width, seed) =>
    Array.from({ length: count }, (_, i) =>
      Array.from(uniform(count * width, seed, Float64Array).subarray(i * width, (i + 1) * width), (u) => u - 0.5),
    );
  return { weights: rows(4 * units, 2 * units + 1, 1), inputs: rows(steps, units, 2) };
}

/** The gradient, by the weights, of the mean square of what comes out after all steps. */
async function withRose({ steps }) {
  const { Dual, Real, Vec, add, compile, div, fn, mul, neg, opaque, sub, sum, vec, vjp } = rose;
  const exp = opaque([Real], Real, Math.exp);
  exp.jvp = fn([Dual], Dual, ({ re: x, du: dx }) => {
    const y = exp(x);
    return { re: y, du: mul(dx, y) };
  });
  const sigmoid = fn([Real], Real, (x) => div(1, add(1, exp(neg(x)))));
  const tanh = fn([Real], Real, (x) => sub(mul(2, sigmoid(mul(2, x))), 1));
  const Vector = Vec(units, Real);
  const Gates = Vec(units, { x: Vector, h: Vector, bias: Real });
  const State = { h: Vector, c: Vector };
  const gate = fn([Gates, Vector, Vector], Vector, (gates, x, h) =>
    vec(units, Real, (i) =>
      add(
        gates[i].bias,
        add(
          sum(units, (j) => mul(gates[i].x[j], x[j])),
          sum(units, (j) => mul(gates[i].h[j], h[j])),
        ),
      ),
    ),
  );
  const Weights = { forget: Gates, ingate: Gates, outgate: Gates, change: Gates };
  const step = fn([Weights, State, Vector], State, (weights, { h, c }, x) => {
    const [forget, ingate, outgate, change] = ["forget", "ingate", "outgate", "change"].map((name) =>
      gate(weights[name], x, h),
    );
    const cell = vec(units, Real, (i) => add(mul(c[i], sigmoid(forget[i])), mul(sigmoid(ingate[i]), tanh(change[i]))));
    return { h: vec(units, Real, (i) => mul(sigmoid(outgate[i]), tanh(cell[i]))), c: cell };
  });
  const { weights, inputs } = given(steps);
  const Both = { weights: Weights, inputs: Vec(steps, Vector) };
  const loss = fn([Both], Real, ({ weights, inputs }) => {
    let state = { h: vec(units, Real, () => 0), c: vec(units, Real, () => 0) };
    for (let t = 0; t < steps; t++) state = step(weights, state, inputs[t]);
    return div(
      sum(units, (i) => mul(state.h[i], state.h[i])),
      units,
    );
  });
  const gradient = await compile(fn([Both], Weights, (both) => vjp(loss)(both).grad(1).weights));
  const gatesOf = (first) =>
    weights.slice(first * units, (first + 1) * units).map((row) => ({
      x: row.slice(0, units),
      h: row.slice(units, 2 * units),
      bias: row[2 * units],
    }));
  const both = {
    weights: { forget: gatesOf(0), ingate: gatesOf(1), outgate: gatesOf(2), change: gatesOf(3) },
    inputs,
  };
  return () => gradient(both);
}

/** As the rows of the weights stand in ours. */
const fromRose = ({ forget, ingate, outgate, change }) =>
  [forget, ingate, outgate, change].flatMap((gates) => gates.map(({ x, h, bias }) => [...x, ...h, bias]));

const withOurs =
  (step) =>
  ({ steps }) => {
    const loss = (weights, inputs) => {
      const start = { h: zeros([units]), c: zeros([units]) };
      const [{ h }] = scan((state, x) => [step(weights, state, x)], start, inputs);
      return h.square().mean();
    };
    const gradient = compile(grad(loss));
    const { weights, inputs } = given(steps);
    const at = [tensor(weights), tensor(inputs)];
    const out = new Float64Array(at[0].size);
    return () => {
      gradient.into(out, ...at);
      return out;
    };
  };

function ofTensors(weights, { h, c }, x) {
  const [forget, ingate, outgate, change] = weights.matmul(concat([x, h, zeros([1]).add(1)])).split(4);
  const cell = c.mul(forget.sigmoid()).add(ingate.sigmoid().mul(change.tanh()));
  return { h: outgate.sigmoid().mul(cell.tanh()), c: cell };
}

/** A function of the numbers of one unit, for all units. */
function ofUnits(weights, { h, c }, x) {
  const values = [...x.unstack(), ...h.unstack()];
  const gate = (row) => values.reduce((sum, value, j) => sum.add(row[j].mul(value)), row[2 * units]);
  const unit = (rows, cell) => {
    const [forget, ingate, outgate, change] = rows.unstack().map((row) => gate(row.unstack()));
    const next = cell.mul(forget.sigmoid()).add(ingate.sigmoid().mul(change.tanh()));
    return { h: outgate.sigmoid().mul(next.tanh()), c: next };
  };
  return vmap(unit, { inAxes: [1, 0] })(weights.reshape([4, units, 2 * units + 1]), c);
}

/** Number by number. */
function ofNumbers(weights, { h, c }, x) {
  const rows = weights.unstack().map((row) => row.unstack());
  const values = [...x.unstack(), ...h.unstack()];
  const cells = c.unstack();
  const gate = (row) => values.reduce((sum, value, j) => sum.add(row[j].mul(value)), row[2 * units]);
  const next = { h: [], c: [] };
  for (let i = 0; i < units; i++) {
    const [forget, ingate, outgate, change] = [0, 1, 2, 3].map((which) => gate(rows[which * units + i]));
    const cell = cells[i].mul(forget.sigmoid()).add(ingate.sigmoid().mul(change.tanh()));
    next.c.push(cell);
    next.h.push(outgate.sigmoid().mul(cell.tanh()));
  }
  return { h: stack(next.h), c: stack(next.c) };
}

const outputs = { Rose: fromRose };

/** @type {import("../programs.mjs").Program} */
export const lstm = { contestants: { ours: withOurs(ofTensors), Rose: withRose }, outputs };

/** @type {import("../programs.mjs").Program} */
export const lstmByUnit = { contestants: { ours: withOurs(ofUnits), Rose: withRose }, outputs };

/** @type {import("../programs.mjs").Program} */
export const lstmByNumber = { contestants: { ours: withOurs(ofNumbers), Rose: withRose }, outputs };
