import { grad, tensor } from "@chainrule/core";

/** The determinant of a [n, n], by minors. */
function determinant(a) {
  const rows = a.unstack().map((row) => row.unstack());
  const ofMinor = (row, columns) => {
    if (columns.length === 1) return rows[row][columns[0]];
    return columns
      .map((column, j) => rows[row][column].mul(ofMinor(row + 1, columns.toSpliced(j, 1))))
      .reduce((sum, term, j) => (j % 2 === 0 ? sum.add(term) : sum.sub(term)));
  };
  return ofMinor(0, [...rows.keys()]);
}

/** @type {import("../programs.mjs").Evaluation} */
export const det = {
  arguments: ({ A, ell }) => [tensor(A).reshape([ell, ell])],
  functions: { primal: determinant, gradient: grad(determinant) },
  outputs: { gradient: (gradient) => gradient.reshape([-1]).toArray() },
};
