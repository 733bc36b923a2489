/**
 * The module behind the eager matrix product: the tiles and packers that compiled programs share, for operands that are
 * packed always. Each element type has its own module, since few programs need both.
 */
import { type Func, type Local, Module } from "./encoder.js";
import { emitPack } from "./gemm-pack.js";
import { emitTiles, type Target, type Tile } from "./gemm-tile.js";
import { increase, locals, times } from "./loops.js";
import { lanesOf, type Scalar, scalarBytes, vectorBytes } from "./simd.js";

/** Lines to a panel, of rows of a and of columns of b. */
export const panelLines = (scalar: Scalar, { rows, vectors }: Tile) => ({ rows, columns: vectors * lanesOf[scalar] });

/**
 * Panels of columns, one after the other, each multiplied with all panels of rows. Parameters: a, b, c, bytes from one
 * row of c to the next, panels of rows, panels of columns (1 at least each), k, 1 to accumulate. Narrow ones are
 * computed to half of their columns only.
 */
function emitMultiply(module: Module, name: string, scalar: Scalar, { relaxed, tile }: Target, columns: number): void {
  const size = scalarBytes[scalar];
  const { rows } = tile;
  const bStep = tile.vectors * vectorBytes;
  const tiles = emitTiles(module, { scalar, relaxed, rows, columns, aRow: size, aStep: rows * size, bStep });
  const params = ["i32", "i32", "i32", "i32", "i32", "i32", "i32", "i32"] as const;
  module.func({ name, params }, (f, a, b, c, cRow, rowPanels, columnPanels, k, accumulate) => {
    times(f, columnPanels, () => {
      f.get(a)
        .get(k)
        .i32(rows * size)
        .op("i32.mul");
      f.get(b).get(c).get(cRow).get(rowPanels).get(k).get(accumulate).call(tiles);
      f.get(b).get(k).i32(bStep).op("i32.mul").op("i32.add").set(b);
      increase(f, c, bStep);
    });
  });
}

/** Closes the gaps between rows: from `stride` bytes apart at `from` to `length` bytes apart, in place. */
function emitCompact(module: Module): void {
  module.func({ name: "compact", params: ["i32", "i32", "i32", "i32"] }, (f, from, rows, stride, length) => {
    const [to, at, vectors] = locals(f, "i32", 3) as [Local, Local, Local];
    f.get(from).set(to);
    times(f, rows, () => {
      // Whole vectors: what they write beyond the row lies before the next one's source.
      f.i32(0).set(at).get(stride).i32(4).op("i32.shr_u").set(vectors);
      times(f, vectors, () => {
        f.get(to).get(at).op("i32.add").get(from).get(at).op("i32.add").memory("v128.load").memory("v128.store");
        increase(f, at, vectorBytes);
      });
      increase(f, from, stride);
      increase(f, to, length);
    });
  });
}

function exported(module: Module, name: string, func: Func): void {
  const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;
  module.func({ name, params }, (f, ...given) => {
    for (const param of given) f.get(param);
    f.call(func);
  });
}

/** The module's bytes, below the 4 KiB that every browser compiles synchronously on its main thread. */
export function gemmModule(scalar: Scalar, target: Target): Uint8Array<ArrayBuffer> {
  const module = new Module();
  const panels = panelLines(scalar, target.tile);
  emitMultiply(module, "multiply", scalar, target, panels.columns);
  emitMultiply(module, "multiplyNarrow", scalar, target, panels.columns / 2);
  emitCompact(module);
  for (const side of ["rows", "columns"] as const) {
    const shape = { scalar, lines: panels[side], pitch: panels[side], abreast: 1 };
    exported(module, `${side}Lines`, emitPack(module, { ...shape, layout: "lines" }));
    exported(module, `${side}Steps`, emitPack(module, { ...shape, layout: "steps" }));
  }
  return module.encode();
}
