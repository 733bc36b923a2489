import {
  ChainruleError,
  checkNoMore,
  checkOptions,
  concat,
  formatShape,
  relu,
  type Shape,
  ShapeError,
  sameShape,
  show,
  stack,
  type Tensor,
  tanh,
  unstack,
  zeros,
} from "@chainrule/core";
import { checkChoice, checkDType, checkTensor, isRecord } from "../checks.js";
import { checkRatio } from "../functions/dropout.js";
import { he, xavier } from "../initializers/scaled.js";
import { type Cell, GRUCell, LSTMCell, RNNCell, type StepState } from "./cells.js";
import { dropped } from "./dropout.js";
import { checkForward, type ForwardOptions, Layer } from "./layer.js";
import { checkSize, PARAMETER, type ParameterMaker, type ParameterOptions, parametersBy } from "./parameter.js";

export interface RecurrentOptions extends ParameterOptions {
  /** Whether there are biases. Default true. */
  readonly bias?: boolean | undefined;
  /** How many layers stand one on the other, each taking the outputs of the one below. Default 1. */
  readonly layers?: number | undefined;
  /** Whether a second network reads from the end, its outputs behind those of the first. Default false. */
  readonly bidirectional?: boolean | undefined;
  /** The probability of an output to be dropped on its way to the next layer, in training. Default 0. */
  readonly dropout?: number | undefined;
}

export interface RNNOptions extends RecurrentOptions {
  /** "tanh" (the default) or "relu". */
  readonly activation?: "tanh" | "relu" | undefined;
}

/** The names of `RecurrentOptions`. */
const RECURRENT = [...PARAMETER, "bias", "layers", "bidirectional", "dropout"] as const;
const FLAGS = ["bias", "bidirectional"] as const;

/** The state of an RNN or GRU behind a step: h [layers x directions, N, H], in the order layer 0 forward, layer 0 backward, ... */
export interface RecurrentState {
  readonly h: Tensor;
}

/** The state of an LSTM: output and cell, each as `RecurrentState` has it. */
export interface LSTMState extends RecurrentState {
  readonly c: Tensor;
}

export interface RunOptions<State> extends ForwardOptions {
  /** The state before the first step, such as the last one of the sequence before; zeros unless given. */
  readonly state?: State | undefined;
}

/** What a recurrent network gives for a sequence. */
export interface RunResult<S extends Shape, State> {
  /** The outputs of the last layer at all steps, [N, T, H], or [N, T, 2 H] of both directions. */
  readonly output: Tensor<SequenceShape<S>>;
  /** The state behind the last step (of the direction that reads from the end: the first). */
  readonly state: State;
}

/** Batch and steps stay. */
export type SequenceShape<S extends Shape> = S extends readonly [infer N extends number, infer T extends number, number]
  ? [N, T, number]
  : [number, number, number];

/** What is the same in RNN, LSTM and GRU: layers, directions and steps. */
abstract class Recurrent<State extends RecurrentState> extends Layer {
  /** The layers, each a direction's; their parameters are "cells.0.Wx" and so on. */
  readonly cells: readonly Cell[];
  /** Those that read from the end, if there are any: "reversed.0.Wx". */
  readonly reversed: readonly Cell[];
  readonly inputs: number;
  readonly hidden: number;
  readonly dropout: number;
  private readonly op: string;
  private readonly names: readonly (keyof State & string)[];

  protected constructor(
    op: string,
    names: readonly (keyof State & string)[],
    [inputs, hidden]: readonly [number, number],
    options: RecurrentOptions,
    make: ParameterMaker,
    cell: (inputs: number, hidden: number, make: ParameterMaker, bias: boolean) => Cell,
  ) {
    super();
    const { bias = true, layers = 1, bidirectional = false, dropout = 0 } = options;
    checkSize(op, "inputs", inputs, `new ${op}(8, 16)`, 1);
    checkSize(op, "hidden", hidden, `new ${op}(8, 16)`, 1);
    checkSize(op, "layers", layers, `new ${op}(8, 16, { layers: 2 })`, 1);
    checkRatio(op, dropout, "dropout");
    const cells: Cell[] = [];
    const reversed: Cell[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const size = layer === 0 ? inputs : hidden * (bidirectional ? 2 : 1);
      cells.push(cell(size, hidden, make, bias));
      if (bidirectional) reversed.push(cell(size, hidden, make, bias));
    }
    this.cells = cells;
    this.reversed = reversed;
    this.inputs = inputs;
    this.hidden = hidden;
    this.dropout = dropout;
    this.op = op;
    this.names = names;
  }

  /** The outputs at all steps: `run` without the state. */
  override forward<S extends Shape>(x: Tensor<S>, options?: ForwardOptions, ...none: []): Tensor<SequenceShape<S>> {
    checkForward(this.op, options, none);
    return this.sequence(x, options ?? {}).output as Tensor<SequenceShape<S>>;
  }

  /**
   * The outputs at all steps of sequences, and the state behind the last one, for a call that goes on from there.
   *
   * @param x [N, T, inputs], of the dtype of the weights: N sequences of T steps
   * @throws ShapeError for sequences or a state of another shape; DTypeError for another dtype
   */
  run<S extends Shape>(x: Tensor<S>, options: RunOptions<State> = {}, ...none: []): RunResult<S, State> {
    const op = `${this.op}.run`;
    checkNoMore(op, none);
    checkOptions(op, options, ["state", "training", "random"], ["training"]);
    const { state, ...how } = options;
    checkForward(op, how);
    const { output, ends } = this.sequence(x, how, state);
    const last = Object.fromEntries(this.names.map((name, i) => [name, stack(ends.map((end) => end[i] as Tensor))]));
    return { output: output as Tensor<SequenceShape<S>>, state: last as unknown as State };
  }

  /** The outputs, and the state behind the last step, one for each direction of each layer. */
  private sequence(x: Tensor, how: ForwardOptions, given?: State): { output: Tensor; ends: readonly StepState[] } {
    const { op, cells, reversed, inputs } = this;
    checkTensor(op, "the input", x);
    if (x.rank !== 3 || x.shape[2] !== inputs) {
      throw new ShapeError(
        `${op}: takes sequences [N, T, ${inputs}], got ${formatShape(x.shape)}; reshape the input, a single sequence with ` +
          `expandDims(0), or make the layer with new ${op}(${x.shape.at(-1) ?? 1}, ${this.hidden})`,
      );
    }
    checkDType(op, "the input", x, "Wx", (cells[0] as Cell).Wx);
    const begins = this.statesOf(x, given);
    const ends: StepState[] = [];
    let out: Tensor = x;
    cells.forEach((cell, layer) => {
      if (layer > 0) out = dropped(out, this.dropout, how);
      const directions = [cell, reversed[layer]].flatMap((each) => each ?? []);
      const outputs = directions.map((each, direction) => {
        const { output, state } = each.run(out, begins[ends.length] as StepState, direction === 1);
        ends.push(state);
        return output;
      });
      out = outputs.length === 1 ? (outputs[0] as Tensor) : (concat(outputs, 2) as Tensor);
    });
    return { output: out, ends };
  }

  /** The state before the first step, one for each direction of each layer. */
  private statesOf(x: Tensor, given: State | undefined): StepState[] {
    const { op, names, cells, reversed, hidden } = this;
    const count = cells.length + reversed.length;
    const shape = [count, x.shape[0] as number, hidden];
    if (given === undefined) {
      const zero = zeros(shape.slice(1), { dtype: x.dtype }) as Tensor;
      return Array.from({ length: count }, () => names.map(() => zero) as unknown as StepState);
    }
    if (!isRecord(given) || names.some((name) => !(name in given))) {
      throw new ChainruleError(
        `${op}: the state is { ${names.join(", ")} }, as run gives it, got ${show(given)}; leave it out for zeros`,
      );
    }
    const parts = names.map((name) => {
      const part = given[name] as unknown;
      checkTensor(op, `the state ${name}`, part);
      checkDType(op, `the state ${name}`, part, "the input", x);
      if (!sameShape(part.shape, shape)) {
        throw new ShapeError(
          `${op}: the state ${name} is ${formatShape(part.shape)}, but ${formatShape(shape)} belongs to the input ` +
            `${formatShape(x.shape)}: [layers x directions, N, H]; give the state of a batch of that size`,
        );
      }
      return unstack(part) as readonly Tensor[];
    });
    return Array.from({ length: count }, (_, i) => parts.map((part) => part[i]) as unknown as StepState);
  }
}

/**
 * The plain recurrent network, h' = tanh(x Wx + b + h Wh), or relu in the place of tanh: sequences [N, T, inputs] to [N, T,
 * hidden]. J. L. Elman, "Finding structure in time", 1990. (PyTorch's RNN with `batch_first`; its two biases are one here, their
 * sum.)
 *
 * The parameters of layer i are "cells.i.Wx" [inputs, H], "cells.i.Wh" [H, H] and "cells.i.b" [H]. The weights begin with
 * `xavier()`, for relu with `he()`. In a compiled function the steps are one loop, which compiles in the same time for any T.
 *
 * @example
 * const rnn = new RNN(1, 1, { initializer: constant(1) });
 * rnn.forward(tensor([[[1], [0]]])).toArray(); // about [[[0.761594], [0.642015]]]
 * const first = rnn.run(tensor([[[1]]]));
 * rnn.run(tensor([[[0]]]), { state: first.state }).output.toArray(); // about [[[0.642015]]]
 */
export class RNN extends Recurrent<RecurrentState> {
  constructor(inputs: number, hidden: number, options: RNNOptions = {}, ...none: []) {
    checkNoMore("RNN", none);
    checkOptions("RNN", options, [...RECURRENT, "activation"], FLAGS);
    const { activation = "tanh" } = options;
    checkChoice("RNN", "activation", activation, ["tanh", "relu"]);
    const [f, usual] = activation === "relu" ? [relu, he()] : [tanh, xavier()];
    const make = parametersBy("RNN", options, usual);
    super("RNN", ["h"], [inputs, hidden], options, make, (...of) => new RNNCell(...of, f as (x: Tensor) => Tensor));
  }
}

/**
 * Long short-term memory: sequences [N, T, inputs] to [N, T, hidden]. S. Hochreiter and J. Schmidhuber, 1997, with the forget gate
 * of F. Gers et al., 2000. Of x Wx + b + h Wh, in which the gates stand side by side in the order i, f, g, o, c' = sigmoid(f) c +
 * sigmoid(i) tanh(g) and h' = sigmoid(o) tanh(c'). (PyTorch's LSTM with `batch_first`; its two biases are one here, their sum.)
 *
 * The parameters of layer i are "cells.i.Wx" [inputs, 4 H], "cells.i.Wh" [H, 4 H] and "cells.i.b" [4 H]. The weights begin with
 * `xavier()`. In a compiled function the steps are one loop, as those of `RNN`.
 *
 * @example
 * const lstm = new LSTM(3, 5, { random: new Random(1), layers: 2, bidirectional: true });
 * const { output, state } = lstm.run(ones([4, 7, 3]));
 * output.shape; // [4, 7, 10]
 * state.c.shape; // [4, 4, 5]
 */
export class LSTM extends Recurrent<LSTMState> {
  constructor(inputs: number, hidden: number, options: RecurrentOptions = {}, ...none: []) {
    checkNoMore("LSTM", none);
    checkOptions("LSTM", options, RECURRENT, FLAGS);
    const make = parametersBy("LSTM", options, xavier());
    super("LSTM", ["h", "c"], [inputs, hidden], options, make, (...of) => new LSTMCell(...of));
  }
}

/**
 * The gated recurrent unit: sequences [N, T, inputs] to [N, T, hidden]. K. Cho et al., EMNLP 2014, in the form in which the reset
 * gate multiplies behind the product: with gates in the order r, z, n, n = tanh(xn + r (h Wn + bh)) and h' = (1 - z) n + z h.
 * (PyTorch's GRU with `batch_first`; its biases of r and z are one here, their sum, and of n b is that of the input, bh that of h.)
 *
 * The parameters of layer i are "cells.i.Wx" [inputs, 3 H], "cells.i.Wh" [H, 3 H], "cells.i.b" [3 H] and "cells.i.bh" [H]. The
 * weights begin with `xavier()`. In a compiled function the steps are one loop, as those of `RNN`.
 *
 * @example
 * const gru = new GRU(3, 5, { random: new Random(1) });
 * gru.forward(ones([4, 7, 3])).shape; // [4, 7, 5]
 */
export class GRU extends Recurrent<RecurrentState> {
  constructor(inputs: number, hidden: number, options: RecurrentOptions = {}, ...none: []) {
    checkNoMore("GRU", none);
    checkOptions("GRU", options, RECURRENT, FLAGS);
    const make = parametersBy("GRU", options, xavier());
    super("GRU", ["h"], [inputs, hidden], options, make, (...of) => new GRUCell(...of));
  }
}
