import { compileSupport } from "../compile/compile.js";
import { build } from "../compile/pipeline.js";
import type { Executable } from "../compile/run/executable.js";
import type { Values } from "../dtype.js";
import { ChainruleError, CompileError } from "../errors.js";
import { tensorArithmetic } from "../graph/arithmetic.js";
import type { Elementwise } from "../graph/elementwise.js";
import type { Node } from "../graph/node.js";
import { type ReadyMade, readyMade } from "../graph/ready-made.js";
import { inScope } from "../graph/recording.js";
import type { Tensor } from "../graph/tensor.js";
import { checkNoMore, checkOptions } from "../options.js";
import { sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";
import { show } from "../show.js";
import { settingsOf } from "../trace/known-values.js";
import { gains, gradientGains } from "./gains.js";

export interface FastKernelOptions {
  /** "fast", the default, or "plain": back to the loops that core has without this entry. */
  readonly kernels?: "fast" | "plain";
  /** An op uses a fast kernel from this many elements of its largest input or result on. Default 4096. */
  readonly least?: number;
  /**
   * How much memory the kernels may keep, in bytes; beyond, the one that was used least lately is made anew, and what needs more
   * alone runs the plain loops. Default 2^28.
   */
  readonly memory?: number;
  /** How often an op has met the same shapes, by the plain loops, before a kernel is made for them. Default 1. */
  readonly after?: number;
}

/**
 * Lets eager ops run compiled kernels where these are much faster than the plain loops, after copying in and out: functions such as
 * exp and tanh, choices such as relu, convolutions, pooling, sorting, softmax and its kin. To be called once, when a program begins. Each kernel is made when
 * an op meets its shapes for the second time (a few milliseconds) and kept. The numbers are those of compiled functions: the plain ones to rounding.
 *
 * Ops below `least` elements, all others (sums and products of elements, most reductions, views, ops of one's own), and functions that
 * are compiled as a whole are what they were. Where there is no WebAssembly, or no memory for a kernel, all ops are.
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
  checkOptions("useFastKernels", options, ["kernels", "least", "memory", "after"]);
  const { kernels = "fast", least = 4096, memory = 2 ** 28, after = 1 } = options;
  if (kernels !== "fast" && kernels !== "plain") {
    throw new ChainruleError(`useFastKernels: kernels ${show(kernels)}: there are "fast" and "plain"`);
  }
  for (const [name, value] of Object.entries({ least, memory, after })) {
    if (typeof value === "number" && value >= 0) continue;
    throw new ChainruleError(`useFastKernels: ${name} ${show(value)}: a number of at least 0 is needed`);
  }
  const { missing } = compileSupport();
  readyMade.kernels = kernels === "plain" || missing !== null ? null : new Kernels(least, memory, after);
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
 *
 * @throws GraphError when `f` is asynchronous or a generator: its work would be done with fast kernels again.
 */
export function withPlainKernels<R>(f: () => R, ...none: []): R {
  checkNoMore("withPlainKernels", none);
  return inScope("withPlainKernels", f, (f) => {
    const { kernels } = readyMade;
    readyMade.kernels = null;
    try {
      return f();
    } finally {
      readyMade.kernels = kernels;
    }
  });
}

/** Of so many shapes it is remembered how often ops have met them. */
const mostMet = 10_000;

class Kernels implements ReadyMade {
  /** The kernels that have been made, in the order of their last use; `null` for what there is no memory for. */
  private readonly known = new Map<string, Executable | null>();
  /** How often ops have met shapes for which there is no kernel. */
  private readonly met = new Map<string, number>();
  private readonly least: number;
  private readonly most: number;
  private readonly after: number;
  private bytes = 0;

  /** @param most bytes of memory */
  constructor(least: number, most: number, after: number) {
    this.least = least;
    this.most = most;
    this.after = after;
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
  private run(
    what: string,
    node: Node,
    inputs: readonly Tensor[],
    f: (tensors: readonly Tensor[]) => Tensor,
  ): Values | null {
    const forms = inputs.map(({ dtype, shape }) => `${dtype}[${shape.join()}]`);
    const key = `${idOf(node)} ${what} ${forms.join(" ")}`;
    let kernel = this.known.get(key);
    if (kernel === undefined) {
      if (!this.isDue(key)) return null;
      kernel = this.made(inputs, f);
      this.keep(key, kernel);
    } else {
      this.known.delete(key);
      this.known.set(key, kernel);
    }
    if (kernel === null) return null;
    kernel.run(inputs, []);
    const [result] = kernel.results(false) as [Tensor];
    return result.values;
  }

  /** Whether shapes have come often enough: where they are others each time, making kernels takes longer than the loops. */
  private isDue(key: string): boolean {
    const times = this.met.get(key) ?? 0;
    if (times >= this.after) {
      this.met.delete(key);
      return true;
    }
    if (this.met.size >= mostMet) this.met.clear();
    this.met.set(key, times + 1);
    return false;
  }

  private made(inputs: readonly Tensor[], f: (tensors: readonly Tensor[]) => Tensor): Executable | null {
    try {
      const kernel = build({ tensors: inputs, generators: [] }, ({ tensors }) => [f(tensors)], {});
      return bytesOf(kernel) <= this.most ? kernel : null;
    } catch (error) {
      // More memory than there are addresses, or than there is.
      if (error instanceof CompileError) return null;
      throw error;
    }
  }

  private keep(key: string, kernel: Executable | null): void {
    const size = bytesOf(kernel);
    for (const [old, each] of this.known) {
      if (this.bytes + size <= this.most) break;
      this.known.delete(old);
      this.bytes -= bytesOf(each);
    }
    this.known.set(key, kernel);
    this.bytes += size;
  }
}

const bytesOf = (kernel: Executable | null) => kernel?.stages.plan.bytes ?? 0;

/** Ops are told apart by their classes. */
const ids = new Map<unknown, number>();

function idOf(node: Node): number {
  const known = ids.get(node.constructor) ?? ids.size;
  ids.set(node.constructor, known);
  return known;
}
