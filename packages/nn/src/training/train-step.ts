import {
  ChainruleError,
  checkNoMore,
  checkOptions,
  compile,
  compileSupport,
  formatShape,
  GraphError,
  show,
  Tensor,
} from "@chainrule/core";
import { Optimizer } from "../optimizers/optimizer.js";

export interface TrainStepOptions {
  /**
   * Whether the step runs as a compiled program; by default wherever WebAssembly with SIMD is to be had (`compileSupport()` says
   * why it is not). A step gives the same numbers either way, to rounding.
   */
  readonly compiled?: boolean | undefined;
}

/**
 * A training step as one function: the loss of a batch, its gradients, the optimizer's update. It leaves no gradients behind.
 * A step whose loss is not finite changes neither the parameters nor the optimizer's state.
 *
 * A step is compiled when it is first called, and again for a batch of another shape: `loss` is then run once to be taken
 * down, and must not read values. What it closes over is part of the program, and a data set from which it takes its batch
 * by indices is then never copied. Layers may keep state in tensors that they `assign` to.
 *
 * @param loss a scalar computed from a batch: the inputs and labels, or whatever tensors it takes; a random source, where
 * it needs another one at each step, such as `random.fork(step)` for dropout; and settings, which are constants of a step: one is
 * compiled for each value of a flag or a number. A number that is another one at each step, such as a weight that is annealed, is
 * given as a tensor.
 * @returns the step; it gives the loss before the update
 *
 * @example
 * const w = variable([0, 0]);
 * const step = trainStep((x: Tensor, t: Tensor) => meanSquaredError(x.matmul(w), t), new SGD({ w }, { lr: 0.5 }));
 * const [x, t] = [tensor([[1, 0], [0, 1]]), tensor([1, 2])];
 * step(x, t); // 2.5
 * step(x, t); // 0.625
 * w.toArray(); // [0.75, 1.5]
 *
 * @throws GraphError when the optimizer has a parameter that the loss does not depend on; CompileError for what cannot be
 * compiled, such as a branch on a value. Then nothing has changed.
 */
export function trainStep<Batch extends readonly unknown[] = Tensor[]>(
  loss: (...batch: Batch) => Tensor,
  optimizer: Optimizer,
  options: TrainStepOptions = {},
  ...none: []
): (...batch: Batch) => number {
  if (typeof loss !== "function" || !(optimizer instanceof Optimizer)) {
    const got = typeof loss !== "function" ? loss : optimizer;
    throw new ChainruleError(`trainStep: takes a loss, a function, and an optimizer, got ${show(got)}`);
  }
  checkNoMore("trainStep", none);
  checkOptions("trainStep", options, ["compiled"], ["compiled"]);
  const { compiled = compileSupport() === null } = options;
  if (!compiled) {
    return (...batch) => {
      const value = checkLoss(loss(...batch));
      const number = value.item();
      if (Number.isFinite(number)) update(value, optimizer);
      return number;
    };
  }
  const program = compile((...batch: Batch) => {
    const value = checkLoss(loss(...batch));
    update(value, optimizer, value.isFinite());
    return value;
  });
  return (...batch) => program(...batch).item();
}

/** What the loss of a step, which is a consumer's function, gave. */
function checkLoss(value: unknown): Tensor {
  if (value instanceof Tensor && value.rank === 0) return value;
  const given = value instanceof Tensor ? `${value.dtype} ${formatShape(value.shape)}` : show(value);
  throw new GraphError(
    `trainStep: the loss gave ${given}; it must give a scalar, a tensor of shape [] that is computed with ops, as in y.mean()`,
  );
}

function update(loss: Tensor, optimizer: Optimizer, when?: Tensor): void {
  // Others, too: gradients of a part of the model that is not trained would add up from step to step.
  const variables = new Set([...Object.values(optimizer.parameters), ...variablesOf(loss)]);
  const forget = () => {
    for (const variable of variables) variable.zeroGrad();
  };
  forget();
  try {
    loss.backward();
    optimizer.step(when === undefined ? {} : { when });
  } finally {
    forget();
  }
}

function variablesOf(output: Tensor): Tensor[] {
  const found = new Set([output]);
  for (const { node } of found) {
    if (node !== null) for (const input of node.inputs) found.add(input);
  }
  return [...found].filter((tensor) => tensor.isVariable);
}
