import fc from "fast-check";
import type { Tensor } from "../../src/index.js";
import * as ops from "../../src/ops/index.js";
import * as draw from "./draw.js";
import { at, fill, indices, type Plain, sizeOf } from "./plain.js";
import { numbers, type Row } from "./row.js";

const x = draw.grid(-2, 2);
const sizes = fc.constantFrom(1, 2, 3, 4, 0, 7);

function vectorRow(
  fn: (a: Tensor, b: Tensor) => Tensor,
  method: "dot" | "outer",
  vectors: fc.Arbitrary<readonly [number, number]>,
  reference: (a: Plain, b: Plain) => Plain,
): Row {
  const row: Row<null> = {
    Node: null,
    fn,
    dtypes: numbers,
    cases: vectors.chain(([m, n]) =>
      fc.tuple(draw.operand([m], x), draw.operand([n], x)).map((operands) => ({ operands, setting: null })),
    ),
    gradient: true,
    call: ([a, b]) => fn(a as Tensor, b as Tensor),
    method: ([a, b]) => (a as Tensor)[method](b as Tensor),
    reference: ([a, b]) => reference(a as Plain, b as Plain),
  };
  return row as Row;
}

/** With what the letters of each operand stand for; "." and ":" are the axes of an ellipsis. */
interface Equation {
  readonly text: string;
  readonly terms: readonly string[];
  readonly output: string;
}

const written: readonly Equation[] = [
  ["ij,jk->ik"],
  ["ij,jk", "ij,jk->ik"],
  ["ij,kj->ik"],
  ["ji,jk->ki"],
  ["ba", "ba->ab"],
  ["i,i->"],
  ["i,i", "i,i->"],
  ["i,j->ji"],
  ["ij->"],
  ["ij->j"],
  ["ii->i"],
  ["ii", "ii->"],
  ["iji->j"],
  ["iii->i"],
  ["iij,j->ij"],
  ["bij,bjk->bik"],
  ["bij,bkj->bki"],
  ["ij,ij->ij"],
  ["ij,ij->"],
  ["ij,i->ji"],
  ["i,ij,j->"],
  ["i,i,i->i"],
  ["ij,jk,kl->il"],
  ["ijk,jl,kl->il"],
  ["bhid,bhjd->bhij"],
  [" i j , j -> i "],
  [",ij->ij"],
  ["->", "->"],
  ["...ij,...jk->...ik", ".ij,.jk->.ik"],
  ["...i,i->...", ":.i,i->:."],
  ["i...->...i", "i:.->:.i"],
  ["...,...", ".,:.->:."],
  ["...ii->...i", ".ii->.i"],
  ["a...b,b...->...a", "a.b,b:.->:.a"],
].map(([text = "", full = text]) => {
  const [left = "", output = ""] = full.replaceAll(" ", "").split("->");
  return { text, terms: left.split(","), output };
});

/** Sizes for all letters, and tensors of them; in some operands an axis of an ellipsis has size 1, and broadcasts. */
const einsumCases: fc.Arbitrary<draw.Case<Equation>> = fc.constantFrom(...written).chain((equation) => {
  const letters = [...new Set(equation.terms.join(""))];
  return fc
    .array(sizes, { minLength: letters.length, maxLength: letters.length })
    .chain((sizes) => {
      const shapes = equation.terms.map((term) => [...term].map((letter) => sizes[letters.indexOf(letter)] as number));
      const ones = shapes.map((shape) => fc.array(fc.nat(2), { minLength: shape.length, maxLength: shape.length }));
      return fc
        .tuple(...ones)
        .map((ones) =>
          shapes.map((shape, i) =>
            shape.map((size, axis) =>
              /[.:]/.test(equation.terms[i]?.[axis] ?? "") && ones[i]?.[axis] === 0 ? 1 : size,
            ),
          ),
        );
    })
    .filter((shapes) => shapes.every((shape) => sizeOf(shape) <= 40))
    .chain((shapes) => fc.tuple(...shapes.map((shape) => draw.operand(shape, x))))
    .map((operands) => ({ operands, setting: equation }));
});

/** One loop over all letters: each product is added to the element of the result that it belongs to. */
function summation(inputs: readonly Plain[], { terms, output }: Equation): Plain {
  const letters = [...new Set(terms.join(""))];
  const sizeOfLetter = (letter: string) => {
    const found = terms.flatMap((term, i) =>
      [...term].flatMap((l, axis) => (l === letter ? [inputs[i]?.shape[axis] as number] : [])),
    );
    return found.find((size) => size !== 1) ?? 1;
  };
  const shape = [...output].map(sizeOfLetter);
  const sums = new Map<string, number>();
  for (const index of indices(letters.map(sizeOfLetter))) {
    const position = (letter: string) => index[letters.indexOf(letter)] as number;
    const factors = inputs.map((x, i) =>
      at(
        x,
        [...(terms[i] as string)].map((letter, axis) => (x.shape[axis] === 1 ? 0 : position(letter))),
      ),
    );
    const key = [...output].map(position).join();
    sums.set(key, (sums.get(key) ?? 0) + factors.reduce((a, b) => a * b, 1));
  }
  return fill(shape, (index) => sums.get(index.join()) ?? 0);
}

const einsumRow: Row<Equation> = {
  Node: null,
  fn: ops.einsum,
  dtypes: numbers,
  cases: einsumCases,
  gradient: true,
  call: (inputs, { text }) => ops.einsum(text, ...inputs),
  reference: summation,
};

/** Products of vectors, and of tensors by an equation. */
export const productRows: readonly Row[] = [
  vectorRow(
    ops.dot,
    "dot",
    sizes.map((n) => [n, n] as const),
    (a, b) => ({ shape: [], values: [a.values.reduce((sum, value, i) => sum + value * (b.values[i] as number), 0)] }),
  ),
  vectorRow(ops.outer, "outer", fc.tuple(sizes, sizes), (a, b) =>
    fill([a.values.length, b.values.length], ([i = 0, j = 0]) => at(a, [i]) * at(b, [j])),
  ),
  einsumRow as Row,
];
