import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Module } from "../src/wasm/encoder.js";
import { GemmEmitter, type GemmJob, gemmPlan, type MatrixOperand } from "../src/wasm/gemm-emit.js";
import { mostVectors, type Tile, tilesOf } from "../src/wasm/gemm-tile.js";
import { type Scalar, scalarBytes } from "../src/wasm/simd.js";
import { boundOf, forEachKind, generator, guard, Instance } from "./support/wasm-products.js";

const test = suite("compiled matrix products");

const random = generator(7);
const integer = (limit: number): number => Math.floor(random() * limit);
const pick = <T>(values: readonly T[]): T => values[integer(values.length)] as T;

/** Strides in elements, and what a job may vary besides. */
interface Case {
  readonly scalar: Scalar;
  readonly relaxed: boolean;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: readonly [row: number, column: number];
  readonly b: readonly [row: number, column: number];
  readonly cRow: number;
  readonly accumulate?: boolean;
  /** The count, and whether the products share a or b. */
  readonly batch?: readonly [count: number, sameA: boolean, sameB: boolean];
}

/** Elements from the first of a matrix to behind its last. */
const extent = (rows: number, columns: number, [row, column]: readonly [number, number]): number =>
  rows === 0 || columns === 0 ? 0 : (rows - 1) * row + (columns - 1) * column + 1;

/** Which of the other tiles is next. */
let turn = 0;

/** Runs one product in a module of its own and compares with sums in float64; and with the bits of another tile. */
function check(given: Case): void {
  const { scalar, relaxed, m, n, k, a, b, cRow, accumulate = false, batch } = given;
  const [count, sameA, sameB] = batch ?? [1, false, false];
  const what = JSON.stringify(given);
  const size = scalarBytes[scalar];
  const sizes = [extent(m, k, a), extent(k, n, b), extent(m, n, [cRow, 1])];
  const [aLength, bLength, cLength] = sizes as [number, number, number];
  const [aStep, bStep, cStep] = [sameA ? 0 : aLength + 1, sameB ? 0 : bLength + 3, cLength + 2];
  let end = guard;
  const region = (length: number, step: number) => {
    const at = end;
    end += length + (count - 1) * step + guard;
    return at;
  };
  const [aAt, bAt, cAt] = [region(aLength, aStep), region(bLength, bStep), region(cLength, cStep)];
  const scratch = Math.ceil((end * size) / 16) * 16;
  const { scratchBytes } = gemmPlan(scalar, m, n, k, mostVectors.wide);
  const bytes = scratch + scratchBytes + guard * size;

  const operand = (at: number, [rowStride, colStride]: readonly [number, number]): MatrixOperand => ({
    address: at * size,
    rowStride,
    colStride,
  });
  const job: GemmJob = {
    scalar,
    m,
    n,
    k,
    a: operand(aAt, a),
    b: operand(bAt, b),
    c: operand(cAt, [cRow, 1]),
    scratch,
    accumulate,
    ...(batch === undefined ? {} : { batch: { count, aStep: aStep * size, bStep: bStep * size, cStep: cStep * size } }),
  };
  const withTile = (tile: Tile) => {
    const module = new Module();
    const emitter = new GemmEmitter(module, { relaxed, tile });
    module.func({ name: "run", params: [] }, (code) => emitter.emit(code, job));
    return new Instance(module, scalar, bytes);
  };
  const [usual, ...others] = tilesOf(relaxed, true);
  const instance = withTile(usual);
  const { view } = instance;
  const fill = (at: number, rows: number, columns: number, [row, column]: readonly [number, number]) => {
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) view[at + i * row + j * column] = random() - 0.5;
  };
  for (let t = 0; t < count; t++) {
    if (t === 0 || !sameA) fill(aAt + t * aStep, m, k, a);
    if (t === 0 || !sameB) fill(bAt + t * bStep, k, n, b);
    if (accumulate) fill(cAt + t * cStep, m, n, [cRow, 1]);
  }
  const before = view.slice();
  instance.run();

  const isResult = new Uint8Array(view.length);
  const bound = boundOf(scalar, k);
  for (let t = 0; t < count; t++) {
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        const at = cAt + t * cStep + i * cRow + j;
        isResult[at] = 1;
        let sum = accumulate ? (before[at] as number) : 0;
        let magnitude = Math.abs(sum);
        for (let p = 0; p < k; p++) {
          const x = before[aAt + t * aStep + i * a[0] + p * a[1]] as number;
          const y = before[bAt + t * bStep + p * b[0] + j * b[1]] as number;
          sum += x * y;
          magnitude += Math.abs(x * y);
        }
        const error = Math.abs((view[at] as number) - sum);
        if (!(error <= bound * magnitude)) {
          assert.unreachable(`${what}: product ${t}, element ${i}, ${j} is ${view[at]}, not ${sum}`);
        }
      }
    }
  }
  instance.checkUntouched(before, { isResult: (at) => isResult[at] === 1, scratch, scratchBytes }, what);
  const tile = others[turn++ % others.length] as Tile;
  const other = withTile(tile);
  other.view.set(before);
  other.run();
  other.checkUntouched(view, { isResult: () => false, scratch, scratchBytes }, `${what}, ${JSON.stringify(tile)}`);
}

const forms = [
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const;

/** Strides of a matrix stored as it is or transposed, its lines `gap` elements further apart than they are long. */
const stored = (rows: number, columns: number, transposed: boolean, gap = 0): readonly [number, number] =>
  transposed ? [1, rows + gap] : [columns + gap, 1];

forEachKind((scalar, relaxed, name) => {
  const each = (m: number, n: number, k: number, rest: Partial<Case> = {}, gap = 0) => {
    for (const [ta, tb] of forms) {
      check({ scalar, relaxed, m, n, k, a: stored(m, k, ta, gap), b: stored(k, n, tb, gap), cRow: n + gap, ...rest });
    }
  };

  test(`${name}: small sizes`, () => {
    const sizes = [0, 1, 3, 17];
    for (const m of sizes) for (const n of sizes) for (const k of sizes) each(m, n, k);
  });

  test(`${name}: around the edges of tiles`, () => {
    for (const m of [4, 5, 7, 8, 9, 10, 21]) {
      for (const n of [4, 7, 8, 9, 15]) {
        each(m, n, pick([3, 4, 6, 7, 8]), { accumulate: (m + n) % 2 === 0 }, pick([0, 1, 5]));
      }
    }
  });

  test(`${name}: beyond one block in each direction, and in two at a time`, () => {
    const accumulate = true;
    each(3, 17, 1601);
    each(21, 3, 803, { accumulate });
    each(21, 5, 1601);
    each(331, 9, 403);
    each(171, 11, 803, { accumulate });
    each(2, 1307, 403);
    each(13, 1307, 401, { accumulate }, 3);
  });

  test(`${name}: vectors times matrices`, () => {
    for (const k of [1, 15, 37, 810]) {
      for (const long of [1, 5, 24, 25, 61]) {
        const accumulate = long % 2 === 0;
        each(1, long, k, { accumulate });
        each(2, long, k, { accumulate }, 1);
        each(long, 1, k, { accumulate });
        // A column whose elements are apart.
        each(long, 1, k, {}, 3);
      }
    }
    // Neither can be read as it is.
    check({ scalar, relaxed, m: 1300, n: 1, k: 403, a: [2, 2600], b: [3, 1], cRow: 1 });
  });

  test(`${name}: random shapes and strides`, () => {
    for (let i = 0; i < 40; i++) {
      const accumulate = i % 3 === 0;
      each(integer(50), integer(50), pick([integer(10), integer(200)]), { accumulate }, integer(3));
    }
  });

  test(`${name}: strides of 0, and neither of them 1`, () => {
    for (const [m, n, k] of [
      [2, 3, 4],
      [13, 11, 9],
      [30, 35, 140],
    ] as const) {
      const strides = [
        [0, 0],
        [0, 1],
        [1, 0],
        [3 * k, 3],
        [2, 3 * m],
      ] as const;
      for (const a of strides) {
        for (const b of [...strides.slice(0, 3), [3 * n, 3], [2, 3 * k]] as const) {
          check({ scalar, relaxed, m, n, k, a, b, cRow: n });
        }
      }
    }
  });

  test(`${name}: batches`, () => {
    for (const [m, n, k] of [
      [2, 3, 4],
      [9, 10, 11],
      [20, 7, 33],
      [3, 4, 0],
    ] as const) {
      for (const batch of [
        [0, false, false],
        [1, false, false],
        [3, false, false],
        [4, true, false],
        [4, false, true],
      ] as const) {
        each(m, n, k, { batch, accumulate: batch[0] === 3 }, 1);
        each(m, 1, k, { batch });
      }
    }
  });
});

test("a result whose columns are apart is refused", () => {
  const module = new Module();
  const emitter = new GemmEmitter(module, { relaxed: false, tile: tilesOf(false, false)[0] });
  const x = { address: 0, rowStride: 4, colStride: 2 };
  module.func({ params: [] }, (code) => {
    assert.throws(
      () => emitter.emit(code, { scalar: "f32", m: 2, n: 2, k: 2, a: x, b: x, c: x, scratch: 0 }),
      /column stride is 2/,
    );
  });
});

test("products share their functions: twice the same adds none", () => {
  const module = new Module();
  const emitter = new GemmEmitter(module, { relaxed: false, tile: tilesOf(false, false)[0] });
  const x = { address: 0, rowStride: 100, colStride: 1 };
  module.func({ params: [] }, (code) => {
    const job: GemmJob = { scalar: "f32", m: 100, n: 100, k: 100, a: x, b: x, c: x, scratch: 65536 };
    emitter.emit(code, job);
    const count = module.functionCount;
    emitter.emit(code, { ...job, a: { ...x, address: 4096 } });
    assert.is(module.functionCount, count);
  });
});

test.run();
