import fc from "fast-check";
import type { Shape, Tensor } from "../../src/index.js";
import { firstDifference, type Kind, list, made, sizeOf } from "./kind.js";
import type { Engine } from "./walk-ops.js";

/*
 * Convolutions and transposed ones in one and two dimensions, pooling (of a kernel, dilated, in ceil mode, adaptive), window
 * matrices, with padding in all its forms, and the gradients of each by its inputs, filters and bias, compiled against eager; with an infinity, NaN or -0 here and there in the inputs, the filters
 * or the gradient of the result, with filters that reach over the padding, and with channels and filters enough for minimal
 * filtering.
 *
 * What is not drawn: sizes above 9 on a side and above 6 channels, what stands beside a convolution in a program, second
 * derivatives, integers.
 */

interface Sliding {
  readonly stride: number;
  /** A pair for each of two axes is cut to those that there are. */
  readonly padding: number | "same" | "valid" | readonly (readonly [number, number])[];
  readonly dilation: number;
}

interface Drawn extends Sliding {
  readonly op: "conv" | "convTranspose" | "maxPool" | "avgPool" | "adaptiveMaxPool" | "adaptiveAvgPool" | "im2col";
  readonly ceilMode: boolean;
  readonly countIncludePad: boolean;
  readonly rank: 1 | 2;
  readonly batch: number;
  readonly groups: number;
  readonly channels: number;
  readonly filters: number;
  readonly plane: readonly number[];
  readonly kernel: readonly number[];
  readonly bias: boolean;
  readonly dtype: "float64" | "float32";
  readonly derivative: boolean;
  /** Numbers that are no ordinary ones: in which operand, where, and which. */
  readonly special: readonly { readonly operand: number; readonly at: number; readonly value: number }[];
}

const specials = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, -0, 0];

export class ConvolutionProgram {
  readonly drawn: Drawn;

  constructor(drawn: Drawn) {
    this.drawn = drawn;
  }

  /** The input, the filters, the bias. */
  private get shapes(): readonly Shape[] {
    const { op, batch, groups, channels, filters, plane, kernel, rank, bias } = this.drawn;
    const image = [batch, channels * groups, ...plane.slice(0, rank)];
    if (op === "im2col") return [[batch, channels, ...plane]];
    if (op !== "conv" && op !== "convTranspose") return [image];
    const window = kernel.slice(0, rank);
    const weights = op === "conv" ? [filters * groups, channels, ...window] : [channels * groups, filters, ...window];
    return bias ? [image, weights, [filters * groups]] : [image, weights];
  }

  inputs(e: Engine): Tensor[] {
    const { dtype, special } = this.drawn;
    return this.shapes.map((shape, operand) =>
      made(e, shape, dtype, (i) => {
        const own = special.find(
          (each) => each.operand === operand && each.at % Math.min(16, sizeOf(shape)) === i % 16,
        );
        return own === undefined ? ((7 * i + 3 * operand + ((i * i) % 5)) % 9) - 4 : (specials[own.value] as number);
      }),
    );
  }

  f(e: Engine): (...given: Tensor[]) => Tensor[] {
    const { derivative } = this.drawn;
    const forward = (...given: Tensor[]) => this.forward(e, given);
    if (!derivative) return (...given) => [forward(...given)];
    const loss = (...given: Tensor[]): Tensor => {
      const y = forward(...given);
      return y.mul(this.weights(e, y)).sum();
    };
    const all = this.shapes.map((_, i) => i);
    const gradients = e.grad(loss, { argument: all }) as (...given: Tensor[]) => readonly Tensor[];
    return (...given) => [...gradients(...given)];
  }

  /** The gradient of the result. */
  private weights(e: Engine, { shape, dtype }: Tensor): Tensor {
    const own = this.drawn.special.find(({ operand }) => operand === 3);
    return made(e, shape, dtype, (i) =>
      own !== undefined && i % 16 === own.at % Math.min(16, sizeOf(shape))
        ? (specials[own.value] as number)
        : ((3 * i) % 5) - 2,
    );
  }

  private forward(e: Engine, [x, w, bias]: readonly Tensor[]): Tensor {
    const { op, rank, stride, dilation, groups, kernel, ceilMode, countIncludePad } = this.drawn;
    const given = this.drawn.padding;
    const padding = typeof given === "object" && op !== "im2col" ? given.slice(0, rank) : given;
    const options = { stride, padding, dilation, groups };
    const window = kernel.slice(0, rank);
    const image = x as Tensor;
    const transposed = { ...options, outputPadding: 0 };
    const pool = { stride, padding, dilation, ceilMode };
    type Op = (...given: unknown[]) => Tensor;
    const run = (op: unknown, ...given: unknown[]) => (op as Op)(...given);
    switch (op) {
      case "conv":
        return run(rank === 1 ? e.conv1d : e.conv2d, image, w, bias ?? null, options);
      case "convTranspose":
        return run(rank === 1 ? e.convTranspose1d : e.convTranspose2d, image, w, bias ?? null, transposed);
      case "maxPool":
        return run(rank === 1 ? e.maxPool1d : e.maxPool2d, image, { kernel: window, ...pool });
      case "avgPool":
        return run(rank === 1 ? e.avgPool1d : e.avgPool2d, image, { kernel: window, ...pool, countIncludePad });
      case "adaptiveMaxPool":
        return run(rank === 1 ? e.adaptiveMaxPool1d : e.adaptiveMaxPool2d, image, window);
      case "adaptiveAvgPool":
        return run(rank === 1 ? e.adaptiveAvgPool1d : e.adaptiveAvgPool2d, image, window);
      case "im2col":
        return run(e.im2col, image, { kernel: [...kernel], stride, padding, dilation });
      default:
        return op satisfies never;
    }
  }

  toString(): string {
    const { op, rank, special, derivative, dtype, ...options } = this.drawn;
    const names = ["input", "filters", "bias", "gradient of the result"];
    const placed = special.map(
      ({ operand, at, value }) => `${specials[value]} in the ${names[operand]} at ${at % 16} of 16`,
    );
    return `${derivative ? "gradients of " : ""}${op}${rank}d in ${dtype} of ${this.shapes.map(list).join(" and ")}, ${JSON.stringify(options)}; ${placed.join(", ")}`;
  }

  [fc.toStringMethod](): string {
    return this.toString();
  }
}

const side = fc.constantFrom(3, 5, 2, 7, 9, 1);
const side3 = fc.oneof({ weight: 2, arbitrary: fc.constant(3) }, fc.constantFrom(1, 2, 4));

const drawn: fc.Arbitrary<Drawn> = fc.record({
  op: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom<Drawn["op"][]>("conv", "convTranspose") },
    { weight: 2, arbitrary: fc.constantFrom<Drawn["op"][]>("maxPool", "avgPool", "im2col") },
    { weight: 1, arbitrary: fc.constantFrom<Drawn["op"][]>("adaptiveMaxPool", "adaptiveAvgPool") },
  ),
  ceilMode: fc.boolean(),
  countIncludePad: fc.boolean(),
  rank: fc.constantFrom(1 as const, 2 as const, 2 as const),
  batch: fc.constantFrom(1, 2, 0, 3),
  groups: fc.constantFrom(1, 1, 2),
  channels: fc.constantFrom(1, 2, 4, 6),
  filters: fc.constantFrom(1, 2, 4, 6),
  plane: fc.tuple(side, side),
  kernel: fc.tuple(side3, side3),
  stride: fc.constantFrom(1, 1, 2, 3),
  padding: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(0, 1, 2) },
    fc.constantFrom("same" as const, "valid" as const),
    fc.tuple(fc.tuple(fc.nat(2), fc.nat(2)), fc.tuple(fc.nat(2), fc.nat(2))),
  ),
  dilation: fc.constantFrom(1, 1, 2),
  bias: fc.boolean(),
  dtype: fc.constantFrom("float64" as const, "float32" as const),
  derivative: fc.boolean(),
  special: fc.array(
    fc.record({
      operand: fc.constantFrom(1, 0, 1, 2, 3),
      at: fc.nat(15),
      value: fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat(specials.length - 1)),
    }),
    { maxLength: 2, size: "max" },
  ),
});

const tolerance = { float64: 1e-11, float32: 2e-5 };

export const convolutions: Kind<ConvolutionProgram> = {
  name: "convolutions",
  weight: 2,
  programs: drawn.map((each) => new ConvolutionProgram(each)),
  check: (e, program) => {
    const inputs = program.inputs(e);
    const f = program.f(e);
    let expected: Tensor[];
    try {
      expected = f(...inputs);
    } catch {
      // Windows that do not fit.
      return undefined;
    }
    const compiled = e.compile(f) as typeof f;
    return firstDifference(compiled(...inputs), expected, tolerance);
  },
};
