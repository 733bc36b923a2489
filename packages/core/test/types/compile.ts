import { type Compiled, compile, grad, Random, type Tensor, tensor, variable, zeros } from "../../src/index.js";

// What the types of a compiled function are: those of the function.

const double: Compiled<[x: Tensor<[2]>], Tensor<[2]>> = compile((x: Tensor<[2]>) => x.add(x));
export const doubled: Tensor<[2]> = double(tensor([1, 2]));

const unannotated = compile((x, y) => x.mul(y).sum());
export const summed: Tensor<[]> = unannotated(tensor([1, 2]), tensor([3, 4]));

const slope = compile(grad((x: Tensor<[]>) => x.sin()));
export const atZero = slope(0);

const w = variable([1, 2]);
const update = compile((scale: Tensor<[]>, random: Random, isTraining: boolean) => {
  if (isTraining) w.assign(w.mul(scale).add(random.normal([2])));
  return { w, list: [w.sum()] as const };
});
export const result: { w: Tensor<[2]>; list: readonly [Tensor<[]>] } = update(tensor(0.5), new Random(1), true);
update.into({ w: new Float64Array(2), list: [tensor(0)] }, tensor(0.5), new Random(1), true);
// @ts-expect-error another shape
double.into(tensor([1, 2, 3]), tensor([1, 2]));
// @ts-expect-error a place is missing
update.into({ w: new Float64Array(2) }, tensor(0.5), new Random(1), true);
const single = compile((x: Tensor<[2], "float32">, n: number) => ({ x: x.mul(n), n }));
single.into({ x: new Float32Array(2), n: undefined }, zeros([2], { dtype: "float32" }), 3);
// @ts-expect-error the array of another dtype
single.into({ x: new Float64Array(2), n: undefined }, zeros([2], { dtype: "float32" }), 3);
