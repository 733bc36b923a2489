import type { Tensor } from "../graph/tensor.js";
import type { ShapesOf } from "./axis-types.js";
import type { Box, Fits, Of, Shape, ShapeError, Show } from "./types.js";

/*
 * The type of einsum: its equation is read at compile time where it is a literal with "->" and without "...". Any other
 * is left to run time.
 */

type WithoutSpaces<Text extends string> = Text extends `${infer H} ${infer T}` ? WithoutSpaces<`${H}${T}`> : Text;

type Terms<Text extends string, R extends readonly string[] = []> = Text extends `${infer H},${infer T}`
  ? Terms<T, [...R, H]>
  : [...R, Text];

/** The shape that an equation makes of the shapes of its operands. */
export type Einsum<Equation extends string, Shapes extends readonly Shape[]> = string extends Equation
  ? Shape
  : number extends Shapes["length"]
    ? Shape
    : Equation extends `${string}.${string}`
      ? Shape
      : WithoutSpaces<Equation> extends `${infer In}->${infer Out}`
        ? Operands<Equation, Terms<In>, Shapes> extends infer R
          ? R extends ShapeError<string>
            ? R
            : Output<Equation, Out, R>
          : never
        : Shape;

/** The sizes of all letters, or an error. */
// biome-ignore lint/complexity/noBannedTypes: no letter yet
type Operands<
  Equation extends string,
  T extends readonly string[],
  Shapes extends readonly Shape[],
  Found = {},
> = T extends readonly [infer Term extends string, ...infer MoreTerms extends readonly string[]]
  ? Shapes extends readonly [infer S extends Shape, ...infer MoreShapes extends readonly Shape[]]
    ? Letters<Equation, Term, Term, S, S, Found> extends infer R
      ? R extends ShapeError<string>
        ? R
        : Operands<Equation, MoreTerms, MoreShapes, R>
      : never
    : ShapeError<`einsum ${Equation}: there are fewer operands than terms`>
  : Shapes extends readonly []
    ? Found
    : ShapeError<`einsum ${Equation}: there are more operands than terms`>;

type Letters<
  Equation extends string,
  Term extends string,
  Rest extends string,
  S extends Shape,
  Sizes extends Shape,
  Found,
> = number extends S["length"]
  ? Rest extends `${infer L}${infer More}`
    ? Letters<Equation, Term, More, S, S, Found & (L extends keyof Found ? unknown : Record<L, number>)>
    : Found
  : Rest extends `${infer L}${infer More}`
    ? Sizes extends readonly [infer N extends number, ...infer Others extends Shape]
      ? L extends keyof Found
        ? number extends Found[L]
          ? Letters<Equation, Term, More, S, Others, Omit<Found, L> & Record<L, N>>
          : number extends N
            ? Letters<Equation, Term, More, S, Others, Found>
            : Box<N> extends Box<Found[L]>
              ? Letters<Equation, Term, More, S, Others, Found>
              : ShapeError<`einsum ${Equation}: ${L} is both ${Extract<Found[L], number>} and ${N}`>
        : Letters<Equation, Term, More, S, Others, Found & Record<L, N>>
      : ShapeError<`einsum ${Equation}: ${Term} does not name the ${S["length"]} axes of ${Show<S>}`>
    : Sizes extends readonly []
      ? Found
      : ShapeError<`einsum ${Equation}: ${Term} does not name the ${S["length"]} axes of ${Show<S>}`>;

type Output<
  Equation extends string,
  Out extends string,
  Found,
  R extends Shape = [],
> = Out extends `${infer L}${infer T}`
  ? L extends keyof Found
    ? Output<Equation, T, Found, [...R, Found[L] & number]>
    : ShapeError<`einsum ${Equation}: no operand has the ${L} of the result`>
  : R;

/** `einsum("ij,jk->ik", a, b)`. */
export interface EinsumFunction {
  <const Equation extends string, const T extends readonly Tensor[]>(
    equation: Equation & Fits<Einsum<Equation, ShapesOf<T>>>,
    ...operands: T
  ): Of<Einsum<Equation, ShapesOf<T>>>;
}
