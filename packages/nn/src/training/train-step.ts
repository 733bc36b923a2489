import {
  ChainruleError,
  type Compiled,
  CompileError,
  checkNoMore,
  checkOptions,
  clipGradNorm,
  clipGradValue,
  compile,
  compileSupport,
  type Program,
  show,
  type Tensor,
} from "@chainrule/core";
import { checkLoss, checkSetting } from "../checks.js";
import { AveragedWeights } from "../optimizers/averaged-weights.js";
import { LBFGS } from "../optimizers/lbfgs.js";
import { Optimizer } from "../optimizers/optimizer.js";
import { Accumulation } from "./accumulation.js";

export interface TrainStepOptions {
  /**
   * Whether the step runs as a compiled program; by default wherever WebAssembly with SIMD is available (`compileSupport()` says
   * why it is not). A step gives the same numbers either way, to rounding.
   */
  readonly compiled?: boolean | undefined;
  /** The gradients of all parameters are scaled so that their norm is this at most (see core's `clipByNorm`); above 0. */
  readonly clipNorm?: number | undefined;
  /** Each element of the gradients is moved into the range from -clipValue to clipValue, before clipNorm; above 0. */
  readonly clipValue?: number | undefined;
  /**
   * The optimizer steps at each call number `accumulate`, 2 `accumulate` and so on, with the mean of the gradients of the batches since
   * its last step: that of one large batch, where they are of one size. Default 1. Between them the sums of the gradients belong to
   * no saved state.
   */
  readonly accumulate?: number | undefined;
  /** Averages of the parameters that each step of the optimizer updates. */
  readonly average?: AveragedWeights | undefined;
}

/** A training step: call it with a batch; it gives the loss. */
export interface TrainStep<Batch extends readonly unknown[] = Tensor[]> {
  (...batch: Batch): number;
  /**
   * The program of a step that updates the parameters, for batches like this one; compiled, if it is new, and not run. For
   * `print`, core's `programToJson` and pictures of it.
   *
   * @throws CompileError where steps are not compiled
   */
  program(...batch: Batch): Program<Tensor>;
}

/**
 * A training step as one function: the loss of a batch, its gradients, the optimizer's update. It leaves no gradients behind.
 * A step whose loss is not finite (that of one of its batches, where it has several) changes neither the parameters nor the
 * optimizer's state.
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
): TrainStep<Batch> {
  checkNoMore("trainStep", none);
  const { step, program } = trainSteps(loss, optimizer, options);
  let calls = 0;
  const call = (...batch: Batch): number => {
    const number = step(calls, ...batch);
    calls++;
    return number;
  };
  return Object.assign(call, { program });
}

/** `trainStep` for who counts the calls, from 0, and saves the sums of gradients between steps of the optimizer, if there are some. */
export function trainSteps<Batch extends readonly unknown[]>(
  loss: (...batch: Batch) => Tensor,
  optimizer: Optimizer,
  options: TrainStepOptions = {},
): {
  readonly step: (call: number, ...batch: Batch) => number;
  readonly program: TrainStep<Batch>["program"];
  readonly sums: Accumulation | undefined;
} {
  if (optimizer instanceof LBFGS) {
    throw new CompileError(
      "trainStep: LBFGS evaluates the loss several times in a step, and is not compiled as a whole; call " +
        "optimizer.step(() => loss(x, t)) with all data, which compiles the loss and its gradient",
    );
  }
  if (typeof loss !== "function" || !(optimizer instanceof Optimizer)) {
    const got = typeof loss !== "function" ? loss : optimizer;
    throw new ChainruleError(`trainStep: takes a loss, a function, and an optimizer, got ${show(got)}`);
  }
  checkOptions("trainStep", options, ["compiled", "clipNorm", "clipValue", "accumulate", "average"], ["compiled"]);
  const { compiled = compileSupport().missing === null, clipNorm, clipValue, accumulate = 1, average } = options;
  for (const [name, limit] of Object.entries({ clipNorm, clipValue })) {
    if (limit !== undefined)
      checkSetting("trainStep", name, limit, (x) => x > 0 && x < Infinity, "a finite number above 0");
  }
  checkSetting(
    "trainStep",
    "accumulate",
    accumulate,
    (x) => Number.isInteger(x) && x > 0,
    "a whole number of 1 or more",
  );
  if (average !== undefined && !(average instanceof AveragedWeights)) {
    throw new ChainruleError(`trainStep: average is an AveragedWeights of the model, got ${show(average)}`);
  }
  const sums = accumulate > 1 ? new Accumulation(optimizer.parameters, accumulate) : undefined;

  const finish = (value: Tensor): void => {
    const total = sums?.take(value) ?? value;
    if (clipValue !== undefined) clipGradValue(optimizer.parameters, clipValue);
    if (clipNorm !== undefined) clipGradNorm(optimizer.parameters, clipNorm);
    // In a program it is not known whether the loss is finite.
    const when = compiled ? { when: total.isFinite() } : {};
    if (compiled || Number.isFinite(total.item())) {
      optimizer.step(when);
      average?.update(when);
    }
    sums?.clear();
  };
  const partOf = (use: (value: Tensor) => void) => {
    const part = (...batch: Batch): Tensor => {
      const value = checkLoss("trainStep", loss(...batch));
      withGradients(value, optimizer, () => use(value));
      return value;
    };
    return compiled ? compile(part) : part;
  };
  const [last, earlier] = [partOf(finish), partOf((value) => sums?.add(value))];
  const step = (call: number, ...batch: Batch) => ((call + 1) % accumulate === 0 ? last : earlier)(...batch).item();
  type Part = ReturnType<typeof partOf>;
  const isCompiled = (part: Part): part is Compiled<Batch, Tensor> => "program" in part;
  const program = (...batch: Batch): Program<Tensor> => {
    if (isCompiled(last)) return last.program(...batch);
    throw new CompileError(
      "trainStep: this step is not compiled, and has no program; leave out the option compiled: false, and see compileSupport()",
    );
  };
  return { step, program, sums };
}

/** Runs `use` while the parameters have the gradients of a loss, and no others. */
function withGradients(loss: Tensor, optimizer: Optimizer, use: () => void): void {
  // Others, too: gradients of a part of the model that is not trained would add up from step to step.
  const variables = new Set([...Object.values(optimizer.parameters), ...leavesOf(loss)]);
  const forget = () => {
    for (const variable of variables) variable.zeroGrad();
  };
  forget();
  try {
    loss.backward();
    use();
  } finally {
    forget();
  }
}

/** The variables that a result depends on. */
export function leavesOf(output: Tensor): Tensor[] {
  const found = new Set([output]);
  for (const { node } of found) {
    if (node !== null) for (const input of node.inputs) found.add(input);
  }
  return [...found].filter((tensor) => tensor.isVariable);
}
