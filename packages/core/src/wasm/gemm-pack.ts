/**
 * Packing: lines of an operand (rows of op(a), columns of op(b)) are copied into panels, in the order in which the
 * tiles read them. This absorbs strides: all forms of the product cost alike after it.
 */
import type { Code, Func, Local, Module } from "./encoder.js";
import { increase, locals, times } from "./loops.js";
import { lanesOf, type Scalar, scalarBytes, vectorBytes } from "./simd.js";

/** What lies side by side in memory: the lines at one step, the steps of one line, or neither. */
export type Layout = "lines" | "steps" | "apart";

export interface PackShape {
  readonly scalar: Scalar;
  /** Lines to a panel. */
  readonly lines: number;
  /**
   * Elements from one step of a panel to the next: `lines`, or more, which are zeros: denormal garbage would be slow.
   */
  readonly pitch: number;
  readonly layout: Layout;
  /** Panels to a count of 1; more than one where the lines lie side by side only. */
  readonly abreast: number;
}

/**
 * Copies panels, one after the other. Parameters: from, to, number of panels (1 at least), k (1 at least), bytes from
 * one line to the next, bytes from one step to the next. Reads nothing but elements of its lines.
 */
export function emitPack(module: Module, shape: PackShape): Func {
  return shape.layout === "lines" ? emitPackLines(module, shape) : emitPackSteps(module, shape);
}

/** Several panels at a time, so that each cache line of the source is met once. */
function emitPackLines(module: Module, { scalar, lines, pitch, abreast }: PackShape): Func {
  const size = scalarBytes[scalar];
  const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return module.func({ params }, (f, from, to, count, k, _line, step) => {
    const [at, steps] = locals(f, "i32", 2) as [Local, Local];
    const panels = locals(f, "i32", abreast);
    times(f, count, () => {
      for (const panel of panels) {
        f.get(to).set(panel);
        f.get(to)
          .get(k)
          .i32(pitch * size)
          .op("i32.mul")
          .op("i32.add")
          .set(to);
      }
      f.get(from).set(at).get(k).set(steps);
      times(f, steps, () => {
        for (const [i, panel] of panels.entries()) {
          copyLine(f, scalar, at, i * lines * size, panel, lines);
          for (let r = lines; r < pitch; r++) zero(f, scalar, panel, r * size);
          increase(f, panel, pitch * size);
        }
        increase(f, at, step);
      });
      increase(f, from, abreast * lines * size);
    });
  });
}

function emitPackSteps(module: Module, { scalar, lines, pitch, layout }: PackShape): Func {
  const size = scalarBytes[scalar];
  const lanes = lanesOf[scalar];
  const params = ["i32", "i32", "i32", "i32", "i32", "i32"] as const;
  return module.func({ params }, (f, from, to, count, k, line, step) => {
    const steps = f.local("i32");
    const pad = () => {
      for (let r = lines; r < pitch; r++) zero(f, scalar, to, r * size);
      increase(f, to, pitch * size);
    };
    const pointers = locals(f, "i32", lines);
    const square = locals(f, "v128", lanes);
    const spare = locals(f, "v128", lanes);
    const transposed = layout === "steps" ? Math.floor(lines / lanes) * lanes : 0;
    times(f, count, () => {
      for (const pointer of pointers) {
        f.get(from).set(pointer);
        increase(f, from, line);
      }
      if (transposed > 0) {
        // Squares of lanes, as long as there are whole ones.
        f.get(k).i32(Math.log2(lanes)).op("i32.shr_u").tee(steps);
        f.if(() =>
          times(f, steps, () => {
            for (let first = 0; first < transposed; first += lanes) {
              for (const [r, row] of square.entries())
                f.get(pointers[first + r] as Local)
                  .memory("v128.load")
                  .set(row);
              transpose(f, scalar, square, spare);
              for (const [r, row] of square.entries())
                f.get(to)
                  .get(row)
                  .memory("v128.store", (r * pitch + first) * size);
            }
            for (const [r, pointer] of pointers.entries()) {
              for (let s = 0; r >= transposed && s < lanes; s++) {
                copy(f, scalar, pointer, s * size, to, (s * pitch + r) * size);
              }
              increase(f, pointer, vectorBytes);
            }
            for (let s = 0; s < lanes; s++) pad();
          }),
        );
        f.get(k)
          .i32(lanes - 1)
          .op("i32.and")
          .set(steps);
      } else f.get(k).set(steps);
      f.get(steps).if(() =>
        times(f, steps, () => {
          for (const [r, pointer] of pointers.entries()) {
            copy(f, scalar, pointer, 0, to, r * size);
            increase(f, pointer, step);
          }
          pad();
        }),
      );
    });
  });
}

function copy(f: Code, scalar: Scalar, from: Local, fromOffset: number, to: Local, toOffset: number): void {
  f.get(to).get(from).memory(`${scalar}.load`, fromOffset).memory(`${scalar}.store`, toOffset);
}

function zero(f: Code, scalar: Scalar, to: Local, offset: number): void {
  f.get(to)[scalar](0).memory(`${scalar}.store`, offset);
}

/** Copies `count` elements that lie side by side: vectors, then what is left. */
function copyLine(f: Code, scalar: Scalar, from: Local, offset: number, to: Local, count: number): void {
  const size = scalarBytes[scalar];
  const whole = Math.floor(count / lanesOf[scalar]);
  for (let v = 0; v < whole; v++) {
    f.get(to)
      .get(from)
      .memory("v128.load", offset + v * vectorBytes)
      .memory("v128.store", v * vectorBytes);
  }
  for (let i = whole * lanesOf[scalar]; i < count; i++) copy(f, scalar, from, offset + i * size, to, i * size);
}

/** A square of as many vectors as lanes, transposed: two vectors interleave at a time, first lanes, then pairs. */
function transpose(f: Code, scalar: Scalar, rows: readonly Local[], spare: readonly Local[]): void {
  const interleave = (lane: number, half: number) => (x: Local, y: Local, to: Local) => {
    const lanes = Array.from({ length: 8 / lane }, (_, i) => half * 8 + i * lane);
    const bytes = lanes.flatMap((at) => [at, at + vectorBytes]);
    const indices = bytes.flatMap((at) => Array.from({ length: lane }, (_, i) => at + i));
    f.get(x).get(y).shuffle(indices).set(to);
  };
  const [r0, r1, r2, r3] = rows as [Local, Local, Local, Local];
  const [s0, s1, s2, s3] = spare as [Local, Local, Local, Local];
  const [low, high] = [interleave(8, 0), interleave(8, 1)];
  if (scalar === "f64") {
    low(r0, r1, s0);
    high(r0, r1, s1);
    f.get(s0).set(r0).get(s1).set(r1);
    return;
  }
  const [low4, high4] = [interleave(4, 0), interleave(4, 1)];
  low4(r0, r1, s0);
  high4(r0, r1, s1);
  low4(r2, r3, s2);
  high4(r2, r3, s3);
  low(s0, s2, r0);
  high(s0, s2, r1);
  low(s1, s3, r2);
  high(s1, s3, r3);
}
