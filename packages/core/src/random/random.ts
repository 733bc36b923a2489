import type { DType, DTypes, TypedArray } from "../dtype.js";
import { ShapeError } from "../errors.js";
import { fromArray } from "../graph/factory.js";
import type { Known, Sizes } from "../graph/signatures/operands.js";
import { Tensor } from "../graph/tensor.js";
import { type Draw, tracer } from "../graph/tracer.js";
import { checkNoMore, checkOptions } from "../options.js";
import { checkShape, sizeOf, sizesAndOptions } from "../shape/shape.js";
import type { Mutable, Shape } from "../shape/types.js";
import {
  type ChoiceOptions,
  Generator,
  type GeneratorState,
  type IntegersOptions,
  type NormalOptions,
  type RandomDType,
  type UniformOptions,
} from "./generator.js";

/**
 * Tensors of random numbers out of an explicit seed: same seed, same bits, in every JavaScript engine. The numbers come
 * from a counter (see `Generator`), so that `fork(i)` gives step i of a training run numbers of its own, whether or not
 * the steps before it were run.
 *
 * @example
 * const random = new Random(42);
 * const W = variable(random.normal([784, 50], { std: 0.01 }));
 * random.uniform(2, 3).shape; // [2, 3]
 */
export class Random {
  readonly generator: Generator;

  /** @param seed a safe integer, or a bigint of up to 64 bits */
  constructor(seed: number | bigint | Generator, ...none: []) {
    checkNoMore("Random", none);
    this.generator = seed instanceof Generator ? seed : new Generator(seed);
  }

  /** Normally distributed numbers: mean 0 and standard deviation 1 unless said otherwise, float64 unless float32 is asked for. */
  normal<const S extends Shape>(...sizes: S): Tensor<Mutable<S>, "float64">;
  normal<const S extends Sizes, D extends RandomDType = "float64">(
    ...sizesAndOptions: readonly [...S, NormalOptions<D>]
  ): Tensor<Mutable<S>, Known<D>>;
  normal<const S extends Shape, D extends RandomDType = "float64">(
    shape: S,
    options?: NormalOptions<D>,
  ): Tensor<Mutable<S>, Known<D>>;
  normal(...given: readonly unknown[]): Tensor {
    const [shape, options] = this.asked<NormalOptions>("normal", given, ["mean", "std", "dtype"]);
    const { mean = 0, std = 1, dtype = "float64" } = options;
    return this.draw("normal", shape, dtype, { mean, std }, () => this.generator.normal(sizeOf(shape), options));
  }

  /** Uniformly distributed numbers in [low, high): [0, 1) unless said otherwise, float64 unless float32 is asked for. */
  uniform<const S extends Shape>(...sizes: S): Tensor<Mutable<S>, "float64">;
  uniform<const S extends Sizes, D extends RandomDType = "float64">(
    ...sizesAndOptions: readonly [...S, UniformOptions<D>]
  ): Tensor<Mutable<S>, Known<D>>;
  uniform<const S extends Shape, D extends RandomDType = "float64">(
    shape: S,
    options?: UniformOptions<D>,
  ): Tensor<Mutable<S>, Known<D>>;
  uniform(...given: readonly unknown[]): Tensor {
    const [shape, options] = this.asked<UniformOptions>("uniform", given, ["low", "high", "dtype"]);
    const { low = 0, high = 1, dtype = "float64" } = options;
    return this.draw("uniform", shape, dtype, { low, high }, () => this.generator.uniform(sizeOf(shape), options));
  }

  /** Whole numbers in [low, high), as int32. */
  integers<const S extends Sizes>(...sizesAndOptions: readonly [...S, IntegersOptions]): Tensor<Mutable<S>, "int32">;
  integers<const S extends Shape>(shape: S, options: IntegersOptions): Tensor<Mutable<S>, "int32">;
  integers(...given: readonly unknown[]): Tensor {
    const [shape, options] = this.asked<IntegersOptions>("integers", given, ["low", "high"]);
    const { low = 0, high } = options;
    return this.draw("integers", shape, "int32", { low, high }, () => this.generator.integers(sizeOf(shape), options));
  }

  /** The numbers 0 to n - 1 in random order, as int32. */
  permutation(n: number, ...none: []): Tensor<[number], "int32"> {
    checkNoMore("permutation", none);
    return this.draw("choice", [n], "int32", { n, replace: false }, () => this.generator.permutation(n));
  }

  /** `count` of the numbers 0 to n - 1, as int32: each may come again unless `replace` is false. */
  choice(n: number, count: number, options: ChoiceOptions = {}, ...none: []): Tensor<[number], "int32"> {
    checkNoMore("choice", none);
    checkOptions("choice", options, ["replace"], ["replace"]);
    const { replace = true } = options;
    return this.draw("choice", [count], "int32", { n, replace }, () => this.generator.choice(n, count, options));
  }

  /** The shape and the options of a draw, `draw([2, 3], options)` or `draw(2, 3, options)`. */
  private asked<Options extends object>(
    method: string,
    given: readonly unknown[],
    names: readonly string[],
  ): readonly [shape: Shape, options: Options] {
    const [shape, options] = sizesAndOptions(method, given);
    if (!Array.isArray(given[0]) && shape.length > 1 && shape.includes(0)) throw noBounds(method, shape, names);
    checkShape(method, shape);
    checkOptions(method, options, names);
    return [shape, (options ?? {}) as Options];
  }

  /** Draws now, or records the draw for a program that is traced; in both cases bad options are refused here. */
  private draw<const S extends Shape, D extends DType>(
    method: Draw["method"],
    shape: S,
    dtype: DTypes[D],
    options: Draw["options"],
    now: () => TypedArray,
  ): Tensor<Mutable<S>, D> {
    const values = tracer()?.draw(this.generator, method, options, dtype, shape, now);
    if (values === undefined) return fromArray(now(), shape, { dtype }) as Tensor<Mutable<S>, D>;
    // The type of a shape that may be written to; the shape itself is copied and frozen.
    return new Tensor(shape as unknown as Mutable<S>, dtype, values, null, false);
  }

  /** An independent source for stream number `stream`; this one is not affected. */
  fork(stream: number, ...none: []): Random {
    checkNoMore("fork", none);
    return new Random(this.generator.fork(stream));
  }

  /** All that this source is, as plain JSON; see `fromState`. */
  state(...none: []): GeneratorState {
    checkNoMore("state", none);
    return this.generator.state();
  }

  /** The source whose `state()` this was: it goes on where that one stood. */
  static fromState(state: GeneratorState, ...none: []): Random {
    checkNoMore("Random.fromState", none);
    return new Random(Generator.fromState(state));
  }
}

/** Plain numbers with a 0 among them are no sizes, but what other libraries take first: the bounds, or mean and deviation. */
function noBounds(method: string, shape: Shape, names: readonly string[]): ShapeError {
  const [first, second] = names;
  return new ShapeError(
    `${method}: ${method}(${shape.join(", ")}) would be an empty tensor; the shape comes first, then the options: ` +
      `${method}([2, 3], { ${first}: 0, ${second}: 1 }), or ${method}([${shape.join(", ")}]) for an empty one`,
  );
}
