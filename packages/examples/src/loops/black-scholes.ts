/**
 * The greeks of a book of 10,000 options to third order, by derivatives of derivatives, mapped over the book, against closed forms.
 *
 * 옵션 10,000개의 그릭스(민감도)를 3차까지 구합니다: 미분의 미분을 vmap으로 전체에 적용하고 닫힌 꼴의 식과 비교합니다.
 * オプション 10,000 個のグリークスを 3 次まで: 微分の微分を全体に vmap で適用し、解析解と比べる。
 *
 * The price of a call is C = S N(d1) - K e^(-rT) N(d2), with d1 = (ln(S / K) + (r + s^2 / 2) T) / (s sqrt(T)), d2 = d1 - s sqrt(T) (F. Black, M.
 * Scholes, 1973). It is written for one option; `grad` gives the greeks, `vmap` does all of it for the book, and `compile` makes loops of that.
 * Delta, gamma and speed are its derivatives by S, vega and volga those by s, and ultima the third; theta, rho, vanna and charm are of the rest.
 */
import { compile, grad, Random, type Tensor, vmap } from "@chainrule/core";
import { readOptions } from "../support/options.js";
import { check, note, section } from "../support/report.js";

const { seed, options } = readOptions({ seed: 1, options: 10_000 });

const normal = (x: Tensor): Tensor => x.div(Math.SQRT2).erf().add(1).div(2);

/** The price of one call: spot, strike, volatility, rate, years. */
function call(S: Tensor, K: Tensor, s: Tensor, r: Tensor, T: Tensor): Tensor {
  const deviation = s.mul(T.sqrt());
  const d1 = S.div(K)
    .log()
    .add(r.add(s.square().div(2)).mul(T))
    .div(deviation);
  return S.mul(normal(d1)).sub(K.mul(r.neg().mul(T).exp()).mul(normal(d1.sub(deviation))));
}

type Price = (S: Tensor, K: Tensor, s: Tensor, r: Tensor, T: Tensor) => Tensor;
const by = (f: Price, argument: number): Price => grad(f, { argument }) as unknown as Price;
const [S, s, r, T] = [0, 2, 3, 4] as const;
const greeks: Readonly<Record<string, Price>> = {
  price: call,
  delta: by(call, S),
  vega: by(call, s),
  theta: by(call, T),
  rho: by(call, r),
  gamma: by(by(call, S), S),
  vanna: by(by(call, S), s),
  volga: by(by(call, s), s),
  charm: by(by(call, S), T),
  speed: by(by(by(call, S), S), S),
  zomma: by(by(by(call, S), S), s),
  ultima: by(by(by(call, s), s), s),
};

const all = (...option: [Tensor, Tensor, Tensor, Tensor, Tensor]) =>
  Object.fromEntries(Object.entries(greeks).map(([name, f]) => [name, f(...option)]));
const book = compile(vmap(all));

const random = new Random(seed);
const drawn = (low: number, high: number) => random.uniform([options], { low, high }) as Tensor;
const given: [Tensor, Tensor, Tensor, Tensor, Tensor] = [
  drawn(80, 120),
  drawn(80, 120),
  drawn(0.1, 0.5),
  drawn(0, 0.08),
  drawn(0.2, 2),
];
const program = book.program(...given);
const start = performance.now();
const found = book(...given) as Readonly<Record<string, Tensor>>;
section(
  `${options} options, ${Object.keys(greeks).length} numbers each, in ${(performance.now() - start).toFixed(1)} ms`,
);

/** Closed forms, as in E. G. Haug, The Complete Guide to Option Pricing Formulas, 2nd ed. */
function closed(i: number): Readonly<Record<string, number>> {
  const [S, K, s, r, T] = given.map((x) => x.data[i] as number) as [number, number, number, number, number];
  const root = s * Math.sqrt(T);
  const d1 = (Math.log(S / K) + (r + (s * s) / 2) * T) / root;
  const d2 = d1 - root;
  const density = Math.exp((-d1 * d1) / 2) / Math.sqrt(2 * Math.PI);
  const gamma = density / (S * root);
  const vega = S * density * Math.sqrt(T);
  const volga = (vega * d1 * d2) / s;
  return {
    vega,
    gamma,
    vanna: (-density * d2) / s,
    volga,
    charm: (density * (2 * r * T - d2 * root)) / (2 * T * root),
    speed: (-gamma / S) * (d1 / root + 1),
    zomma: (gamma * (d1 * d2 - 1)) / s,
    ultima: (-vega / (s * s)) * (d1 * d2 * (1 - d1 * d2) + d1 * d1 + d2 * d2),
  };
}

const expected = Array.from({ length: options }, (_, i) => closed(i));
for (const name of Object.keys(expected[0] as object)) {
  const values = found[name]?.data as ArrayLike<number>;
  const largest = expected.reduce((most, each) => Math.max(most, Math.abs(each[name] as number)), 0);
  const worst = expected.reduce(
    (most, each, i) => Math.max(most, Math.abs((values[i] as number) - (each[name] as number))),
    0,
  );
  check(name, (worst / largest).toExponential(1), "at most 1e-12 of the largest", worst <= 1e-12 * largest);
}
note(
  `The program has ${program.module.length} bytes, for a book of any size; the price is written once, for one option.`,
);
