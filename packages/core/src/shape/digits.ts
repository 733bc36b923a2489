/**
 * Sums and products of number literals, done on their decimal digits (the compiler has no arithmetic of its own). A
 * number is a string with its ones first: 784 is "487", so that "0" before it is ten times as much. A size that is no
 * plain literal of digits gives `number`.
 */

/** Tuples as long as each digit says: the length of two of them together is the sum. */
interface Units {
  readonly "0": [];
  readonly "1": [0];
  readonly "2": [0, 0];
  readonly "3": [0, 0, 0];
  readonly "4": [0, 0, 0, 0];
  readonly "5": [0, 0, 0, 0, 0];
  readonly "6": [0, 0, 0, 0, 0, 0];
  readonly "7": [0, 0, 0, 0, 0, 0, 0];
  readonly "8": [0, 0, 0, 0, 0, 0, 0, 0];
  readonly "9": [0, 0, 0, 0, 0, 0, 0, 0, 0];
}
type Digit = keyof Units;

type Backwards<Text extends string, R extends string = ""> = Text extends `${infer H}${infer T}`
  ? Backwards<T, `${H}${R}`>
  : R;

/** `A` + `B` + `Carry`. */
type Add<
  A extends string,
  B extends string,
  Carry extends Digit = "0",
  R extends string = "",
> = A extends `${infer X extends Digit}${infer AT}`
  ? B extends `${infer Y extends Digit}${infer BT}`
    ? `${[...Units[X], ...Units[Y], ...Units[Carry]]["length"] & number}` extends infer Z
      ? Z extends Digit
        ? Add<AT, BT, "0", `${R}${Z}`>
        : Z extends `1${infer Ones}`
          ? Add<AT, BT, "1", `${R}${Ones}`>
          : never
      : never
    : Carry extends "0"
      ? `${R}${A}`
      : Add<A, "1", "0", R>
  : Carry extends "0"
    ? `${R}${B}`
    : B extends ""
      ? `${R}1`
      : Add<"1", B, "0", R>;

/** `Total` + `A`, once for each element of `Times`. */
type AddTimes<Total extends string, A extends string, Times extends readonly unknown[]> = Times extends [
  0,
  ...infer Rest,
]
  ? AddTimes<Add<Total, A>, A, Rest>
  : Total;

/** `A` times the number that the digits `B` (in reading order) say. */
type Multiply<
  A extends string,
  B extends string,
  Total extends string = "",
> = B extends `${infer D extends Digit}${infer T}`
  ? Multiply<A, T, AddTimes<Total extends "" ? "" : `0${Total}`, A, Units[D]>>
  : B extends ""
    ? Total
    : string;

type ProductDigits<S extends readonly number[], Total extends string = "1"> = S extends readonly [
  infer H extends number,
  ...infer T extends readonly number[],
]
  ? ProductDigits<T, Multiply<Total, `${H}`>>
  : Total;

/** The product of sizes, as the text of a number. */
export type ProductText<S extends readonly number[]> = 0 extends S[number] ? "0" : Backwards<ProductDigits<S>>;

type ToNumber<Text extends string> = Text extends `${infer N extends number}` ? N : number;

/** The product of sizes. */
export type Product<S extends readonly number[]> = ToNumber<ProductText<S>>;

/** A + B. */
export type Sum<A, B> = A extends number
  ? B extends number
    ? number extends A | B
      ? number
      : SumOf<A, B>
    : never
  : never;

type SumOf<A extends number, B extends number> = ToNumber<Backwards<Add<Backwards<`${A}`>, Backwards<`${B}`>>>>;
