import type { Box, Shape, ShapeTypeError, Show } from "./types.js";

/*
 * The types of products of vectors, and of einsum: its equation is read at compile time where it is a literal with "->" and
 * without "...". Any other is left to run time.
 */

// Vectors -------------------------------------------------------------------------------------------------------------

type NotVectors<
  Op extends string,
  A extends Shape,
  B extends Shape,
> = ShapeTypeError<`${Op}: takes two vectors, got ${Show<A>} and ${Show<B>}`>;

export type Dot<A extends Shape, B extends Shape> = number extends A["length"] | B["length"]
  ? []
  : A extends readonly [infer M extends number]
    ? B extends readonly [infer N extends number]
      ? Box<M> extends Box<N>
        ? []
        : number extends M
          ? []
          : ShapeTypeError<`dot: sizes ${M} and ${N} differ`>
      : NotVectors<"dot", A, B>
    : NotVectors<"dot", A, B>;

export type Outer<A extends Shape, B extends Shape> = number extends A["length"]
  ? number extends B["length"]
    ? [number, number]
    : Outer<[number], B>
  : number extends B["length"]
    ? Outer<A, [number]>
    : A extends readonly [infer M extends number]
      ? B extends readonly [infer N extends number]
        ? [M, N]
        : NotVectors<"outer", A, B>
      : NotVectors<"outer", A, B>;

// Sums by name --------------------------------------------------------------------------------------------------------

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
          ? R extends ShapeTypeError<string>
            ? R
            : Output<Equation, Out, R>
          : never
        : Shape;

/** The sizes of all letters, or an error. */
type Operands<
  Equation extends string,
  T extends readonly string[],
  Shapes extends readonly Shape[],
  Found = unknown,
> = T extends readonly [infer Term extends string, ...infer MoreTerms extends readonly string[]]
  ? Shapes extends readonly [infer S extends Shape, ...infer MoreShapes extends readonly Shape[]]
    ? Letters<Equation, Term, Term, S, S, Found> extends infer R
      ? R extends ShapeTypeError<string>
        ? R
        : Operands<Equation, MoreTerms, MoreShapes, R>
      : never
    : ShapeTypeError<`einsum ${Equation}: there are fewer operands than terms`>
  : Shapes extends readonly []
    ? Found
    : ShapeTypeError<`einsum ${Equation}: there are more operands than terms`>;

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
              : ShapeTypeError<`einsum ${Equation}: ${L} is both ${Extract<Found[L], number>} and ${N}`>
        : Letters<Equation, Term, More, S, Others, Found & Record<L, N>>
      : ShapeTypeError<`einsum ${Equation}: ${Term} does not name the ${S["length"]} axes of ${Show<S>}`>
    : Sizes extends readonly []
      ? Found
      : ShapeTypeError<`einsum ${Equation}: ${Term} does not name the ${S["length"]} axes of ${Show<S>}`>;

type Output<
  Equation extends string,
  Out extends string,
  Found,
  R extends Shape = [],
> = Out extends `${infer L}${infer T}`
  ? L extends keyof Found
    ? Output<Equation, T, Found, [...R, Found[L] & number]>
    : ShapeTypeError<`einsum ${Equation}: no operand has the ${L} of the result`>
  : R;
