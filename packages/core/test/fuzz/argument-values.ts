import type * as Core from "../../src/index.js";

/*
 * What the fuzz of arguments gives to functions: `plausible` values, which somewhere are right, and `hostile` ones, which are
 * wrong nearly everywhere. Each is made anew for every use, so that no call sees what another one left behind.
 */

export type Engine = typeof Core;

/** What hostile values throw themselves: it may come out of any call. */
export class Hostile extends Error {
  override readonly name = "Hostile";
}

function throws(): never {
  throw new Hostile("thrown by an argument");
}

/** How deep lists and records are nested that are deeper than a stack. */
const DEEP = 20_000;

function nested(wrap: (inner: unknown) => unknown): unknown {
  let value: unknown = 1;
  for (let i = 0; i < DEEP; i++) value = wrap(value);
  return value;
}

type Make = () => unknown;

/** Small numbers, shapes, tensors, functions and options: combinations of these are tried until a call succeeds. */
export function plausible(engine: Engine): readonly Make[] {
  const { Random, tensor, variable, zeros, ones } = engine;
  const matrix = () => tensor([[0.5, 1], [2, 0.25]]); // biome-ignore format: a matrix
  return [
    () => 0,
    () => 1,
    () => 2,
    () => 3,
    () => -1,
    () => [2, 2],
    () => [4],
    () => [0],
    () => [0, 1],
    () => [1, 1, 2, 2],
    () => [[0, 1]],
    () => [[1, 0], [0, 1]], // biome-ignore format: a matrix
    matrix,
    matrix,
    () => tensor([1, 2, 3, 4]),
    () => tensor([0, 1], { dtype: "int32" }),
    () => tensor([[0, 1], [1, 0]], { dtype: "int32" }), // biome-ignore format: a matrix
    () => tensor([[true, false], [false, true]]), // biome-ignore format: a matrix
    () => tensor(0.5),
    () => variable([[0.5, 1], [2, 0.25]]), // biome-ignore format: a matrix
    () => variable([1, 2]).mul(2).sum(),
    () => zeros([1, 2, 4]),
    () => ones([1, 2, 4, 4]),
    () => [matrix(), matrix()],
    () => ({ w: variable([1, 2]) }),
    () => "float64",
    () => "ij,jk->ik",
    () => "name",
    () => (x: unknown) => x,
    () => (x: Core.Tensor) => engine.square(x).sum(),
    () => (out?: Float64Array) => out?.fill?.(1),
    () => () => tensor(1),
    () => [null],
    () => ({}),
    () => ({ axis: 0 }),
    () => ({ kernel: 2 }),
    () => ({ dtype: "float64" }),
    () => ({ high: 3 }),
    () => ({ random: new Random(1) }),
    () => new Random(1),
    () => new Float64Array([1, 2, 3, 4]),
    () => Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 7, 9),
    () => undefined,
    () => null,
  ];
}

export function hostile(engine: Engine): readonly Make[] {
  const { tensor, variable } = engine;
  return [
    ...[undefined, null, true, false, Number.NaN, Infinity, -Infinity, -0, -1, -5, 0.5, 1e300, 2 ** 40, 2 ** 53].map(
      (value) => () => value,
    ),
    ...["", "abc", "0", "float32", "int32", "__proto__", "constructor", "toString", "\0", "a".repeat(1e5)].map(
      (text) => () => text,
    ),
    () => 10n,
    () => -(2n ** 70n),
    () => Symbol("symbol"),
    () => Symbol.iterator,
    // Functions
    () => () => undefined,
    () => throws,
    () => async () => 1,
    () =>
      function* generator() {
        yield 1;
      },
    () => class Foreign {},
    () => () => "text",
    () => () => 5,
    // Objects
    () => ({}),
    () => ({ axis: "0" }),
    () => ({ axs: 0 }),
    () => Object.create(null),
    // biome-ignore lint/suspicious/noThenProperty: what a promise is told by
    () => ({ then: throws }),
    () => ({ length: 3 }),
    () => ({ length: -1, 0: 1 }),
    () => Object.defineProperty({}, "axis", { get: throws, enumerable: true }),
    () => Object.defineProperty({}, "shape", { get: throws, enumerable: true }),
    () => ({ toString: throws, valueOf: throws }),
    () => ({ [Symbol.toPrimitive]: throws }),
    () => new Proxy({}, { get: throws, ownKeys: throws, getPrototypeOf: throws, has: throws }),
    () => new Map([["axis", 0]]),
    () => new Set([1]),
    () => new Date(0),
    () => /pattern/,
    () => new Error("an error"),
    () => Promise.resolve(1),
    () => Object(3) as unknown,
    () => Object("abc") as unknown,
    () => globalThis,
    // Lists
    () => [],
    () => [[]],
    () => [undefined],
    () => [null],
    () => ["a"],
    () => [Number.NaN],
    () => [-1],
    () => [1.5],
    () => [2 ** 40],
    () => [2 ** 20, 2 ** 20],
    () => [2 ** 53, 2 ** 53],
    () => [1n],
    () => [Symbol("symbol")],
    () => [{}],
    () => [() => 0],
    () => [[1, 2], [3]], // biome-ignore format: ragged
    () => [1, [2]],
    () => [true, 1],
    () => new Array(5),
    () => new Array(1000).fill(1),
    () => new Array(1e5).fill(0),
    () => [throws],
    () => {
      const list: unknown[] = [];
      list.push(list);
      return list;
    },
    () => {
      const list: unknown[] = [1];
      list.push(list);
      return list;
    },
    () => {
      const record: Record<string, unknown> = {};
      record["self"] = record;
      return record;
    },
    () => nested((inner) => [inner]),
    () => nested((inner) => ({ inner })),
    () => Object.assign([1, 2], { 1: Object.create(null) as unknown }),
    // Bytes
    () => new Uint8Array(3),
    () => new Uint8Array(0),
    () => new Float32Array(4),
    () => new BigInt64Array(2),
    () => new ArrayBuffer(8),
    () => new DataView(new ArrayBuffer(8)),
    // Tensors in the wrong place, and what is left of one behind a message
    () => tensor([1, 2, 3]),
    () => tensor([1, 2], { dtype: "int32" }),
    () => tensor([1.5, 2], { dtype: "float32" }),
    () => tensor([true]),
    () => tensor([]),
    () => tensor([[[1]]]),
    () => tensor(Number.NaN),
    () => variable([1, 2, 3]),
    () => structuredClone(tensor([1, 2])),
    () => structuredClone(tensor(1)),
    () => [structuredClone(tensor([1, 2]))],
  ];
}
