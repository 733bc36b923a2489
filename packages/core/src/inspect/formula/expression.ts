/**
 * A mathematical expression as it is written: each function below makes one of others, and simplifies it as a textbook would on the way,
 * so that no factor of 1, no sum with 0 and no minus of a minus is ever in it. What holds wherever both sides are defined is taken to hold.
 */
export type Expression =
  | { readonly kind: "number"; readonly value: number }
  /** An operand, by its place. */
  | { readonly kind: "operand"; readonly index: number }
  | { readonly kind: "sum"; readonly terms: readonly Expression[] }
  /** A number times powers of other things. */
  | { readonly kind: "product"; readonly factor: number; readonly powers: readonly Power[] }
  /** To a power that is no number. */
  | { readonly kind: "power"; readonly base: Expression; readonly exponent: Expression }
  | { readonly kind: "call"; readonly name: string; readonly inputs: readonly Expression[] }
  | { readonly kind: "relation"; readonly sign: RelationSign; readonly left: Expression; readonly right: Expression }
  | { readonly kind: "choice"; readonly when: Expression; readonly yes: Expression; readonly no: Expression };

export interface Power {
  readonly base: Expression;
  /** A square root is the power of 0.5. */
  readonly exponent: number;
}

export type RelationSign = "==" | "!=" | "<" | "<=" | ">" | ">=";

export const number = (value: number): Expression => ({ kind: "number", value });
export const operand = (index: number): Expression => ({ kind: "operand", index });
export const call = (name: string, ...inputs: Expression[]): Expression => ({ kind: "call", name, inputs });

const isNumber = (x: Expression, value: number) => x.kind === "number" && x.value === value;

/** Structural: an expression is written in one way only. */
function isSame(x: Expression, y: Expression): boolean {
  return JSON.stringify(x) === JSON.stringify(y);
}

/** A number and the powers of other things, of which any expression is a product. */
function factorsOf(x: Expression): { readonly factor: number; readonly powers: readonly Power[] } {
  if (x.kind === "number") return { factor: x.value, powers: [] };
  if (x.kind === "product") return x;
  return { factor: 1, powers: [{ base: x, exponent: 1 }] };
}

function productOf(factor: number, powers: readonly Power[]): Expression {
  const [only] = powers;
  if (factor === 0 || only === undefined) return number(factor);
  if (factor === 1 && powers.length === 1 && only.exponent === 1) return only.base;
  return { kind: "product", factor, powers };
}

export function multiply(x: Expression, y: Expression): Expression {
  const [a, b] = [factorsOf(x), factorsOf(y)];
  let powers: readonly Power[] = a.powers;
  let factor = a.factor * b.factor;
  for (const power of b.powers) {
    const met = factorsOf(productOf(1, times(powers, power)));
    factor *= met.factor;
    powers = met.powers;
  }
  return productOf(factor, powers);
}

/** A power among others: with that of the same base, or of a sum whose difference is there, it is one. */
function times(powers: readonly Power[], { base, exponent }: Power): readonly Power[] {
  const same = powers.findIndex((each) => isSame(each.base, base));
  if (same >= 0) {
    const sum = (powers[same] as Power).exponent + exponent;
    if (sum === 0) return powers.toSpliced(same, 1);
    // A whole power of a root may be one of a product, whose factors are then looked at again.
    const changed = raise(base, sum);
    const others = powers.toSpliced(same, 1);
    return factorsOf(changed).powers.length === 1
      ? powers.toSpliced(same, 1, ...factorsOf(changed).powers)
      : factorsOf(multiply(productOf(1, others), changed)).powers;
  }
  const conjugate = powers.findIndex((each) => each.exponent === exponent && differenceOfSquares(each.base, base));
  if (conjugate >= 0) {
    const squares = differenceOfSquares((powers[conjugate] as Power).base, base) as Expression;
    return powers.toSpliced(conjugate, 1, { base: squares, exponent });
  }
  return [...powers, { base, exponent }];
}

/** a^2 - b^2, if the two are a + b and a - b. */
function differenceOfSquares(x: Expression, y: Expression): Expression | undefined {
  if (x.kind !== "sum" || y.kind !== "sum" || x.terms.length !== 2 || y.terms.length !== 2) return undefined;
  for (const [a, b] of [x.terms, x.terms.toReversed()] as [Expression, Expression][]) {
    const isConjugate = isSame(y, subtract(a, b)) || isSame(y, subtract(negate(b), negate(a)));
    if (isConjugate) return subtract(raise(a, 2), raise(b, 2));
  }
  return undefined;
}

export function raise(x: Expression, exponent: number): Expression {
  if (exponent === 0) return number(1);
  if (exponent === 1) return x;
  const { factor, powers } = factorsOf(x);
  if (powers.length === 0) return number(factor ** exponent);
  if (!Number.isInteger(exponent) && (factor !== 1 || powers.length > 1 || powers[0]?.exponent !== 1)) {
    return productOf(1, [{ base: x, exponent }]);
  }
  return productOf(
    factor ** exponent,
    powers.map((power) => ({ base: power.base, exponent: power.exponent * exponent })),
  );
}

export function power(x: Expression, y: Expression): Expression {
  return y.kind === "number" ? raise(x, y.value) : { kind: "power", base: x, exponent: y };
}

export function divide(x: Expression, y: Expression): Expression {
  return multiply(x, raise(y, -1));
}

export function negate(x: Expression): Expression {
  if (x.kind === "sum") return sumOf(x.terms.map(negate));
  return multiply(number(-1), x);
}

export function add(x: Expression, y: Expression): Expression {
  const terms = x.kind === "sum" ? [...x.terms] : [x];
  for (const term of y.kind === "sum" ? y.terms : [y]) {
    const { factor, powers } = factorsOf(term);
    const like = terms.findIndex((each) => isSame(productOf(1, factorsOf(each).powers), productOf(1, powers)));
    if (like < 0) terms.push(term);
    else terms[like] = productOf(factorsOf(terms[like] as Expression).factor + factor, powers);
  }
  return sumOf(terms);
}

export function subtract(x: Expression, y: Expression): Expression {
  return add(x, negate(y));
}

/** A sum begins with what is not taken off, if there is such a term. */
function sumOf(given: readonly Expression[]): Expression {
  const terms = given.filter((term) => !isNumber(term, 0));
  const first = terms.findIndex((term) => factorsOf(term).factor > 0);
  const ordered = first > 0 ? [terms[first] as Expression, ...terms.toSpliced(first, 1)] : terms;
  if (ordered.length < 2) return ordered[0] ?? number(0);
  return { kind: "sum", terms: ordered };
}

const relations: Record<RelationSign, (x: number, y: number) => boolean> = {
  "==": (x, y) => x === y,
  "!=": (x, y) => x !== y,
  "<": (x, y) => x < y,
  "<=": (x, y) => x <= y,
  ">": (x, y) => x > y,
  ">=": (x, y) => x >= y,
};

export function relation(left: Expression, sign: RelationSign, right: Expression): Expression {
  // What an op does at infinity alone is no part of its formula.
  if (sign === "==" && isNumber(right, Number.POSITIVE_INFINITY)) return number(0);
  if (left.kind === "number" && right.kind === "number")
    return number(Number(relations[sign](left.value, right.value)));
  return { kind: "relation", sign, left, right };
}

const opposite: Partial<Record<RelationSign, RelationSign>> = { "<=": ">", ">=": "<", "!=": "==" };

/** Where there is a 0, it is what is left: `x > 0 ? 1 : 0`. */
export function choice(when: Expression, yes: Expression, no: Expression): Expression {
  if (when.kind === "number") return when.value !== 0 ? yes : no;
  if (isSame(yes, no)) return yes;
  const flipped = when.kind === "relation" && isNumber(yes, 0) ? opposite[when.sign] : undefined;
  if (when.kind !== "relation" || flipped === undefined) return { kind: "choice", when, yes, no };
  return { kind: "choice", when: { ...when, sign: flipped }, yes: no, no: yes };
}
