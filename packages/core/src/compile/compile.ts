import { CompileError } from "../errors.js";
import { isRecording, isThenable } from "../graph/recording.js";
import { asTensor, Tensor } from "../graph/tensor.js";
import { tracer } from "../graph/tracing.js";
import { watcher } from "../graph/watch.js";
import { checkOptions, isRecord } from "../options.js";
import type { Generator } from "../random/generator.js";
import { Random } from "../random/random.js";
import { formatShape } from "../shape/shape.js";
import { show } from "../show.js";
import { describe, type Given } from "../transforms/structure.js";
import { simd } from "../wasm/features.js";
import { Program } from "./program.js";
import { CompiledResult } from "./result.js";
import { type Given as GivenArguments, type Placeholders, trace } from "./trace.js";

export interface CompileOptions {
  /** For how many different shapes and dtypes of the arguments a program is kept; beyond, the oldest is dropped. Default 8. */
  readonly cacheSize?: number;
  /** Checks the program between the stages of compilation, for tests of the compiler. Default false. */
  readonly verify?: boolean;
  /**
   * Whether fused multiply-add (relaxed SIMD) is used where the engine has it: it rounds once where a product and a sum round
   * twice. Default true; CHAINRULE_RELAXED=0 in the environment forbids it to all programs, and to the products of eager mode.
   */
  readonly relaxed?: boolean;
}

/** The arguments of a compiled function: a number does for a scalar. */
type Arguments<Args extends readonly unknown[]> = {
  [I in keyof Args]: Args[I] extends Random ? Args[I] : Given<Args[I]>;
};

/** A compiled function: call it as the function itself. */
export interface Compiled<Args extends readonly unknown[], R> {
  (...args: Args): R;
  (...args: Arguments<Args>): R;
  /** The program for arguments of the shapes and dtypes of these; compiled, if it is new, and not run. */
  program(...args: Arguments<Args>): Program<R>;
  /** How many programs are kept. */
  readonly cached: number;
  /** Forgets all programs; the memory that they had is free again. */
  clear(): void;
}

/**
 * Why functions cannot be compiled here, as text; `null` where they can. Without WebAssembly, its vectors or the permission to
 * use them (a content security policy) everything works in eager mode.
 */
export function compileSupport(): string | null {
  const { available, why } = simd();
  return available ? null : `compile: ${why}; call the function without compile, which gives the same numbers`;
}

/**
 * The function `f` as a program: the first call runs `f` once on placeholders and takes down its ops, gradients and updates
 * of variables included; all calls run what was made of them, one WebAssembly module, without `f`.
 *
 * The arguments are tensors, numbers (scalar tensors inside of `f`, float64 or the float32 of what they meet), `Random` sources, and arrays and records of these;
 * texts, booleans, null and undefined are constants of the program. `f` gives tensors, numbers, and arrays and records of them.
 * Other shapes or dtypes (or constants) make another program; `cacheSize` of them are kept.
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
 * variable or a part of a graph, and where WebAssembly with vectors is missing (see `compileSupport`). A call throws what `f`
 * would: a ShapeError for an index out of range, before anything has changed; and a GraphError for a gradient from before that
 * would be added to
 *
 * @example
 * const f = compile((x: Tensor, y: Tensor) => x.mul(y).sum());
 * f(tensor([1, 2, 3]), tensor([4, 5, 6])).item(); // 32
 * const slope = compile(grad((x: Tensor) => x.sin()));
 * slope(tensor(0)).item(); // 1
 */
export function compile<Args extends readonly unknown[] = Tensor[], R = unknown>(
  f: (...args: Args) => R,
  options: CompileOptions = {},
): Compiled<Args, R> {
  if (typeof f !== "function") throw new CompileError(`compile: takes a function, got ${describe(f)}`);
  checkOptions("compile", options, ["cacheSize", "verify", "relaxed"]);
  const { cacheSize = 8 } = options;
  if (!(Number.isInteger(cacheSize) && cacheSize >= 1)) {
    throw new CompileError(
      `compile: cacheSize ${show(cacheSize)}: at least one program is kept; give a whole number of 1 or more`,
    );
  }
  // What a call is given has been checked by its own types, and comes back from the walk over it without them.
  const apply = (args: readonly unknown[]): R => f(...(args as unknown as Args));
  // In the order of their last use.
  const programs = new Map<string, Program<R>>();

  const programFor = (args: Leaves): Program<R> => {
    const known = programs.get(args.key);
    if (known !== undefined) {
      programs.delete(args.key);
      programs.set(args.key, known);
      return known;
    }
    const made = build(apply, args, options);
    programs.set(args.key, made);
    for (const [key, oldest] of programs) {
      if (programs.size <= cacheSize) break;
      programs.delete(key);
      oldest.release();
    }
    return made;
  };

  const call = (...args: Args | Arguments<Args>): R => {
    if (tracer() !== null || watcher() !== null) return apply(args);
    const leaves = leavesOf(args);
    return programFor(leaves).call(
      leaves.tensors.map(({ tensor }) => tensor),
      leaves.generators,
    );
  };
  Object.defineProperty(call, "name", { value: f.name === "" ? "compiled" : f.name });
  // `defineProperties` does not say in its type what it has defined.
  return Object.defineProperties(call, {
    program: { value: (...args: Arguments<Args>) => programFor(leavesOf(args)) },
    cached: { get: () => programs.size },
    clear: {
      value: () => {
        for (const program of programs.values()) program.release();
        programs.clear();
      },
    },
  }) as unknown as Compiled<Args, R>;
}

/** The arguments of a call: what the program is given, and what it depends on. */
interface Leaves {
  readonly tensors: GivenArguments["tensors"];
  readonly generators: readonly Generator[];
  readonly key: string;
  /** The arguments again, with placeholders in the places of these. */
  rebuild(placeholders: Placeholders): readonly unknown[];
}

function leavesOf(args: readonly unknown[]): Leaves {
  const tensors: { tensor: Tensor; isNumber: boolean }[] = [];
  const generators: Generator[] = [];
  const keys: string[] = [];
  const collect = (value: unknown, path: string): void => {
    if (value instanceof Tensor || typeof value === "number") {
      const tensor = asTensor(value);
      checkArgument(tensor, path);
      const isNumber = typeof value === "number";
      tensors.push({ tensor, isNumber });
      keys.push(isNumber ? "number" : `${tensor.dtype}[${tensor.shape.join()}]`);
    } else if (value instanceof Random) {
      if (!generators.includes(value.generator)) generators.push(value.generator);
      keys.push(`random ${generators.indexOf(value.generator)}`);
    } else if (Array.isArray(value)) {
      keys.push("(");
      for (const [i, element] of value.entries()) collect(element, `${path}[${i}]`);
      keys.push(")");
    } else if (isRecord(value)) {
      keys.push("{");
      for (const [key, element] of Object.entries(value)) {
        keys.push(JSON.stringify(key));
        collect(element, `${path}.${key}`);
      }
      keys.push("}");
    } else if (value === null || ["string", "boolean", "undefined"].includes(typeof value)) {
      keys.push(typeof value === "string" ? JSON.stringify(value) : String(value));
    } else {
      throw new CompileError(
        `compile: ${path} is ${describe(value)}; a program takes tensors, numbers, Random sources, constants, and arrays and plain ` +
          "records of them; let the function close over anything else",
      );
    }
  };
  for (const [i, arg] of args.entries()) collect(arg, `argument ${i}`);
  return {
    tensors,
    generators,
    key: keys.join(" "),
    rebuild: (placeholders) => {
      let next = 0;
      const again = (value: unknown): unknown => {
        if (value instanceof Tensor || typeof value === "number") return placeholders.tensors[next++];
        if (value instanceof Random) {
          return new Random(placeholders.generators[generators.indexOf(value.generator)] as Generator);
        }
        if (Array.isArray(value)) return value.map(again);
        if (isRecord(value)) return Object.fromEntries(Object.entries(value).map(([key, x]) => [key, again(x)]));
        return value;
      };
      return args.map(again);
    },
  };
}

function checkArgument(tensor: Tensor, path: string): void {
  if (tensor.isVariable) {
    throw new CompileError(
      `compile: ${path} is the variable ${tensor.name ?? formatShape(tensor.shape)}; let the function close over it, so that the ` +
        "program can update it, or give its values with detach()",
    );
  }
  if (tensor.node !== null && !(tensor.node instanceof CompiledResult) && isRecording()) {
    throw new CompileError(
      `compile: ${path} is part of a graph, and the result of a program is not: compile the function that computes the gradient, ` +
        "as in compile(grad(f)), or give the values with detach()",
    );
  }
}

function build<R>(f: (args: readonly unknown[]) => R, args: Leaves, options: CompileOptions): Program<R> {
  const missing = compileSupport();
  if (missing !== null) throw new CompileError(missing);
  let result: unknown;
  const start = performance.now();
  const traced = trace(args, (placeholders) => {
    result = f(args.rebuild(placeholders));
    return resultTensors(result);
  });
  return new Program<R>(traced, performance.now() - start, args, result, options);
}

/** The tensors of a result, in order. */
function resultTensors(result: unknown): Tensor[] {
  const tensors: Tensor[] = [];
  const collect = (value: unknown, path: string): void => {
    if (value instanceof Tensor) tensors.push(value);
    else if (Array.isArray(value)) for (const [i, element] of value.entries()) collect(element, `${path}[${i}]`);
    else if (isRecord(value)) for (const [key, element] of Object.entries(value)) collect(element, `${path}.${key}`);
    else if ((typeof value === "object" && value !== null) || typeof value === "function") {
      const what = isThenable(value) ? "a promise: compile the synchronous part" : describe(value);
      throw new CompileError(
        `compile: ${path} is ${what}; a program gives tensors, and arrays and plain records of them`,
      );
    }
  };
  collect(result, "the result");
  return tensors;
}
