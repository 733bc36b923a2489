import type * as signature from "./signatures.js";

/** The functions of the library, by their types alone: so type tests take no time for its implementation. */
export declare const exp: signature.UnaryFunction;
export declare const neg: signature.UnaryFunction;
export declare const add: signature.BinaryFunction;
export declare const sub: signature.BinaryFunction;
export declare const mul: signature.BinaryFunction;
export declare const div: signature.BinaryFunction;
export declare const less: signature.ComparisonFunction;
export declare const where: signature.WhereFunction;
export declare const clamp: signature.ClampFunction;
export declare const sum: signature.ReduceFunction;
export declare const norm: signature.ReduceFunction<signature.OrdOption>;
export declare const gelu: signature.GeluFunction;
export declare const elu: signature.ParametricFunction;
export declare const cumsum: signature.CumulateFunction;
export declare const argMax: signature.ArgMaxFunction;
export declare const softmax: signature.SoftmaxFunction;
export declare const matmul: signature.MatMulFunction;
export declare const transpose: signature.TransposeFunction;
export declare const reshape: signature.ReshapeFunction;
export declare const broadcastTo: signature.BroadcastToFunction;
export declare const expandDims: signature.ExpandDimsFunction;
export declare const squeeze: signature.SqueezeFunction;
export declare const slice: signature.SliceFunction;
export declare const take: signature.TakeFunction;
export declare const oneHot: signature.OneHotFunction;
export declare const bincount: signature.BincountFunction;
export declare const concat: signature.ConcatFunction;
export declare const stack: signature.StackFunction;
export declare const tensor: signature.TensorFactory;
export declare const variable: signature.TensorFactory;
export declare const zeros: signature.FilledFactory;
export declare const full: signature.FullFactory;

/** A size that is not known. */
export declare const n: number;

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? unknown : { readonly expected: B };

/** Compiles where the type of `value` is exactly `Expected`: neither narrower nor wider. */
export declare function expectType<Expected>(): <Actual>(value: Actual & Equal<Actual, Expected>) => void;

/** Compiles where `value` is a tensor of exactly this dtype. */
export declare function expectDType<Expected>(): <Actual>(
  value: { readonly dtype: Actual } & Equal<Actual, Expected>,
) => void;

/** Compiles where `value` is a tensor of exactly this shape. */
export declare function expectShape<Expected extends readonly number[]>(): <Actual extends readonly number[]>(
  value: { readonly shape: Actual } & Equal<Actual, Expected>,
) => void;
