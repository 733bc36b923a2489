import type { DType, TypedArray } from "../dtype.js";
import { broadcastStrides, sameShape, sizeOf } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

/**
 * One elementwise expression as two loops over typed arrays of one dtype, printed at build time so that the JavaScript
 * engine specialises each. `uses` says which operands the expression reads, in the order in which the loops take them.
 */
export interface Loop {
  readonly uses: readonly number[];
  /** All operands have the shape of the output; absent where the steps of `strided` cost nothing beside the expression. */
  flat?(out: TypedArray, n: number, ...operands: TypedArray[]): void;
  /**
   * `rows` rows of `n` elements of `out` from `at` on; of each operand the array, its own position, its own step and the
   * jump from where a row ends to the next one. Two axes in one call: a call for each row costs more than a short row.
   * Absent where no operand can be broadcast.
   */
  strided?(out: TypedArray, at: number, rows: number, n: number, ...operands: (TypedArray | number)[]): void;
}

export interface LoopSet {
  readonly forward: Readonly<Partial<Record<DType, Loop>>>;
  /** For each input: the loops, or that its gradient is `dout` itself, or zero. Absent where there is no gradient. */
  readonly backward?: readonly (Readonly<Partial<Record<DType, Loop>>> | "dout" | null)[];
}

interface LoopOperand {
  readonly shape: Shape;
  readonly array: TypedArray;
}

function haveShape(operands: readonly LoopOperand[], uses: readonly number[], shape: Shape): boolean {
  for (let i = 0; i < uses.length; i++) {
    if (!sameShape((operands[uses[i] as number] as LoopOperand).shape, shape)) return false;
  }
  return true;
}

/** Runs `loop` over `shape`, reading operands of smaller shapes as if they were broadcast. */
export function runLoop(loop: Loop | undefined, out: TypedArray, shape: Shape, operands: readonly LoopOperand[]): void {
  if (loop === undefined) throw new Error("no loop was generated for this dtype");
  if (loop.flat !== undefined && haveShape(operands, loop.uses, shape)) {
    const array = (i: number) => (operands[loop.uses[i] as number] as LoopOperand).array;
    // By hand, as small tensors would feel lists that are made and spread.
    if (loop.uses.length === 2) loop.flat(out, out.length, array(0), array(1));
    else if (loop.uses.length === 1) loop.flat(out, out.length, array(0));
    else loop.flat(out, out.length, ...loop.uses.map((_, i) => array(i)));
    return;
  }
  const { strided } = loop;
  if (strided === undefined) throw new Error("a loop without strides was given operands of several shapes");
  const used = loop.uses.map((i) => operands[i] as LoopOperand);
  if (out.length === 0) return;
  const args: (TypedArray | number)[] = [];
  if (used.every((operand) => operand.array.length === 1 || sameShape(operand.shape, shape))) {
    for (const { array } of used) args.push(array, 0, array.length === 1 ? 0 : 1, 0);
    strided(out, 0, 1, out.length, ...args);
    return;
  }
  const { sizes, strides } = collapse(
    shape,
    used.map((operand) => broadcastStrides(operand.shape, shape)),
  );
  const last = sizes.length - 1;
  const n = sizes[last] as number;
  const rows = sizes[last - 1] ?? 1;
  used.forEach(({ array }, i) => {
    const own = strides[i] as number[];
    const step = own[last] as number;
    args.push(array, 0, step, (own[last - 1] ?? 0) - n * step);
  });
  forEachRow([...sizes.slice(0, -2), rows * n], strides, (positions, at) => {
    for (let i = 0; i < positions.length; i++) args[4 * i + 1] = positions[i] as number;
    strided(out, at, rows, n, ...args);
  });
}

/** Neighbouring axes that every operand walks through in one step become one axis. */
export function collapse(
  shape: Shape,
  strides: readonly (readonly number[])[],
): { sizes: number[]; strides: number[][] } {
  const sizes: number[] = [];
  const collapsed = strides.map((): number[] => []);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis] as number;
    if (size === 1) continue;
    const previous = sizes.length - 1;
    const joins = previous >= 0 && strides.every((own, i) => collapsed[i]?.[previous] === (own[axis] as number) * size);
    if (joins) sizes[previous] = (sizes[previous] as number) * size;
    else sizes.push(size);
    strides.forEach((own, i) => {
      (collapsed[i] as number[])[sizes.length - 1] = own[axis] as number;
    });
  }
  if (sizes.length === 0) {
    sizes.push(1);
    for (const own of collapsed) own.push(0);
  }
  return { sizes, strides: collapsed };
}

/** Calls `visit` for each row along the last axis with the position in each operand and in the output. */
export function forEachRow(
  sizes: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (positions: readonly number[], at: number) => void,
): void {
  const last = sizes.length - 1;
  const row = sizes[last] as number;
  const index = new Array<number>(last).fill(0);
  const positions = strides.map(() => 0);
  const rows = sizeOf(sizes, 0, last);
  for (let r = 0, at = 0; r < rows; r++, at += row) {
    visit(positions, at);
    for (let axis = last - 1; axis >= 0; axis--) {
      const size = sizes[axis] as number;
      const next = (index[axis] as number) + 1;
      const wraps = next === size;
      index[axis] = wraps ? 0 : next;
      for (let i = 0; i < positions.length; i++) {
        const stride = (strides[i] as readonly number[])[axis] as number;
        positions[i] = (positions[i] as number) + (wraps ? stride * (1 - size) : stride);
      }
      if (!wraps) break;
    }
  }
}
