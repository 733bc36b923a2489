import type { PadFunction } from "../../src/graph/signatures/joining.js";
import type {
  AdaptivePoolFunction,
  ConvFunction,
  ConvTransposeFunction,
  GlobalPoolFunction,
  PoolFunction,
} from "../../src/graph/signatures/windows.js";
import type { Tensor } from "../../src/graph/tensor.js";
import type { Padding } from "../../src/shape/window.js";
import { expectShape, n, zeros } from "./declared.js";

interface Options {
  readonly stride?: number | readonly number[] | undefined;
  readonly padding?: Padding | undefined;
  readonly groups?: number | undefined;
}

export declare const conv2d: ConvFunction<"conv2d", 2, Options>;
export declare const conv1d: ConvFunction<"conv1d", 1, Options>;
export declare const convTranspose2d: ConvTransposeFunction<"convTranspose2d", 2, Options>;
export declare const maxPool2d: PoolFunction<"maxPool2d", 2, { readonly kernel: number }>;
export declare const adaptiveAvgPool1d: AdaptivePoolFunction<"adaptiveAvgPool1d", 1>;
export declare const adaptiveAvgPool2d: AdaptivePoolFunction<"adaptiveAvgPool2d", 2>;
export declare const globalAvgPool: GlobalPoolFunction<"globalAvgPool">;
export declare const pad: PadFunction;
declare const unknown: Tensor;
declare const groups: number;

// What is known of the batch and the channels is kept.
const images = zeros([100, 6, 28, 28]);
expectShape<[100, 16, number, number]>()(conv2d(images, zeros([16, 6, 3, 3])));
expectShape<[100, 16, number, number]>()(conv2d(images, zeros([16, 6, 3, 3]), zeros([16]), { stride: [2, 1] }));
expectShape<[100, 16, number, number]>()(conv2d(images, zeros([16, 3, 3, 3]), null, { groups: 2 }));
expectShape<[100, 16, number, number]>()(conv2d(images, zeros([16, 3, 3, 3]), null, { groups }));
expectShape<[number, 16, number, number]>()(conv2d(zeros([n, 6, 28, 28]), zeros([16, 6, 3, 3])));
expectShape<[number, 16, number, number]>()(conv2d(unknown, zeros([16, 6, 3, 3])));
expectShape<[100, number, number, number]>()(conv2d(images, unknown));
expectShape<[2, 5, number]>()(conv1d(zeros([2, 3, 9]), zeros([5, 3, 2])));
expectShape<[2, 5, number, number]>()(convTranspose2d(zeros([2, 3, 9, 9]), zeros([3, 5, 2, 2])));
expectShape<[2, number, number, number]>()(
  convTranspose2d(zeros([2, 4, 9, 9]), zeros([4, 5, 2, 2]), null, { groups: 2 }),
);
expectShape<[100, 6, number, number]>()(maxPool2d(images, { kernel: 2 }));
expectShape<[number, number, number, number]>()(maxPool2d(unknown, { kernel: 2 }));
expectShape<[100, 16, number, number]>()(conv2d(images, zeros([16, 6, 3, 3]), { padding: "same" }));
expectShape<[100, 16, number, number]>()(conv2d(images, zeros([16, 6, 3, 3]), { padding: [[0, 1], [2, 3]] })); // biome-ignore format: a pair for each axis
expectShape<[100, 6, 7, 7]>()(adaptiveAvgPool2d(images, 7));
expectShape<[100, 6, 7, 5]>()(adaptiveAvgPool2d(images, [7, 5]));
expectShape<[100, 6, number, number]>()(adaptiveAvgPool2d(images, n));
expectShape<[2, 3, 4]>()(adaptiveAvgPool1d(zeros([2, 3, 9]), 4));
expectShape<[number, number, number, number]>()(adaptiveAvgPool2d(unknown, n));
expectShape<[100, 6]>()(globalAvgPool(images));
expectShape<[2, 3, 1]>()(globalAvgPool(zeros([2, 3, 9]), { keepDims: true }));
expectShape<[number, number]>()(globalAvgPool(unknown));

// A generic layer.
export function layer<N extends number>(x: Tensor<[N, 6, number, number]>): Tensor<[N, 16, number, number]> {
  return conv2d(x, zeros([16, 6, 5, 5]));
}
export function head<N extends number>(x: Tensor<[N, 6, number, number]>): Tensor<[N, 6]> {
  return globalAvgPool(x);
}

// Sums of literals.
expectShape<[3, 104]>()(pad(zeros([2, 99]), [[1, 0], [2, 3]])); // biome-ignore format: a matrix
expectShape<[number, 4]>()(pad(zeros([n, 2]), [[1, 1], [1, 1]])); // biome-ignore format: a matrix
expectShape<[number]>()(pad(zeros([2]), [[n, 1]]));
expectShape<[]>()(pad(zeros([]), []));
