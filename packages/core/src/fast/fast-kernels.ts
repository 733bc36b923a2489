import { checkFunction } from "../checks.js";
import { compileSupport } from "../compile/compile.js";
import { settingsOf } from "../compile/graph/simplify.js";
import { build } from "../compile/pipeline.js";
import type { Executable } from "../compile/run/executable.js";
import type { Values } from "../dtype.js";
import { ChainruleError } from "../errors.js";
import { tensorArithmetic } from "../graph/arithmetic.js";
import type { Elementwise } from "../graph/elementwise.js";
import type { Node } from "../graph/node.js";
import { type ReadyMade, readyMade } from "../graph/ready-made.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { gains, gradientGains } from "./gains.js";

export interface FastKernelOptions {
  /** "fast", the default, or "plain": back to the loops that core has without this entry. */
  readonly kernels?: "fast" | "plain";
  /** An op uses a fast kernel from this many elements of its largest input or result on. Default 4096. */
  readonly least?: number;
  /** How much memory the kernels may keep, in bytes; beyond, the one that was used least lately is made anew. Default 2^28. */
  readonly memory?: number;
}

/**
 * Lets eager ops run compiled kernels where these are much faster than the plain loops, after copying in and out: functions such as
 * exp and tanh, choices such as relu, convolutions, pooling, sorting, softmax and its kin. To be called once, when a program begins. Each kernel is made when
 * an op first meets its shapes (a few milliseconds) and kept. The numbers are those of compiled functions: the plain ones to rounding.
 *
 * Ops below `least` elements, all others (sums and products of elements, reductions, views), and functions that are compiled as a
 * whole are what they were. Where there is no WebAssembly, all ops are.
 *
 * @returns `null`, or why there are no compiled kernels here (see `compileSupport`)
 *
 * @example
 * useFastKernels(); // null
 * const x = full([100, 100], 1);
 * x.exp().slice([0, 0]).item(); // about 2.718281828
 * useFastKernels({ kernels: "plain" }); // null
 */
export function useFastKernels(options: FastKernelOptions = {}, ...none: []): string | null {
  checkNoMore("useFastKernels", none);
  checkOptions("useFastKernels", options, ["kernels", "least", "memory"]);
  const { kernels = "fast", least = 4096, memory = 2 ** 28 } = options;
  if (kernels !== "fast" && kernels !== "plain") {
    throw new ChainruleError(`useFastKernels: kernels ${show(kernels)}: there are "fast" and "plain"`);
  }
  for (const [name, value] of Object.entries({ least, memory })) {
    if (typeof value === "number" && value >= 0) continue;
    throw new ChainruleError(`useFastKernels: ${name} ${show(value)}: a number of at least 0 is needed`);
  }
  const missing = compileSupport();
  readyMade.kernels = kernels === "plain" || missing !== null ? null : new Kernels(least, memory);
  return missing;
}

/**
 * Runs `f` with the plain loops, as without `useFastKernels`: for a comparison.
 *
 * @example
 * useFastKernels();
 * const x = full([100, 100], 1);
 * const difference = x.exp().sub(withPlainKernels(() => x.exp()));
 * difference.abs().max().item() < 1e-15; // true
 * useFastKernels({ kernels: "plain" }); // null
 */
export function withPlainKernels<R>(f: () => R, ...none: []): R {
  checkNoMore("withPlainKernels", none);
  checkFunction("withPlainKernels", f);
  const { kernels } = readyMade;
  readyMade.kernels = null;
  try {
    return f();
  } finally {
    readyMade.kernels = kernels;
  }
}

/** The kernels that have been made, in the order of their last use. */
class Kernels implements ReadyMade {
  private readonly known = new Map<string, Executable>();
  private readonly least: number;
  private readonly most: number;
  private bytes = 0;

  /** @param most bytes of memory */
  constructor(least: number, most: number) {
    this.least = least;
    this.most = most;
  }

  forward(node: Node, shape: Shape, inputs: readonly Tensor[]): Values | null {
    if (this.isSmall(sizeOf(shape), inputs) || !gains(node, inputs)) return null;
    // The node in it is one of its own: a kernel must not keep the graph of its first use.
    return this.run(`${settingsOf(node)} ${node.name}`, node, inputs, (tensors) => node.again().apply(...tensors));
  }

  backward(node: Elementwise, i: number, dout: Tensor, output: Tensor): Values | null {
    if (this.isSmall(output.size, [])) return null;
    const uses = gradientGains(node, i, output);
    const gradient = node.rule.backward[i];
    if (uses === null || typeof gradient !== "function") return null;
    const operands = [dout, ...node.inputs, output];
    const { shape } = output;
    return this.run(
      `gradient ${i} [${shape.join()}]`,
      node,
      uses.map((at) => operands[at] as Tensor),
      (tensors) => {
        // What the formula does not use stands in it all the same, and is left out of the program.
        const placed = operands.map((_, at) => tensors[Math.max(0, uses.indexOf(at))] as Tensor);
        const [first, ...others] = placed as [Tensor, ...Tensor[]];
        return gradient(tensorArithmetic, first, ...others).broadcastTo(shape) as Tensor;
      },
    );
  }

  private isSmall(size: number, inputs: readonly Tensor[]): boolean {
    return inputs.reduce((most, input) => Math.max(most, input.size), size) < this.least;
  }

  /** @param what is computed of the node, by its settings */
  private run(what: string, node: Node, inputs: readonly Tensor[], f: (tensors: readonly Tensor[]) => Tensor): Values {
    const forms = inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`);
    const key = `${idOf(node)} ${what} ${forms.join(" ")}`;
    let kernel = this.known.get(key);
    if (kernel === undefined) {
      kernel = build({ tensors: inputs, generators: [] }, ({ tensors }) => [f(tensors)], {});
      this.keep(key, kernel);
    } else {
      this.known.delete(key);
      this.known.set(key, kernel);
    }
    kernel.run(inputs, []);
    const [result] = kernel.results(false) as [Tensor];
    return result.values;
  }

  private keep(key: string, kernel: Executable): void {
    const size = kernel.stages.plan.bytes;
    for (const [old, { stages }] of this.known) {
      if (this.bytes + size <= this.most) break;
      this.known.delete(old);
      this.bytes -= stages.plan.bytes;
    }
    this.known.set(key, kernel);
    this.bytes += size;
  }
}

/** Ops are told apart by their classes: names need not be their own. */
const ids = new Map<unknown, number>();

function idOf(node: Node): number {
  const known = ids.get(node.constructor) ?? ids.size;
  ids.set(node.constructor, known);
  return known;
}
