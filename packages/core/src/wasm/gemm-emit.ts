/**
 * Matrix products of compiled programs: sizes, strides and addresses are constants, so that everything is decided here
 * and the emitted code is calls of shared functions.
 */
import type { Code, Func, Local, Module } from "./encoder.js";
import { emitDots } from "./gemm-dots.js";
import { emitPack, type Layout, type PackShape } from "./gemm-pack.js";
import { blocks, type GemmJob, isDots, packsA, packsB, startOf, transposed } from "./gemm-plan.js";
import { emitTiles, narrowRows, type Target, type Tile, type TileShape, wideVectors } from "./gemm-tile.js";
import { increase, locals, repeat } from "./loops.js";
import { lanesOf, type Scalar, scalarBytes } from "./simd.js";

export { type GemmJob, type GemmPlan, gemmPlan, type MatrixOperand, startOf } from "./gemm-plan.js";

/** Panels that are packed at a time, where the lines lie side by side. */
const packAbreast = 4;

/** A value on the stack: a constant, a local, or a local plus a constant. */
type Value = number | Local | { readonly local: Local; readonly plus: number };

function push(code: Code, value: Value): void {
  if (typeof value === "number") code.i32(value);
  else if ("local" in value) {
    code.get(value.local);
    if (value.plus !== 0) code.i32(value.plus).op("i32.add");
  } else code.get(value);
}

function call(code: Code, func: Func, ...values: readonly Value[]): void {
  for (const value of values) push(code, value);
  code.call(func);
}

/** A place in the scratch of a product. */
const inScratch = ({ scratch, scratchBase }: GemmJob, plus: number): Value =>
  scratchBase ? { local: scratchBase, plus: scratch + plus } : scratch + plus;

/** Where the loops over blocks and panels are, shared by all products of a function. */
interface Place {
  readonly a: Local;
  readonly b: Local;
  readonly c: Local;
  readonly aDepth: Local;
  readonly bDepth: Local;
  readonly bColumn: Local;
  readonly cColumn: Local;
  readonly aRow: Local;
  readonly cRow: Local;
  readonly panel: Local;
  readonly cPanel: Local;
  readonly accumulate: Local;
  /** Counters of the loops: batch, k, n, m, panels. */
  readonly counters: readonly Local[];
}

/** Emits matrix products into the functions of one module; tiles and packers are functions that the products share. */
export class GemmEmitter {
  readonly #module: Module;
  readonly #relaxed: boolean;
  readonly #tile: Tile;
  readonly #places = new WeakMap<Code, Place>();

  constructor(module: Module, target: Target) {
    this.#module = module;
    this.#relaxed = target.relaxed;
    this.#tile = target.tile;
  }

  /**
   * Emits into `code` what computes C = A B (or C += A B). Where k is 0, A B is zeros. Reads at most 16 bytes beyond
   * the operands and writes C and the scratch only.
   */
  emit(code: Code, given: GemmJob): void {
    const job = given.n === 1 && given.c.rowStride === 1 && given.m > 1 ? transposed(given) : given;
    const { m, n, k, accumulate = false, batch = { count: 1, aStep: 0, bStep: 0, cStep: 0 } } = job;
    if (job.c.colStride !== 1 && n > 1)
      throw new RangeError(`gemm: the result's column stride is ${job.c.colStride}, not 1`);
    if (m === 0 || n === 0 || batch.count === 0 || (k === 0 && accumulate)) return;
    const place = this.#place(code);
    for (const operand of ["a", "b", "c"] as const) code.set(place[operand], startOf(job[operand]));
    const one = () => {
      if (k === 0) this.#zeros(code, place, job);
      else if (isDots(job)) this.#dots(code, place, job);
      else this.#blocks(code, place, job);
      if (batch.count > 1) {
        increase(code, place.a, batch.aStep);
        increase(code, place.b, batch.bStep);
        increase(code, place.c, batch.cStep);
      }
    };
    repeat(code, batch.count, one, place.counters[0]);
  }

  #zeros(code: Code, place: Place, { scalar, m, n, c }: GemmJob): void {
    const size = scalarBytes[scalar];
    code.set(place.cRow, place.c);
    const row = () => {
      code
        .get(place.cRow)
        .i32(0)
        .i32(n * size)
        .memoryFill();
      increase(code, place.cRow, c.rowStride * size);
    };
    repeat(code, m, row, place.counters[1]);
  }

  #dots(code: Code, place: Place, { scalar, m, n, k, a, b, c, accumulate }: GemmJob): void {
    const size = scalarBytes[scalar];
    const func = this.#module.shared(`dots ${scalar}`, (module) => emitDots(module, scalar, this.#relaxed));
    const strides = [a.rowStride, b.colStride, c.rowStride].map((stride) => stride * size);
    call(code, func, place.a, place.b, place.c, m, n, k, ...strides, accumulate ? 1 : 0);
  }

  #blocks(code: Code, place: Place, job: GemmJob): void {
    const { scalar, m, n, k, a, b, c } = job;
    const size = scalarBytes[scalar];
    const lanes = lanesOf[scalar];
    const { depth, rows, columns, aBytes } = blocks(scalar, m, n, k, this.#tile.vectors);
    const [, kCount, nCount, mCount, panels] = place.counters as [Local, Local, Local, Local, Local];
    const packed = { a: packsA(job), b: packsB(job, this.#tile) };
    const bScratch = aBytes;
    const panel = lanes * (packed.b || m > 2 ? this.#tile.vectors : wideVectors);
    const aLines = { line: a.rowStride, step: a.colStride, width: this.#tile.rows, unit: 1 };
    const bLines = { line: b.colStride, step: b.rowStride, width: panel, unit: lanes };

    code.set(place.aDepth, place.a).set(place.bDepth, place.b);
    code.set(place.accumulate, job.accumulate ? 1 : 0);
    forBlocks(code, kCount, k, depth, (steps) => {
      code.set(place.bColumn, place.bDepth).set(place.cColumn, place.c);
      forBlocks(code, nCount, n, columns, (width) => {
        if (packed.b)
          this.#pack(code, scalar, place.bColumn, (plus) => inScratch(job, bScratch + plus), width, steps, bLines);
        code.set(place.aRow, place.aDepth).set(place.cRow, place.cColumn);
        forBlocks(code, mCount, m, rows, (height) => {
          if (packed.a) this.#pack(code, scalar, place.aRow, (plus) => inScratch(job, plus), height, steps, aLines);
          push(code, packed.b ? inScratch(job, bScratch) : place.bColumn);
          code.set(place.panel);
          code.set(place.cPanel, place.cRow);
          const wholePanel = () => {
            this.#panel(code, place, job, packed, height, panel, steps);
            increase(code, place.panel, (packed.b ? panel * steps : panel) * size);
            increase(code, place.cPanel, panel * size);
          };
          repeat(code, Math.floor(width / panel), wholePanel, panels);
          if (width % panel > 0) this.#panel(code, place, job, packed, height, width % panel, steps);
          increase(code, place.aRow, height * a.rowStride * size);
          increase(code, place.cRow, height * c.rowStride * size);
        });
        increase(code, place.bColumn, width * b.colStride * size);
        increase(code, place.cColumn, width * size);
      });
      increase(code, place.aDepth, steps * a.colStride * size);
      increase(code, place.bDepth, steps * b.rowStride * size);
      code.set(place.accumulate, 1);
    });
  }

  /** One panel of columns times a block of `height` rows: whole tiles, then one of the rows that are left. */
  #panel(
    code: Code,
    place: Place,
    job: GemmJob,
    packed: { readonly a: boolean; readonly b: boolean },
    height: number,
    columns: number,
    steps: number,
  ): void {
    const { scalar, a, b, c } = job;
    const size = scalarBytes[scalar];
    const lanes = lanesOf[scalar];
    const relaxed = this.#relaxed;
    const bStep = (packed.b ? Math.ceil(columns / lanes) * lanes : b.rowStride) * size;
    const stack = (rows: number, first: number, count: number) => {
      if (count === 0) return;
      const [aRow, aStep] = packed.a ? [size, rows * size] : [a.rowStride * size, a.colStride * size];
      const aTile = packed.a ? rows * steps * size : rows * aRow;
      const from: Value = packed.a
        ? inScratch(job, first * steps * size)
        : { local: place.aRow, plus: first * a.rowStride * size };
      const to = { local: place.cPanel, plus: first * c.rowStride * size };
      const func = this.#tiles({ scalar, relaxed, rows, columns, aRow, aStep, bStep });
      call(code, func, from, aTile, place.panel, to, c.rowStride * size, count, steps, place.accumulate);
    };
    const rows = !packed.a && columns <= lanes ? narrowRows : this.#tile.rows;
    const whole = Math.floor(height / rows);
    const left = height % rows;
    stack(rows, 0, whole);
    stack(left, whole * rows, left === 0 ? 0 : 1);
  }

  /** Packs `count` lines into panels of `width`, the last of them narrower: filled up to a multiple of `unit`. */
  #pack(
    code: Code,
    scalar: Scalar,
    from: Local,
    to: (plus: number) => Value,
    count: number,
    steps: number,
    { line, step, width, unit }: Record<"line" | "step" | "width" | "unit", number>,
  ): void {
    const size = scalarBytes[scalar];
    const layout: Layout = line === 1 ? "lines" : step === 1 ? "steps" : "apart";
    const panels = (lines: number, first: number, number: number, abreast: number) => {
      if (number === 0) return;
      const func = this.#packer({ scalar, lines, pitch: Math.ceil(lines / unit) * unit, layout, abreast });
      const source = { local: from, plus: first * line * size };
      call(code, func, source, to(first * steps * size), number, steps, line * size, step * size);
    };
    const whole = Math.floor(count / width);
    const rest = count % width;
    const abreast = layout === "lines" ? packAbreast : 1;
    const groups = Math.floor(whole / abreast);
    const left = whole % abreast;
    panels(width, 0, groups, abreast);
    panels(width, groups * abreast * width, left === 0 ? 0 : 1, left);
    panels(rest, whole * width, rest === 0 ? 0 : 1, 1);
  }

  #tiles(shape: TileShape): Func {
    const { scalar, rows, columns, aRow, aStep, bStep } = shape;
    const key = `tiles ${scalar} ${rows} ${columns} ${aRow} ${aStep} ${bStep}`;
    return this.#module.shared(key, (module) => emitTiles(module, shape));
  }

  #packer(shape: PackShape): Func {
    const { scalar, lines, pitch, layout, abreast } = shape;
    const key = `pack ${scalar} ${lines} ${pitch} ${layout} ${abreast}`;
    return this.#module.shared(key, (module) => emitPack(module, shape));
  }

  #place(code: Code): Place {
    const known = this.#places.get(code);
    if (known !== undefined) return known;
    const local = () => code.local("i32");
    const place: Place = {
      a: local(),
      b: local(),
      c: local(),
      aDepth: local(),
      bDepth: local(),
      bColumn: local(),
      cColumn: local(),
      aRow: local(),
      cRow: local(),
      panel: local(),
      cPanel: local(),
      accumulate: local(),
      counters: locals(code, "i32", 5),
    };
    this.#places.set(code, place);
    return place;
  }
}

/** Covers `total` by blocks: `body` is emitted once for all the whole ones, once for what is left. */
function forBlocks(code: Code, counter: Local, total: number, block: number, body: (length: number) => void): void {
  repeat(code, Math.floor(total / block), () => body(block), counter);
  if (total % block > 0) body(total % block);
}
