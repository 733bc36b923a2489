import { fromArray } from "../graph/factory.js";
import type { Tensor } from "../graph/tensor.js";
import { sizeOf } from "../shape/shape.js";
import type { Mutable, Shape } from "../shape/types.js";
import {
  type ChoiceOptions,
  Generator,
  type GeneratorState,
  type IntegersOptions,
  type NormalOptions,
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
 */
export class Random {
  readonly generator: Generator;

  /** @param seed a safe integer, or a bigint of up to 64 bits */
  constructor(seed: number | bigint | Generator) {
    this.generator = seed instanceof Generator ? seed : new Generator(seed);
  }

  /** Normally distributed numbers: mean 0 and standard deviation 1 unless said otherwise, float64 unless float32 is asked for. */
  normal<const S extends Shape>(shape: S, options: NormalOptions = {}): Tensor<Mutable<S>> {
    return fromArray(this.generator.normal(sizeOf(shape), options), shape);
  }

  /** Uniformly distributed numbers in [low, high): [0, 1) unless said otherwise, float64 unless float32 is asked for. */
  uniform<const S extends Shape>(shape: S, options: UniformOptions = {}): Tensor<Mutable<S>> {
    return fromArray(this.generator.uniform(sizeOf(shape), options), shape);
  }

  /** Whole numbers in [low, high), as int32. */
  integers<const S extends Shape>(shape: S, options: IntegersOptions): Tensor<Mutable<S>> {
    return fromArray(this.generator.integers(sizeOf(shape), options), shape);
  }

  /** The numbers 0 to n - 1 in random order, as int32. */
  permutation(n: number): Tensor<[number]> {
    return fromArray(this.generator.permutation(n), [n]);
  }

  /** `count` of the numbers 0 to n - 1, as int32: each may come again unless `replace` is false. */
  choice(n: number, count: number, options: ChoiceOptions = {}): Tensor<[number]> {
    return fromArray(this.generator.choice(n, count, options), [count]);
  }

  /** An independent source for stream number `stream`; this one is not affected. */
  fork(stream: number): Random {
    return new Random(this.generator.fork(stream));
  }

  /** All that this source is, as plain JSON; see `fromState`. */
  state(): GeneratorState {
    return this.generator.state();
  }

  /** The source whose `state()` this was: it goes on where that one stood. */
  static fromState(state: GeneratorState): Random {
    return new Random(Generator.fromState(state));
  }
}
