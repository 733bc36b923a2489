import {
  cond,
  fixedPoint,
  fn,
  grad,
  rootOf,
  scan,
  switchCase,
  type Tensor,
  tensor,
  whileLoop,
  zeros,
} from "../../src/index.js";

// What the types of loops, branches and calls are: those of what is carried, and of what the functions give.

const rows = zeros([5, 3]);
const [last, ys] = scan((h, x) => [h.add(x), { norm: h.square().sum(), row: x }], zeros([3]), rows);
export const carried: Tensor<[3]> = last;
export const norms: Tensor<[number]> = ys.norm;
export const stacked: Tensor<[number, 3]> = ys.row;

const [state] = scan(({ n, h }, { x }) => [{ n: n.add(1), h: h.add(x) }], { n: 0, h: zeros([3]) }, { x: rows });
export const record: { readonly n: Tensor<[]>; readonly h: Tensor<[3]> } = state;

const [counted, none] = scan((n) => [n.mul(2)], tensor(1), undefined, { length: 3 });
export const scalar: Tensor<[]> = counted;
export const nothing: undefined = none;

// @ts-expect-error the structure of the carry changes
scan(({ n }) => [{ m: n }], { n: tensor(1) }, rows);
// @ts-expect-error a step gives a pair
scan((h) => h, zeros([3]), rows);

export const chosen: Tensor<[3]> = cond(
  tensor(true),
  (x) => x.mul(2),
  (x) => x.sin(),
  zeros([3]),
);
export const several: Tensor<[]> = switchCase(1, [(x) => x.sum(), (x) => x.mean()], zeros([3]));
export const ended: Tensor<[]> = whileLoop(
  (x) => x.less(9),
  (x) => x.mul(2),
  tensor(1),
);
export const fixed: { readonly x: Tensor<[3]> } = fixedPoint(({ x }) => ({ x: x.cos() }), { x: zeros([3]) });
export const root: Tensor = rootOf((x) => x.square().sub(2), 1);

const twice = fn((x: Tensor<[3]>, k: Tensor<[]>) => ({ y: x.mul(k), sum: x.sum() }));
export const called: { y: Tensor<[3]>; sum: Tensor<[]> } = twice(zeros([3]), 2);
export const slope: Tensor<[3]> = grad((x: Tensor<[3]>) =>
  scan((h) => [h.mul(x)], x, undefined, { length: 2 })[0].sum(),
)(zeros([3]));
// @ts-expect-error another shape
twice(zeros([4]), 2);
