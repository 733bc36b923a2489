import { compile, customGradient, hessian, tensor } from "@chainrule/core";
import * as rose from "rose";

const at = [2, 3];

/** The power function with derivatives of its own, as in the README of Rose. */
async function withRose() {
  const { Dual, Real, Vec, add, compile, div, fn, mul, opaque, vjp } = rose;
  const log = opaque([Real], Real, Math.log);
  log.jvp = fn([Dual], Dual, ({ re: x, du: dx }) => ({ re: log(x), du: div(dx, x) }));
  const pow = opaque([Real, Real], Real, Math.pow);
  pow.jvp = fn([Dual, Dual], Dual, ({ re: x, du: dx }, { re: y, du: dy }) => {
    const z = pow(x, y);
    return { re: z, du: mul(add(mul(dx, div(y, x)), mul(dy, log(x))), z) };
  });
  const Vec2 = Vec(2, Real);
  const f = fn([Vec2], Real, ([x, y]) => pow(x, y));
  const g = fn([Vec2], Vec2, (v) => vjp(f)(v).grad(1));
  const h = fn([Vec2], Vec(2, Vec2), (v) => {
    const { grad } = vjp(g)(v);
    return [grad([1, 0]), grad([0, 1])];
  });
  const compiled = await compile(h);
  return () => compiled(at);
}

function withOurs() {
  const log = customGradient((x) => x.log(), [(dout, x) => dout.div(x)]);
  const pow = customGradient(
    (x, y) => x.pow(y),
    [(dout, x, y, z) => dout.mul(z).mul(y.div(x)), (dout, x, _, z) => dout.mul(z).mul(log(x))],
  );
  const h = compile(hessian((v) => pow(...v.unstack())));
  const v = tensor(at);
  const out = new Float64Array(4);
  return () => {
    h.into(out, v);
    return out;
  };
}

/** @type {import("../programs.mjs").Program} */
export const power = { contestants: { ours: withOurs, Rose: withRose } };
