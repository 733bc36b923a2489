import { scan, type Tensor, zeros } from "@chainrule/core";
import { alongLast } from "./dense.js";
import { Layer } from "./layer.js";
import type { ParameterMaker } from "./parameter.js";

/** The state of one direction of one layer between two steps, [N, H] each; the first is the output of the step. */
export type StepState = readonly [h: Tensor, ...others: Tensor[]];

/**
 * One layer of a recurrent network in one direction: its parameters, and one step. The weights of the gates stand side by side in
 * Wx [inputs, gates H] and Wh [H, gates H], so that a step is one product, and that of the inputs one for all steps.
 */
export abstract class Cell extends Layer {
  readonly Wx: Tensor<[number, number]>;
  readonly Wh: Tensor<[number, number]>;
  /** `undefined` for a layer without biases. */
  readonly b: Tensor<[number]> | undefined;
  protected readonly hidden: number;

  constructor(inputs: number, hidden: number, gates: number, make: ParameterMaker, bias: boolean) {
    super();
    this.Wx = make.weight("Wx", [inputs, gates * hidden]);
    this.Wh = make.weight("Wh", [hidden, gates * hidden]);
    this.b = bias ? make.bias("b", [gates * hidden]) : undefined;
    this.hidden = hidden;
  }

  /** The outputs at all steps, [N, T, H], for x [N, T, inputs], from a state of zeros. */
  override forward(x: Tensor): Tensor {
    const zero: Tensor = zeros([x.shape[0] as number, this.hidden], { dtype: x.dtype });
    return this.run(x, [zero, ...this.others(zero)], false).output;
  }

  /** The outputs at all steps and the state behind the last one, read from the first step or from the last: one loop of a program. */
  run(x: Tensor, begin: StepState, fromEnd: boolean): { readonly output: Tensor; readonly state: StepState } {
    // What is known of all steps before the first: x Wx + b, [T, N, gates H].
    const inputs = alongLast(x.transpose([1, 0, 2]), { W: this.Wx as Tensor, b: this.b });
    const step = (state: StepState, input: Tensor) => {
      const next = this.step(input, state);
      return [next, next[0]] as const;
    };
    const [state, outputs] = scan(step, begin, inputs, { reverse: fromEnd });
    return { output: outputs.transpose([1, 0, 2]), state };
  }

  /** What the state begins with besides the output. */
  protected others(_zero: Tensor): Tensor[] {
    return [];
  }

  /** The next state, given what is known of the step, [N, gates H]. */
  abstract step(x: Tensor, state: StepState): StepState;

  /** One gate of several that stand side by side. */
  protected gate(gates: Tensor, i: number): Tensor {
    return gates.slice([null, [i * this.hidden, (i + 1) * this.hidden]]) as Tensor;
  }
}

/** h' = f(x Wx + b + h Wh), where f is tanh or relu. */
export class RNNCell extends Cell {
  private readonly activation: (x: Tensor) => Tensor;

  constructor(inputs: number, hidden: number, make: ParameterMaker, bias: boolean, activation: (x: Tensor) => Tensor) {
    super(inputs, hidden, 1, make, bias);
    this.activation = activation;
  }

  override step(x: Tensor, [h]: StepState): StepState {
    return [this.activation(x.add(h.matmul(this.Wh as Tensor)))];
  }
}

/** Gates i, f, g, o: c' = sigmoid(f) c + sigmoid(i) tanh(g), h' = sigmoid(o) tanh(c'). */
export class LSTMCell extends Cell {
  constructor(inputs: number, hidden: number, make: ParameterMaker, bias: boolean) {
    super(inputs, hidden, 4, make, bias);
  }

  protected override others(zero: Tensor): Tensor[] {
    return [zero];
  }

  override step(x: Tensor, [h, c]: StepState): StepState {
    const gates = x.add(h.matmul(this.Wh as Tensor));
    const [i, f, g, o] = [0, 1, 2, 3].map((k) => this.gate(gates, k)) as [Tensor, Tensor, Tensor, Tensor];
    const next = f
      .sigmoid()
      .mul(c as Tensor)
      .add(i.sigmoid().mul(g.tanh()));
    return [o.sigmoid().mul(next.tanh()), next];
  }
}

/** Gates r, z, n: n = tanh(xn + r (h Wn + bh)), h' = (1 - z) n + z h, with r and z sigmoids. */
export class GRUCell extends Cell {
  /** The bias of n that the reset gate multiplies, [H]. */
  readonly bh: Tensor<[number]> | undefined;

  constructor(inputs: number, hidden: number, make: ParameterMaker, bias: boolean) {
    super(inputs, hidden, 3, make, bias);
    this.bh = bias ? make.bias("bh", [hidden]) : undefined;
  }

  override step(x: Tensor, [h]: StepState): StepState {
    const product = h.matmul(this.Wh as Tensor);
    const [r, z] = [0, 1].map((k) => this.gate(x, k).add(this.gate(product, k)).sigmoid()) as [Tensor, Tensor];
    const own = this.gate(product, 2);
    const n = this.gate(x, 2)
      .add(r.mul(this.bh === undefined ? own : own.add(this.bh)))
      .tanh();
    // n + z (h - n)
    return [n.add(z.mul(h.sub(n)))];
  }
}
