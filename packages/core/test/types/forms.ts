import type { ConvFunction, PoolFunction } from "../../src/graph/signatures/windows.js";
import { argMax, concat, expectShape, expectType, n, reshape, softmax, stack, sum, take, zeros } from "./declared.js";
import type * as signature from "./signatures.js";

// The forms of other libraries have the shapes of the forms of this one.

interface Options {
  readonly padding?: number | undefined;
}

declare const dims: number[];
declare const conv2d: ConvFunction<"conv2d", 2, Options>;
declare const maxPool2d: PoolFunction<"maxPool2d", 2, { readonly kernel: number; readonly stride?: number }>;
declare const full: signature.FullFactory;
declare const eye: signature.EyeFunction;
declare const tile: signature.TileFunction;

const cube = zeros(2, 3, 4);
const images = zeros(100, 6, 28, 28);

// Sizes one after the other
expectShape<[2, 3, 4]>()(cube);
expectShape<[3]>()(zeros(3));
expectShape<[2, 3]>()(zeros(2, 3, { dtype: "float32" }));
expectShape<number[]>()(zeros(...dims));
expectShape<[5]>()(full(5, 1));
expectShape<[2, 2]>()(eye(2, { dtype: "int32" }));
expectShape<[6, 4]>()(cube.reshape(6, 4));
expectShape<[24]>()(cube.reshape(-1));
expectShape<[12, 2]>()(reshape(cube, -1, 2));
expectShape<[5, number]>()(cube.reshape(5, n));
expectShape<readonly number[]>()(cube.reshape(...dims));
expectShape<[2, 4, 3]>()(cube.transpose(0, 2, 1));
expectShape<[3, 2]>()(zeros(2, 3).transpose(1, 0));
expectShape<[5, 3, 4]>()(zeros([3, 1]).broadcastTo(5, 3, 4));
expectShape<[4, 3, 4]>()(cube.tile(2, 1, 1));
expectShape<[7]>()(tile(3, 7));

// Options behind the axes, the axis among the options
expectShape<[1, 3, 4]>()(cube.sum(0, { keepDims: true }));
expectShape<[1, 3, 1]>()(sum(cube, [0, 2], { keepDims: true }));
expectShape<[3, 4]>()(cube.std(0, { correction: 1 }));
expectShape<[2, 3]>()(cube.argMax({ axis: -1 }));
expectShape<[2, 1, 4]>()(argMax(cube, { axis: 1, keepDims: true }));
expectShape<[2, 3, 4]>()(cube.softmax({ axis: 0 }));
expectShape<[2, 3, 4]>()(softmax(cube, { axis: 0 }));
expectShape<[2, 3, 4]>()(cube.cumsum({ axis: 0, reverse: true }));
expectShape<[2, 3, 4]>()(cube.sort({ axis: 0, descending: true }));
expectShape<[2, 3, 1]>()(cube.topK(1, { axis: -1 }).values);
expectShape<[4, 3, 4]>()(concat([cube, cube], { axis: 0 }));
expectShape<[2, 3, 2, 4]>()(stack([cube, cube], { axis: 2 }));
expectShape<[2, 5, 4]>()(take(cube, [0, 1, 1, 0, 2], { axis: 1 }));
expectShape<[2, 3, 4]>()(cube.flip(0, 1));
expectShape<[2, 3]>()(zeros(2, 1, 3).squeeze({ axis: 1 }));
expectShape<[2, 3, 4, 1]>()(cube.expandDims({ axis: -1 }));
expectType<[typeof first, typeof first]>()(cube.split([1, 1], { axis: 0 }));
const first = zeros(1, 3, 4);

// A kernel alone, options in the place of a bias
expectShape<[100, 6, number, number]>()(maxPool2d(images, 2));
expectShape<[100, 6, number, number]>()(maxPool2d(images, 2, { stride: 1 }));
expectShape<[100, 16, number, number]>()(conv2d(images, zeros(16, 6, 3, 3), { padding: 1 }));
