import { compile, Random, type Tensor, valueAndGrad, variable } from "@chainrule/core";

const random = new Random(1);
const x = random.normal([256, 64]);
const y = random.normal([256, 1]);

const step = (w: Tensor) => (x: Tensor, y: Tensor) => {
  const { value, gradient } = valueAndGrad((p) => x.matmul(p).tanh().sub(y).square().mean())(w);
  w.assign(w.sub(gradient.mul(0.5)));
  return value;
};

const weights = () => variable(new Float64Array(64)).reshape([64, 1]).detach();
const eager = step(variable(weights()));
const compiled = compile(step(variable(weights()))); // one WebAssembly program

function time(f: (x: Tensor, y: Tensor) => Tensor) {
  for (let i = 0; i < 50; i++) f(x, y);
  const start = performance.now();
  for (let i = 0; i < 100; i++) f(x, y);
  return `${((performance.now() - start) / 100).toFixed(3)} ms a step`;
}
console.log("eager   ", time(eager));
console.log("compiled", time(compiled));

eager(x, y).item();
compiled(x, y).item(); // the same number, to rounding

console.log(compiled.program(x, y).print("kernels"));
