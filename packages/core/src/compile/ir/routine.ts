import type { Traced } from "../../trace/traced.js";

/** The result of a value's op (or draw) into the first buffer that is written; the inputs are read in their order. */
interface Computes {
  readonly value: Traced;
}

/**
 * What does not fit a loop: all the routines that there are, and what each is to do, said once more without code. A routine
 * writes its own code, and stays only as long as that beats what loops would do. The measurements are of float32 on a common
 * server, in milliseconds.
 */
export interface Routines {
  /**
   * Reads indices, writes nothing, and stops the program with the number of a failure where one is out of range; as early as
   * the indices are there. Loops cannot stop.
   */
  readonly check: { readonly least: number; readonly most: number; readonly failure: number };
  /**
   * Reads elements and indices, writes a buffer of zeros to which the elements are added where the indices say: the gradients of
   * `take`, `gather` and of maxima in windows. Loops store at places that they know; as a product with one-hot rows, 10,000 rows
   * of 64 into 1000 take 28 for .25.
   */
  readonly scatter: Computes;
  /**
   * Reads numbers, writes how often each of them comes. 10^6 of 1000 take .9, for 1.2 as ones that are scattered, and
   * 10,000 of them .01 for .7 as sums of one-hot rows.
   */
  readonly bincount: Computes;
  /** Reads elements, writes the order of each line of them: merge sort. 1000 x 1000 take 30, in eager mode 136. */
  readonly sort: Computes;
  /**
   * Reads the state of a generator, writes random numbers, each out of its own bits: Philox on vectors of four counters. 10^6
   * normal ones take 14, in eager mode 34.
   */
  readonly draw: Computes;
  /** Reads the state of a generator, writes (the beginning of) a permutation: swaps, each after the other. 10^6 take 10 for 32. */
  readonly shuffle: Computes;
  /**
   * Reads planes, filters and perhaps a bias, writes a convolution or its adjoint: sums of products over tables of taps, where loops
   * copy all windows first (`Im2col`) and multiply matrices then. 32 x 16 x 28 x 28 by 32 filters of 3 x 3 take 3.1 for 6.9, most of
   * it by Winograd's filtering of 3 x 3, 1.8 times faster than without; filters of 5 x 5 take 14.2 for 13.3, without the copies'
   * memory, 25 times that of the planes.
   */
  readonly convolution: Computes;
  /** Reads planes and gradients of results, writes those of the filters: 16 x 64 x 14 x 14 by 64 filters of 3 x 3 take 5.2 for 18.9. */
  readonly convolutionWeights: Computes;
}

export type RoutineName = keyof Routines;
