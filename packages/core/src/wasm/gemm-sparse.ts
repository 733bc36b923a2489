/**
 * Matrix products that skip the zeros of their left operand where most of it turns out to be zeros: pixels, one-hot
 * rows, activations behind a relu. Each row of A becomes a list of the columns where it is not zero; then a row of C is
 * the sum of those rows of B, times the elements, in registers.
 */
import type { Code, Func, Local, Module, Value } from "./encoder.js";
import { Finite } from "./finite.js";
import type { GemmJob, MatrixShape } from "./gemm-plan.js";
import { emitLists, indexBytes, listBytes, maskOf, membersBytes } from "./gemm-sparse-lists.js";
import { store } from "./gemm-tile.js";
import { increase, locals, repeat } from "./loops.js";
import { lanesOf, multiplyAdd, partialTerms, scalarBytes, splatLoad, vectorBytes, vectorOf } from "./simd.js";

/**
 * Sums of a row of C: with a broadcast element and what `mul` needs they fill the 15 registers that V8 has on x86-64.
 */
const maxVectors = 13;

/** Below these a product has too few sums to hide latency, or too few elements of A to repay counting. */
const least = { vectors: 8, rows: 32, steps: 32 } as const;

/**
 * Lines of A in which non-zeros are counted: 0.2% of the time of 100 x 784 x 50, where it is in vain; 2% of 32 x 32 x
 * 32.
 */
const sampledLines = 8;

/**
 * The share of non-zeros up to which skipping is used. Measured in V8 on one core of an Ice Lake Xeon (2.8 GHz),
 * float32, microseconds for 100 x 784 x 50 / for 784 x 100 x 50 with the rows of A side by side. With mul and add:
 * dense 304 / 308; 54 / 53 at a share of 0.05, 104 / 105 at 0.19 (digits of MNIST), 166 / 150 at 0.3, 249 / 227 at 0.5,
 * 325 / 306 at 0.7. With multiply-add, where loads bound it: dense 164 / 173; 47 / 46, 86 / 92, 150 / 126, 224 / 169 at
 * 0.5.
 */
export const sparseShare = (relaxed: boolean): number => (relaxed ? 0.3 : 0.5);

/** What is known of a job before it has addresses. */
export type SparseShape = Pick<GemmJob, "scalar" | "m" | "n" | "k" | "accumulate" | "batch"> & {
  readonly [X in "a" | "b"]: MatrixShape;
};

type SparseProduct = SparseShape & { readonly c: MatrixShape };

/**
 * Whether a product is one that {@link emitSparse} can compute, and large enough that it may pay.
 *
 * @param isKnown whether most of A is known to be zeros: then few sums do, at a smaller share of others. (float64, 100 x 10000 x 10: dense
 * 1.25 ms, 0.42 at a share of 0.01.)
 */
export function mayBeSparse({ scalar, m, n, k, a, b, accumulate, batch }: SparseShape, isKnown = false): boolean {
  const isWide = isKnown || n >= least.vectors * lanesOf[scalar];
  const isLarge = m >= least.rows && k >= least.steps && isWide;
  const isLined = a.colStride === 1 || (a.rowStride === 1 && a.colStride > 0);
  const isShort = scalar === "f64" || k <= partialTerms;
  const isDense = b.colStride === 1 && b.rowStride === n;
  return isLarge && isShort && isLined && isDense && accumulate !== true && batch === undefined;
}

/** How the columns of B and C are cut into panels, and the regions of the scratch, in bytes; `end` is its size. */
function regionsOf({ scalar, m, n, k }: Pick<GemmJob, "scalar" | "m" | "n" | "k">) {
  const vectors = Math.ceil(n / lanesOf[scalar]);
  const panels = Math.ceil(vectors / maxVectors);
  const panelVectors = Math.ceil(vectors / panels);
  const lists = membersBytes + (panels === 1 ? 0 : k * panelVectors * vectorBytes);
  return {
    panels,
    panelColumns: panelVectors * lanesOf[scalar],
    panel: membersBytes,
    lists,
    end: lists + m * listBytes(k),
  };
}

/** The scratch that such a product needs, at a multiple of 16. */
export const sparseScratchBytes = (shape: SparseShape): number => regionsOf(shape).end;

/**
 * A function of four addresses (A, B, C and scratch) that computes C = A B and returns 1, or returns 0 and leaves C alone: if too
 * much of A is not zero, or B has an infinity or NaN, which zero times is NaN. Reads at most 16 bytes beyond A and B, writes C and
 * the scratch only. `shape`: one that {@link mayBeSparse}; the scratch is as large as {@link sparseScratchBytes} says. Products of one
 * shape share it.
 */
export function sparseProduct(module: Module, shape: SparseProduct, options: { readonly relaxed: boolean }): Func {
  const { relaxed } = options;
  const { scalar, m, n, k, a, b, c } = shape;
  const strides = [a, b, c].map(({ rowStride, colStride }) => `${rowStride} ${colStride}`);
  const key = `sparse ${scalar} ${m} ${n} ${k} ${strides.join(" ")} ${relaxed}`;
  return module.shared(key, () => emitSparse(module, shape, relaxed));
}

function emitSparse(module: Module, shape: SparseProduct, relaxed: boolean): Func {
  const { scalar, n, k } = shape;
  const size = scalarBytes[scalar];
  const { panels, panelColumns, panel, lists } = regionsOf(shape);
  const bStep = panels === 1 ? n * size : panelColumns * size;
  const whole = emitRows(module, shape, { columns: Math.min(n, panelColumns), bStep, relaxed });
  return module.func({ params: ["i32", "i32", "i32", "i32"], results: ["i32"] }, (code, a, b, c, scratch) => {
    const tests = [() => emitIsSparse(code, shape, a, relaxed), () => new Finite(code, scalar).look(b, n * k).push()];
    for (const emitTest of tests) {
      emitTest();
      code.op("i32.eqz").if(() => code.i32(0).op("return"));
    }
    emitLists(code, shape, { a, members: scratch, lists: scratch.add(lists) });
    const [bColumn, cColumn] = locals(code, "i32", 2);
    code.set(bColumn, b).set(cColumn, c);
    const multiply = (rows: Func, columns: number) => {
      if (panels > 1)
        emitPanel(code, bColumn, scratch.add(panel), { rows: k, width: columns * size, from: n * size, to: bStep });
      code.get(scratch.add(lists)).get(a);
      code
        .get(panels > 1 ? scratch.add(panel) : bColumn)
        .get(cColumn)
        .call(rows);
      increase(code, bColumn, bStep);
      increase(code, cColumn, bStep);
    };
    repeat(code, Math.floor(n / panelColumns), () => multiply(whole, panelColumns));
    const rest = n % panelColumns;
    if (rest > 0) multiply(panels === 1 ? whole : emitRows(module, shape, { columns: rest, bStep, relaxed }), rest);
    code.i32(1);
  });
}

/** Leaves on the stack whether no more than a share of A is not zero, as far as some of its lines show. */
function emitIsSparse(code: Code, { scalar, m, n, k, a }: SparseShape, from: Local, relaxed: boolean): void {
  const [lines, length, stride] = a.colStride === 1 ? [m, k, a.rowStride] : [k, m, a.colStride];
  const vectors = Math.floor(length / lanesOf[scalar]);
  const [line, at, count] = locals(code, "i32", 3);
  const zero = code.local("v128");
  code.set(line, from).set(count, 0);
  repeat(code, sampledLines, () => {
    code.set(at, line);
    repeat(code, vectors, () => {
      code
        .get(count)
        .get(at.load("v128.load"))
        .get(zero)
        .op(`${vectorOf[scalar]}.ne`)
        .op(maskOf[scalar])
        .op("i32.popcnt")
        .op("i32.add")
        .set(count);
      increase(code, at, vectorBytes);
    });
    increase(code, line, Math.floor(lines / sampledLines) * stride * scalarBytes[scalar]);
  });
  const share = sparseShare(relaxed) * Math.min(1, n / (least.vectors * lanesOf[scalar]));
  const limit = Math.floor(share * sampledLines * vectors * lanesOf[scalar]);
  code.get(count.notAbove(limit));
}

/** The rows of a panel: their width and their distances in B and in the panel, in bytes. */
interface PanelShape {
  readonly rows: number;
  readonly width: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Copies columns of B together: rows far apart would meet the same sets of the caches, and more pages than the TLB has.
 */
function emitPanel(code: Code, b: Local, panel: Value, shape: PanelShape): void {
  const { rows, width, from, to } = shape;
  const [source, target] = locals(code, "i32", 2);
  code.set(source, b).set(target, panel);
  repeat(code, rows, () => {
    for (let offset = 0; offset < width; offset += vectorBytes) {
      code.store("v128.store", target, source.load("v128.load", offset), offset);
    }
    increase(code, source, from);
    increase(code, target, to);
  });
}

/** So many columns of C by the lists. Parameters: the lists, A, the columns of B, those of C. */
function emitRows(
  module: Module,
  shape: SparseProduct,
  { columns, bStep, relaxed }: { readonly columns: number; readonly bStep: number; readonly relaxed: boolean },
): Func {
  const { scalar, m, k, a, c } = shape;
  const lanes = lanesOf[scalar];
  const size = scalarBytes[scalar];
  return module.func({ params: ["i32", "i32", "i32", "i32"] }, (code, list, aRow, b, cRow) => {
    const [at, end, index, bRow] = locals(code, "i32", 4);
    const sums = locals(code, "v128", Math.ceil(columns / lanes));
    const [element, zero] = locals(code, "v128", 2);
    const addRow = () => {
      code.set(index, at.load("i32.load")).set(bRow, index.mul(bStep).add(b));
      code
        .get(index.mul(a.colStride * size).add(aRow))
        .memory(splatLoad[scalar])
        .set(element);
      for (const [v, sum] of sums.entries()) {
        multiplyAdd(code, scalar, relaxed, sum, () =>
          code
            .get(element)
            .get(bRow)
            .memory("v128.load", v * vectorBytes),
        );
      }
    };
    repeat(code, m, () => {
      for (const sum of sums) code.get(zero).set(sum);
      code.set(end, list.load("i32.load"));
      code
        .get(list)
        .i32(indexBytes)
        .op("i32.add")
        .tee(at)
        .get(end)
        .op("i32.ne")
        .if(() => {
          code.loop((next) => {
            addRow();
            code.set(at, at.add(indexBytes)).branchIf(next, at.notEqual(end));
          });
        });
      for (const [v, sum] of sums.entries()) store(code, scalar, cRow, v * vectorBytes, sum, columns - v * lanes);
      increase(code, aRow, a.rowStride * size);
      increase(code, cRow, c.rowStride * size);
      increase(code, list, listBytes(k));
    });
  });
}
