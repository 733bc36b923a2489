import {
  Adadelta,
  AdaGrad,
  Adam,
  AdamW,
  Lion,
  Momentum,
  NAdam,
  Nesterov,
  type Optimizer,
  RMSprop,
  SGD,
} from "../../src/index.js";
import type { Parameters } from "./optimizer-problem.js";

/** How one number is changed by its gradient, step after step: a formula of the literature over plain numbers. */
export type Rule = () => (w: number, g: number, lr: number) => number;

export interface OptimizerRow {
  readonly name: string;
  make(parameters: Parameters): Optimizer;
  /** Where the hundred steps stand in pytorch-optimizers.ts. */
  readonly pytorch?: string;
  /** What the steps are by hand; each number has a rule of its own. */
  readonly rule?: Rule;
}

/** The book's Adam (chapter 6, `common/optimizer.py`), with the mean of squares or the largest that it was. */
function bookAdam(beta1: number, beta2: number, eps: number, decay: number, amsgrad: boolean): Rule {
  return () => {
    let [m, v, largest, iter] = [0, 0, 0, 0];
    return (w, gradient, lr) => {
      const g = gradient + decay * w;
      iter += 1;
      const rate = (lr * Math.sqrt(1 - beta2 ** iter)) / (1 - beta1 ** iter);
      m += (1 - beta1) * (g - m);
      v += (1 - beta2) * (g ** 2 - v);
      largest = Math.max(largest, v);
      return w - (rate * m) / (Math.sqrt(amsgrad ? largest : v) + eps);
    };
  };
}

function bookMomentum(momentum: number, decay: number): Rule {
  return () => {
    let v = 0;
    return (w, g, lr) => {
      v = momentum * v - lr * (g + decay * w);
      return w + v;
    };
  };
}

/** Bengio et al. 2012, equation 7. */
function bengioNesterov(momentum: number, decay: number): Rule {
  return () => {
    let v = 0;
    return (w, gradient, lr) => {
      const g = gradient + decay * w;
      const next = w + momentum * momentum * v - (1 + momentum) * lr * g;
      v = momentum * v - lr * g;
      return next;
    };
  };
}

/** Chen et al. 2023, algorithm 2. */
function lion(beta1: number, beta2: number, decay: number): Rule {
  return () => {
    let m = 0;
    return (w, g, lr) => {
      const c = beta1 * m + (1 - beta1) * g;
      m = beta2 * m + (1 - beta2) * g;
      return w - lr * (Math.sign(c) + decay * w);
    };
  };
}

const bookAdaGrad: Rule = () => {
  let h = 0;
  return (w, g, lr) => {
    h += g * g;
    return w - (lr * g) / (Math.sqrt(h) + 1e-7);
  };
};

const bookRMSprop: Rule = () => {
  let h = 0;
  return (w, g, lr) => {
    h *= 0.99;
    h += (1 - 0.99) * g * g;
    return w - (lr * g) / (Math.sqrt(h) + 1e-7);
  };
};

const form = "pytorch";

/** Each optimizer in each of its forms. */
// biome-ignore format: a row a line
export const optimizerRows: readonly OptimizerRow[] = [
  { name: "SGD", make: (p) => new SGD(p, { lr: 0.1 }), pytorch: "SGD", rule: () => (w, g, lr) => w - lr * g },
  { name: "SGD, weight decay", make: (p) => new SGD(p, { lr: 0.1, weightDecay: 0.2 }), pytorch: "SGD, weight decay" },
  { name: "SGD, momentum", make: (p) => new SGD(p, { lr: 0.02, momentum: 0.9 }), pytorch: "SGD, momentum" },
  { name: "SGD, nesterov", make: (p) => new SGD(p, { lr: 0.02, momentum: 0.8, nesterov: true, weightDecay: 0.1 }), pytorch: "SGD, nesterov" },
  { name: "SGD, book", make: (p) => new SGD(p, { lr: 0.02, momentum: 0.8, weightDecay: 0.1, form: "book" }), rule: bookMomentum(0.8, 0.1) },
  { name: "Momentum", make: (p) => new Momentum(p), rule: bookMomentum(0.9, 0) },
  { name: "Momentum, pytorch", make: (p) => new Momentum(p, { lr: 0.02, form }), pytorch: "SGD, momentum" },
  { name: "Nesterov", make: (p) => new Nesterov(p, { lr: 0.02, weightDecay: 0.1 }), rule: bengioNesterov(0.9, 0.1) },
  { name: "Nesterov, pytorch", make: (p) => new Nesterov(p, { lr: 0.02, momentum: 0.8, weightDecay: 0.1, form }), pytorch: "SGD, nesterov" },
  { name: "AdaGrad", make: (p) => new AdaGrad(p), rule: bookAdaGrad },
  { name: "AdaGrad, eps", make: (p) => new AdaGrad(p, { lr: 0.3, eps: 1e-10 }), pytorch: "Adagrad" },
  { name: "AdaGrad, weight decay", make: (p) => new AdaGrad(p, { lr: 0.3, eps: 1e-3, weightDecay: 0.1 }), pytorch: "Adagrad, weight decay" },
  { name: "RMSprop", make: (p) => new RMSprop(p), rule: bookRMSprop },
  { name: "RMSprop, eps", make: (p) => new RMSprop(p, { lr: 0.02, eps: 1e-8 }), pytorch: "RMSprop" },
  { name: "RMSprop, momentum", make: (p) => new RMSprop(p, { lr: 0.02, alpha: 0.9, momentum: 0.7, weightDecay: 0.1, eps: 1e-8 }), pytorch: "RMSprop, momentum" },
  { name: "RMSprop, centered", make: (p) => new RMSprop(p, { lr: 0.02, centered: true, eps: 1e-3 }), pytorch: "RMSprop, centered" },
  { name: "RMSprop, centered, momentum", make: (p) => new RMSprop(p, { lr: 0.01, momentum: 0.5, centered: true, eps: 1e-3 }), pytorch: "RMSprop, centered, momentum" },
  { name: "Adam", make: (p) => new Adam(p), rule: bookAdam(0.9, 0.999, 1e-7, 0, false) },
  { name: "Adam, amsgrad", make: (p) => new Adam(p, { lr: 0.05, betas: [0.8, 0.99], eps: 1e-3, weightDecay: 0.2, amsgrad: true }), rule: bookAdam(0.8, 0.99, 1e-3, 0.2, true) },
  { name: "Adam, pytorch", make: (p) => new Adam(p, { lr: 0.05, form }), pytorch: "Adam" },
  { name: "Adam, pytorch, weight decay", make: (p) => new Adam(p, { lr: 0.05, betas: [0.8, 0.99], eps: 1e-3, weightDecay: 0.2, form }), pytorch: "Adam, weight decay" },
  { name: "Adam, pytorch, amsgrad", make: (p) => new Adam(p, { lr: 0.05, weightDecay: 0.1, amsgrad: true, form }), pytorch: "Adam, amsgrad" },
  { name: "AdamW", make: (p) => new AdamW(p, { lr: 0.05 }), pytorch: "AdamW" },
  { name: "AdamW, amsgrad", make: (p) => new AdamW(p, { lr: 0.05, betas: [0.7, 0.95], weightDecay: 0.3, amsgrad: true }), pytorch: "AdamW, amsgrad" },
  { name: "NAdam", make: (p) => new NAdam(p), pytorch: "NAdam" },
  { name: "NAdam, weight decay", make: (p) => new NAdam(p, { lr: 0.05, betas: [0.8, 0.99], eps: 1e-3, weightDecay: 0.2, momentumDecay: 0.1 }), pytorch: "NAdam, weight decay" },
  { name: "Adadelta", make: (p) => new Adadelta(p), pytorch: "Adadelta" },
  { name: "Adadelta, weight decay", make: (p) => new Adadelta(p, { lr: 3, rho: 0.8, eps: 1e-4, weightDecay: 0.1 }), pytorch: "Adadelta, weight decay" },
  { name: "Lion", make: (p) => new Lion(p, { lr: 0.01 }), rule: lion(0.9, 0.99, 0) },
  { name: "Lion, weight decay", make: (p) => new Lion(p, { lr: 0.02, betas: [0.8, 0.95], weightDecay: 0.5 }), rule: lion(0.8, 0.95, 0.5) },
];
