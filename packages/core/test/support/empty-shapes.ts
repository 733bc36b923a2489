import type * as Core from "../../src/index.js";
import { engineMembers } from "./engine-members.js";

/*
 * Tensors without elements whose other axes have any size: a loop over one of these axes never ends. Each function and method of
 * the engine is called with some, alone and with plausible other arguments, with and without a gradient.
 */

const shapes = [
  [2 ** 40, 0],
  [0, 2 ** 40],
  [2 ** 40, 0, 2 ** 20],
  [2 ** 40, 0, 4, 4],
] as const;

type Make = (engine: typeof Core, shape: readonly number[]) => readonly unknown[];

const others: readonly Make[] = [
  ...[[], [0], [1], [-1], [2], [0, 1], [1, 0], [2, 2], [[0]], [[0, 1]], [[[0, 0]]], [{ axis: 0 }], [{ axis: 1 }]].map(
    (args) => () => args,
  ),
  ({ zeros }, shape) => [zeros(shape)],
  ({ zeros }, shape) => [zeros(shape), zeros(shape)],
  ({ zeros }) => [zeros([1], { dtype: "int32" })],
  ({ zeros }) => [zeros([1], { dtype: "int32" }), 1],
  ({ zeros }) => [zeros([0, 0, 2, 2])],
  ({ Random }) => [{ random: new Random(1) }],
];

/** What ended in a bare error; `begin` is told of each call before it is made. */
export function callsOnEmpty(engine: typeof Core, begin: (call: string) => void): { count: number; bare: string[] } {
  const { Tensor, variable, zeros } = engine;
  const bare: string[] = [];
  let count = 0;
  const call = (name: string, f: (x: Core.Tensor, args: readonly unknown[]) => unknown) => {
    for (const shape of shapes) {
      for (const make of others) {
        for (const x of [zeros(shape), variable(0).broadcastTo(shape)]) {
          const args = make(engine, shape);
          const said = `${name} of [${shape.join()}] with ${args.map(String).join(", ")}`;
          begin(said);
          try {
            const y = f(x, args);
            count++;
            if (y instanceof Tensor && y.requiresGrad) y.sum().backward();
          } catch (error) {
            if (!(error instanceof engine.ChainruleError)) bare.push(`${said}: ${String(error)}`);
          }
        }
      }
    }
  };
  for (const [name, value] of Object.entries(engine)) {
    if (typeof value !== "function" || /^class\b/.test(Function.prototype.toString.call(value))) continue;
    call(name, (x, args) => (value as (...args: unknown[]) => unknown)(x, ...args));
  }
  for (const name of Object.getOwnPropertyNames(Tensor.prototype)) {
    const value: unknown = Object.getOwnPropertyDescriptor(Tensor.prototype, name)?.value;
    if (typeof value === "function" && !engineMembers.includes(name))
      call(`.${name}`, (x, args) => value.apply(x, args));
  }
  return { count, bare };
}
