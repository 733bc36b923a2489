import { ShapeError } from "../errors.js";
import { formatShape } from "../shape/shape.js";
import type { Shape } from "../shape/types.js";

/** The names of axes: a letter, or for the axes of "..." a dot and how far from the last of them. */
export type Labels = readonly string[];

const dots = "...";

/** An equation such as "ij,jk->ik", read for operands of given shapes. */
export class Equation {
  /** The names of the axes of each operand. */
  readonly terms: readonly Labels[];
  /** The names of the axes of the result. */
  readonly output: Labels;
  readonly sizes: ReadonlyMap<string, number>;
  private readonly text: string;
  private readonly shapes: readonly Shape[];

  constructor(text: string, shapes: readonly Shape[]) {
    this.text = text;
    this.shapes = shapes;
    const [left = "", right, ...more] = text.replaceAll(" ", "").split("->");
    const written = left.split(",");
    for (const term of [...written, right ?? ""]) this.checkTerm(term);
    if (more.length > 0) throw this.error('"->" stands once, before the letters of the result');
    if (shapes.length === 0 || written.length !== shapes.length) {
      throw this.error(
        `${written.length} ${written.length === 1 ? "term" : "terms"} for ${shapes.length} ` +
          `${shapes.length === 1 ? "operand" : "operands"}; separate the letters of each operand with a comma`,
      );
    }
    this.terms = written.map((term, i) => this.namesOf(term, i));
    this.sizes = this.findSizes(written);
    this.output = right === undefined ? this.implicitOutput() : this.explicitOutput(right);
  }

  private error(why: string): ShapeError {
    const shapes = this.shapes.map(formatShape).join(", ");
    return new ShapeError(`einsum: "${this.text}" of ${shapes === "" ? "no operands" : shapes}: ${why}`);
  }

  private checkTerm(term: string): void {
    const wrong = /[^A-Za-z]/.exec(term.replace(dots, ""));
    if (wrong !== null) {
      throw this.error(`${JSON.stringify(wrong[0])} in "${term}" names no axis; use letters, and "..." once in a term`);
    }
  }

  private namesOf(term: string, operand: number): Labels {
    const shape = this.shapes[operand] as Shape;
    const named = term.replace(dots, "").length;
    const open = shape.length - named;
    if (open < 0 || (open > 0 && !term.includes(dots))) {
      throw this.error(
        `"${term}" names ${named} of the ${shape.length} axes of operand ${operand}, ${formatShape(shape)}; ` +
          (open < 0
            ? "leave letters out, or give it more axes with expandDims"
            : 'name them all, or write "..." for the others'),
      );
    }
    const [before, after] = term.includes(dots) ? (term.split(dots) as [string, string]) : [term, ""];
    return [...before, ...Array.from({ length: open }, (_, i) => `.${open - i}`), ...after];
  }

  private findSizes(written: readonly string[]): Map<string, number> {
    const sizes = new Map<string, number>();
    const owners = new Map<string, number>();
    this.terms.forEach((labels, operand) => {
      labels.forEach((label, axis) => {
        const size = (this.shapes[operand] as Shape)[axis] as number;
        const known = sizes.get(label) ?? size;
        const broadcasts = label.startsWith(".");
        if (known !== size && !(broadcasts && (known === 1 || size === 1))) {
          const owner = owners.get(label) as number;
          const first = owner === operand ? known : `${known} in operand ${owner}`;
          throw this.error(
            `${broadcasts ? 'an axis of "..."' : label} is ${first} and ${size} in operand ${operand}; ` +
              (broadcasts ? "these axes broadcast: sizes must be equal, or 1" : this.repair(written, operand, sizes)),
          );
        }
        sizes.set(label, known === 1 ? size : known);
        if (!owners.has(label)) owners.set(label, operand);
      });
    });
    return sizes;
  }

  /** An operand whose letters would fit in the other order is transposed, as likely as not. */
  private repair(written: readonly string[], operand: number, sizes: ReadonlyMap<string, number>): string {
    const turned = (this.terms[operand] as Labels).toReversed();
    const fits = turned.every((label, axis) => {
      const size = (this.shapes[operand] as Shape)[axis];
      return (sizes.get(label) ?? size) === size;
    });
    if (
      !fits ||
      turned.length < 2 ||
      new Set(turned).size < turned.length ||
      turned.some((label) => label.startsWith("."))
    ) {
      return "a letter has one size everywhere; use another letter, or transpose or reshape an operand";
    }
    const [, right] = this.text.replaceAll(" ", "").split("->");
    const left = written.with(operand, turned.join("")).join(",");
    return `did you mean "${left}${right === undefined ? "" : `->${right}`}"?`;
  }

  /** The axes of "...", of that operand which has most. */
  private get open(): Labels {
    const lists = this.terms.map((labels) => labels.filter((label) => label.startsWith(".")));
    return lists.reduce((a, b) => (b.length > a.length ? b : a), []);
  }

  private implicitOutput(): Labels {
    const letters = this.terms.flat().filter((label) => !label.startsWith("."));
    const once = letters.filter((label) => letters.indexOf(label) === letters.lastIndexOf(label));
    return [...this.open, ...once.sort()];
  }

  private explicitOutput(right: string): Labels {
    const { open } = this;
    if (open.length > 0 && !right.includes(dots)) {
      throw this.error(`the result has no place for the axes of "..."; write "...${right}" behind "->"`);
    }
    const [before, after] = right.includes(dots) ? (right.split(dots) as [string, string]) : [right, ""];
    const letters = [...before, ...after];
    for (const label of letters) {
      if (!this.sizes.has(label)) {
        throw this.error(`no operand has the ${label} of the result; take it away, or use broadcastTo for a new axis`);
      }
      if (letters.indexOf(label) !== letters.lastIndexOf(label)) {
        throw this.error(`the result names ${label} twice; a letter stands for one axis of it`);
      }
    }
    return [...before, ...open, ...after];
  }
}
