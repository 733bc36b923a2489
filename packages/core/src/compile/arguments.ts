import { isTypedArray } from "../dtype.js";
import { CompileError } from "../errors.js";
import { Tensor } from "../graph/tensor.js";
import { Generator } from "../random/generator.js";
import { Random } from "../random/random.js";
import { formatShape } from "../shape/shape.js";
import type { Placed } from "../trace/trace.js";
import { otherNumber } from "../transforms/meant.js";
import { describe, mapStructure, visitStructure } from "../transforms/structure.js";
import { type Form, formOf, isGraphPart } from "./form.js";

/** The arguments of a call: what the program is given, and what it depends on. */
export interface Leaves {
  readonly tensors: readonly Tensor[];
  readonly generators: readonly Generator[];
  /** Numbers are constants of the program: each with its place among the arguments. */
  readonly numbers: readonly { readonly path: string; readonly value: string }[];
  readonly form: Form;
  /** The number of arguments. */
  readonly given: number;
  /** The arguments again, with placeholders in the places of these. */
  rebuild(placeholders: Placed): readonly unknown[];
}

export function leavesOf(args: readonly unknown[]): Leaves {
  const tensors: Tensor[] = [];
  const generators: Generator[] = [];
  const numbers: { path: string; value: string }[] = [];
  const collect = (x: unknown, path: string): void => {
    if (x instanceof Tensor) {
      checkArgument(x, path);
      tensors.push(x);
    } else if (x instanceof Random) {
      if (!generators.includes(x.generator)) generators.push(x.generator);
    } else if (typeof x === "number") numbers.push({ path, value: Object.is(x, -0) ? "-0" : String(x) });
    else if (x !== null && !["string", "boolean", "undefined"].includes(typeof x)) throw foreignArgument(x, path);
  };
  for (const [i, arg] of args.entries()) {
    visitStructure(arg, `argument ${i}`, { op: "compile", Failure: CompileError, leaf: collect });
  }
  return {
    tensors,
    generators,
    numbers,
    given: args.length,
    form: formOf(args, generators),
    rebuild: (placeholders) => {
      let next = 0;
      const leaf = (x: unknown): unknown => {
        if (x instanceof Tensor) return placeholders.tensors[next++];
        if (x instanceof Random)
          return new Random(placeholders.generators[generators.indexOf(x.generator)] as Generator);
        return x;
      };
      return args.map((arg) => mapStructure(arg, leaf));
    },
  };
}

function foreignArgument(x: unknown, path: string): CompileError {
  const repair = isTypedArray(x)
    ? "make a tensor of it with tensor(...)"
    : x instanceof Generator
      ? "give new Random(generator), whose draws are tensors"
      : "let the function close over anything else";
  return new CompileError(
    `compile: ${path} is ${describe(x)}; a program takes tensors, Random sources, constants (numbers, texts, booleans, null), and ` +
      `arrays and plain records of them; ${repair}`,
  );
}

function checkArgument(tensor: Tensor, path: string): void {
  if (tensor.isVariable) {
    throw new CompileError(
      `compile: ${path} is the variable ${tensor.name ?? formatShape(tensor.shape)}; let the function close over it, so that the ` +
        "program can update it, or give its values with detach()",
    );
  }
  if (isGraphPart(tensor)) {
    throw new CompileError(
      `compile: ${path} is part of a graph, and the result of a program is not: compile the function that computes the gradient, ` +
        "as in compile(grad(f)), or give the values with detach()",
    );
  }
}

/** How many values a number among the arguments may have: a program is made for each. */
const mostValues = 8;

/** The values that the numbers among the arguments have had, by their places. */
export class Constants {
  private readonly values = new Map<string, Set<string>>();

  /** Refuses a number that is one too many in its place. */
  check({ numbers }: Leaves): void {
    for (const { path, value } of numbers) {
      const known = this.values.get(path);
      if (known === undefined || known.has(value) || known.size < mostValues) continue;
      throw new CompileError(
        `compile: ${path} is the number ${value}, after ${mostValues} other ones, and a number is a constant of the program, which is ` +
          "compiled anew for each; give what changes from call to call as a tensor, tensor(k), or compile a function for each that " +
          "closes over the number",
      );
    }
  }

  clear(): void {
    this.values.clear();
  }

  /** Takes in the numbers of a call that a program was made for. */
  add({ numbers }: Leaves): void {
    for (const { path, value } of numbers) {
      const known = this.values.get(path);
      if (known === undefined) this.values.set(path, new Set([value]));
      else known.add(value);
    }
  }
}

/** That a function takes a number for a tensor, or names another number of arguments than it was `given`. */
export function tensorMeant({ numbers, tensors, given }: Leaves, named: number): string | null {
  const count = otherNumber(named, given);
  if (given < named) return count;
  const [number] = numbers;
  if (number !== undefined) {
    return (
      `${number.path} is the number ${number.value}, and is that number inside of the function as well: where a tensor is meant, ` +
      `give tensor(${number.value})`
    );
  }
  return count !== "" && tensors.length === given
    ? `${count}; where it takes one list of them, give one, f([x, y])`
    : null;
}
