import { isClass } from "../checks.js";
import { CompileError } from "../errors.js";
import { isThenable } from "../graph/recording.js";
import { Tensor } from "../graph/tensor.js";
import { tracer } from "../graph/tracer.js";
import { isObserved, watcher } from "../graph/watch.js";
import { checkNoMore, checkOptions } from "../options.js";
import { show } from "../show.js";
import type { Placed } from "../trace/trace.js";
import { explained } from "../transforms/meant.js";
import { describe, mapStructure, tensorsIn, visitStructure } from "../transforms/structure.js";
import { simd } from "../wasm/features.js";
import { isWide, targetOf } from "../wasm/target.js";
import { Constants, type Leaves, leavesOf, tensorMeant } from "./arguments.js";
import { type Form, placedIn } from "./form.js";
import { checkApart, type Into, targetsOf, writeInto } from "./into.js";
import { build } from "./pipeline.js";
import { Program } from "./program.js";

export interface CompileOptions {
  /**
   * For how many different arguments (shapes, dtypes, numbers and other constants) a program is kept; beyond, the oldest is
   * dropped. Default 8.
   */
  readonly cacheSize?: number;
  /** Checks the program between the stages of compilation, for tests of the compiler. Default false. */
  readonly verify?: boolean;
  /**
   * Whether fused multiply-add (relaxed SIMD) is used, which rounds once where a product and a sum round twice: true is an error where
   * the engine has it not. By default as `configureKernels` says, or the environment variable CHAINRULE_RELAXED, or else where it is not slower.
   */
  readonly relaxed?: boolean;
  /**
   * "eager": where functions cannot be compiled at all (`compileSupport` says why) the function itself is called. "none", the
   * default: there a call is an error. The function itself gives the same numbers, to rounding, and allows more than its program: it
   * reads values and branches on them, adds to gradients left from before, takes any number of different numbers, and gives
   * whatever it likes.
   */
  readonly fallback?: "eager" | "none";
}

/** A compiled function: call it as the function itself. */
export interface Compiled<Args extends readonly unknown[], R> {
  (...args: Args): R;
  /**
   * Calls the function, and writes the tensors of its result into `out` instead of making new ones, which for small and middle-sized
   * results takes longer than to compute them.
   *
   * @param out the structure of the result: in the place of each tensor a typed array of its dtype (Float64Array, Float32Array,
   * Int32Array; Uint8Array for bools) with as many elements, row-major, one for a scalar; or a variable or constant of its shape and
   * dtype, which takes new values as by `assign`, in an array of its own. What is no tensor in the result is left out
   *
   * @throws ShapeError, DTypeError and CompileError for an `out` that does not fit, and where its arrays share memory with one another,
   * with the tensors that the function takes or with the program; then nothing has changed, and the function has not run. (Where the function
   * itself is called, by `detectAnomaly` or the option `fallback`, it has run.) And whatever a call throws
   *
   * @example
   * const f = compile((x: Tensor) => ({ twice: x.mul(2), sum: x.sum() }));
   * const out = { twice: new Float64Array(3), sum: new Float64Array(1) };
   * f.into(out, tensor([1, 2, 3]));
   * [...out.twice]; // [2, 4, 6]
   * out.sum[0]; // 6
   */
  into(out: Into<R>, ...args: Args): void;
  /** The program for arguments like these (see `cacheSize`); compiled, if it is new, and not run. */
  program(...args: Args): Program<R>;
  /** How many programs are kept. */
  readonly cached: number;
  /** Forgets all programs, and the numbers that they were made for; the memory that they had is free again. */
  clear(): void;
}

/** What there is to compile with, here and now. */
export interface CompileSupport {
  /**
   * Why functions cannot be compiled, as text; `null` where they can. Without WebAssembly, its vectors or the permission to
   * use them (a content security policy) everything works in eager mode.
   */
  readonly missing: string | null;
  /** Whether products and sums are rounded once, by fused multiply-add, where a program does not say it itself: see `configureKernels`. */
  readonly relaxed: boolean;
  /** The sums that the innermost loop of a matrix product keeps in registers: rows and vectors of 128 bits; `null` where there is no WebAssembly. */
  readonly tile: { readonly rows: number; readonly vectors: number } | null;
  /** Whether the engine was asked to pack vectors: see `configureKernels`. */
  readonly wide: boolean;
}

/**
 * What there is to compile with. `relaxed` and `tile` are found when they are first read, or at the first product or program, by timing
 * some products, which takes a few milliseconds.
 *
 * @throws CompileError where an environment variable asks for what is not there, when that is read
 *
 * @example
 * compileSupport().missing; // null
 * Object.keys(compileSupport()); // ["missing", "relaxed", "tile", "wide"]
 */
export function compileSupport(...none: []): CompileSupport {
  checkNoMore("compileSupport", none);
  const { available } = simd();
  return Object.freeze({
    missing: missingSupport(),
    get relaxed() {
      return available && targetOf().relaxed;
    },
    get tile() {
      return available ? { ...targetOf().tile } : null;
    },
    get wide() {
      return available && isWide();
    },
  });
}

function missingSupport(): string | null {
  const { available, why } = simd();
  return available
    ? null
    : `compile: ${why}; call the function without compile, or give compile the option { fallback: "eager" } to do so: it ` +
        "gives the same numbers, to rounding";
}

/**
 * The function `f` as a program: the first call runs `f` once on placeholders and records its ops, gradients and updates
 * of variables included; all calls run what was made of them, one WebAssembly module, without `f`.
 *
 * The arguments are tensors, `Random` sources, constants of the program (numbers, texts, booleans, null and undefined), and arrays and records of these.
 * `f` gives tensors, constants, and arrays and records of them. Other shapes or dtypes, or other constants, make another program;
 * `cacheSize` of them are kept. A number is given to `f` as that number, to be used as a setting, as a flag or in ops: what changes
 * from call to call, such as a rate, is a tensor of the shape [], and the ninth value of a number in one place is an error that says so.
 *
 * Tensors that `f` closes over are read at each call, with the values that they have then. Those that `f` assigns to live in the
 * program's memory and are updated there; reading one fetches its values. Gradients that `f` leaves in `.grad` are there after
 * each call. Random numbers are those of eager mode, and move their source on.
 *
 * What JavaScript does in `f` happens once, when it is traced: a value cannot be read, branched on or printed there, and what
 * `f` closes over besides tensors (numbers, arrays) is as it was then. The results belong to no graph, and a walk
 * backward that comes to one is an error: compile the function that computes the gradient. Inside of another compiled function, and of `detectAnomaly`, `f` itself is called.
 *
 * @throws CompileError where a value is read while `f` is traced, for an op that cannot be compiled, for an argument that is a
 * variable or a part of a graph, for the ninth value of a number, and where WebAssembly with vectors is missing (see
 * `compileSupport`, and the option `fallback`). A call throws what `f`
 * would, where a result, an update or a gradient depends on it: a ShapeError for an index out of range, before anything has
 * changed, which names the op that uses it, or that of its gradient where only that is left; and a GraphError for a gradient from
 * before that would be added to
 *
 * @example
 * const f = compile((x: Tensor, y: Tensor) => x.mul(y).sum());
 * f(tensor([1, 2, 3]), tensor([4, 5, 6])).item(); // 32
 * const slope = compile(grad((x: Tensor) => x.sin()));
 * slope(tensor(0)).item(); // 1
 * const power = compile((x: Tensor, n: number) => (n === 0 ? x : x.pow(n)));
 * power(tensor([1, 2]), 3).toArray(); // [1, 8]
 */
export function compile<Args extends readonly unknown[] = Tensor[], R = unknown>(
  f: (...args: Args) => R,
  options: CompileOptions = {},
  ...none: []
): Compiled<Args, R> {
  if (typeof f !== "function" || isClass(f)) {
    throw new CompileError(`compile: takes a function, got ${typeof f === "function" ? "a class" : describe(f)}`);
  }
  checkNoMore("compile", none);
  checkOptions("compile", options, ["cacheSize", "verify", "relaxed", "fallback"], ["verify", "relaxed"]);
  const { cacheSize = 8, fallback = "none" } = options;
  if (fallback !== "eager" && fallback !== "none") {
    throw new CompileError(`compile: fallback ${show(fallback)}: there are "eager" and "none"`);
  }
  if (!(Number.isInteger(cacheSize) && cacheSize >= 1)) {
    throw new CompileError(
      `compile: cacheSize ${show(cacheSize)}: at least one program is kept; give a whole number of 1 or more`,
    );
  }
  // What a call is given has been checked by its own types, and comes back from the walk over it without them.
  const apply = (args: readonly unknown[]): R => f(...(args as Args));
  // The one used last comes first.
  const programs: { readonly form: Form; readonly program: Program<R> }[] = [];
  const constants = new Constants();

  /** The program for arguments like these, if there is one, and those among them that it takes. */
  const find = (args: readonly unknown[]): { readonly program: Program<R>; readonly placed: Placed } | null => {
    for (let i = 0; i < programs.length; i++) {
      const known = programs[i] as (typeof programs)[number];
      const placed = placedIn(known.form, args);
      if (placed === null) continue;
      if (i > 0) {
        programs.splice(i, 1);
        programs.unshift(known);
      }
      return { program: known.program, placed };
    }
    return null;
  };

  const add = (args: Leaves): Program<R> => {
    constants.check(args);
    const program = make(apply, f.length, args, options);
    constants.add(args);
    programs.unshift({ form: args.form, program });
    while (programs.length > cacheSize) programs.pop()?.program.release();
    return program;
  };

  const call = (...args: Args): R => {
    if (isObserved()) return apply(args);
    const known = find(args);
    if (known !== null) return known.program.call(known.placed);
    const leaves = leavesOf(args);
    if (fallback === "eager" && missingSupport() !== null) return apply(args);
    return add(leaves).call(leaves);
  };
  const into = (out: unknown, ...args: Args): void => {
    if (tracer() !== null) throw new CompileError(intoTraced);
    const known = watcher() === null ? find(args) : null;
    if (known !== null) {
      known.program.callInto(out, known.placed);
      return;
    }
    const leaves = watcher() === null ? leavesOf(args) : null;
    if (leaves !== null && !(fallback === "eager" && missingSupport() !== null)) {
      add(leaves).callInto(out, leaves);
      return;
    }
    const result = apply(args);
    const targets = targetsOf(result, out);
    checkApart(targets, tensorsIn(args));
    writeInto(targets, resultTensors(result));
  };

  Object.defineProperty(call, "name", { value: f.name === "" ? "compiled" : f.name });
  // `defineProperties` does not say in its type what it has defined.
  return Object.defineProperties(call, {
    into: { value: into },
    program: { value: (...args: Args) => find(args)?.program ?? add(leavesOf(args)) },
    cached: { get: () => programs.length },
    clear: {
      value: () => {
        for (const { program } of programs.splice(0)) program.release();
        constants.clear();
      },
    },
  }) as Compiled<Args, R>;
}

const intoTraced =
  "into: arrays are filled at once, also in a function that is being compiled, where no values are known yet; call the compiled " +
  "function itself there";

function make<R>(f: (args: readonly unknown[]) => R, named: number, args: Leaves, options: CompileOptions): Program<R> {
  const missing = missingSupport();
  if (missing !== null) throw new CompileError(missing);
  let result: unknown;
  const run = (placeholders: Placed) => {
    try {
      result = f(args.rebuild(placeholders));
    } catch (error) {
      throw explained("compile", CompileError, error, () => tensorMeant(args, named));
    }
    const tensors = resultTensors(result);
    // The function may go on with what it gave.
    result = mapStructure(result, (leaf) => leaf);
    return tensors;
  };
  return new Program<R>(build(args, run, options), result, args.generators.length);
}

/** The tensors of a result, in order. */
function resultTensors(result: unknown): Tensor[] {
  const tensors: Tensor[] = [];
  const collect = (x: unknown, path: string): void => {
    if (x instanceof Tensor) tensors.push(x);
    else if ((typeof x === "object" && x !== null) || typeof x === "function") {
      const what = isThenable(x) ? "a promise: compile the synchronous part" : describe(x);
      throw new CompileError(
        `compile: ${path} is ${what}; a program gives tensors, and arrays and plain records of them`,
      );
    }
  };
  visitStructure(result, "the result", { op: "compile", Failure: CompileError, leaf: collect });
  return tensors;
}
