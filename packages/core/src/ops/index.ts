export { Abs, abs, Sign, sign } from "./abs.js";
export {
  Elu,
  elu,
  LeakyRelu,
  LogSigmoid,
  leakyRelu,
  logSigmoid,
  Relu,
  relu,
  Sigmoid,
  SigmoidSlope,
  Silu,
  SiluSlope,
  Softplus,
  sigmoid,
  silu,
  softplus,
  Tanh,
  TanhSlope,
  tanh,
} from "./activation.js";
export {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  globalAvgPool,
  globalMaxPool,
} from "./adaptive-pool.js";
export { Add, add, Neg, neg, Sub, sub } from "./add.js";
export { arange, eye, linspace } from "./arange.js";
export { ArgMax, ArgMin, argMax, argMin } from "./arg-max.js";
export { Bincount, bincount } from "./bincount.js";
export { BroadcastTo, broadcastTo } from "./broadcast-to.js";
export { Cast, cast } from "./cast.js";
export {
  Equal,
  equal,
  Greater,
  GreaterEqual,
  greater,
  greaterEqual,
  Less,
  LessEqual,
  less,
  lessEqual,
  NotEqual,
  notEqual,
} from "./compare.js";
export { Concat, concat, Stack, stack } from "./concat.js";
export {
  Conv,
  ConvTranspose,
  ConvWeights,
  conv1d,
  conv2d,
  convTranspose1d,
  convTranspose2d,
} from "./conv.js";
export { All, Any, all, any, Count, count } from "./count.js";
export { Cumprod, Cumsum, cumprod, cumsum, LinearScan } from "./cumulate.js";
export { diagonal, trace, tril, triu } from "./diagonal.js";
export { dot, outer } from "./dot.js";
export { einsum } from "./einsum.js";
export { Erf, Erfc, ErfSlope, erf, erfc } from "./erf.js";
export { Exp, Expm1, exp, expm1, Log, Log1p, log, log1p } from "./exp.js";
export { flip, roll, tile } from "./flip-roll-tile.js";
export { Gather, gather, ScatterAdd, scatterAdd } from "./gather.js";
export { Gelu, GeluSlope, GeluTanh, GeluTanhSlope, gelu } from "./gelu.js";
export { HardSwish, hardSwish } from "./hard-swish.js";
export {
  Acosh,
  AcoshSlope,
  Asinh,
  Atanh,
  AtanhSlope,
  acosh,
  asinh,
  atanh,
  Cosh,
  cosh,
  Sinh,
  sinh,
} from "./hyperbolic.js";
export { Hypot, HypotSlope, hypot } from "./hypot.js";
export { Col2im, col2im, Im2col, im2col } from "./im2col.js";
export { InRange, inRange } from "./in-range.js";
export { Acos, Asin, AsinSlope, Atan, Atan2, acos, asin, atan, atan2 } from "./inverse-trigonometric.js";
export { LogSumExp, logSumExp } from "./log-sum-exp.js";
export {
  IsFinite,
  IsNaN,
  isFinite,
  isNaN,
  LogicalAnd,
  LogicalNot,
  LogicalOr,
  logicalAnd,
  logicalNot,
  logicalOr,
} from "./logical.js";
export { MaskedMatMul, SampledMatMul } from "./masked-product.js";
export { MatMul, matmul } from "./matmul.js";
export { Max, Min, max, min } from "./max.js";
export { Clamp, clamp, Maximum, Minimum, maximum, minimum } from "./maximum.js";
export { Div, div, Mul, MulDiv, mul, Reciprocal, reciprocal, Square, square } from "./mul.js";
export { Norm, norm } from "./norm.js";
export { Pad, pad } from "./pad.js";
export {
  ArgMaxPool,
  AvgPool,
  AvgUnpool,
  avgPool1d,
  avgPool2d,
  MaxPool,
  MaxUnpool,
  maxPool1d,
  maxPool2d,
} from "./pool.js";
export { Pow, pow, Rsqrt, rsqrt, Sqrt, sqrt } from "./pow.js";
export { Prod, prod } from "./prod.js";
export { ExpandDims, expandDims, Reshape, reshape, Squeeze, squeeze } from "./reshape.js";
export { Ceil, ceil, Floor, floor, Mod, mod, Round, RoundToFloat16, round, roundToFloat16 } from "./round.js";
export { Cos, cos, Sin, sin, Tan, tan } from "./sin.js";
export { Slice, slice, Unslice } from "./slice.js";
export { LogSoftmax, logSoftmax, Softmax, softmax } from "./softmax.js";
export { ArgSort, argSort, sort, topK } from "./sort.js";
export { split, unstack } from "./split.js";
export { Center, Deviation, Standardize } from "./standardize.js";
export { Mean, mean, Sum, sum } from "./sum.js";
export { IndexAdd, indexAdd, OneHot, oneHot, Take, take } from "./take.js";
export { Transpose, transpose } from "./transpose.js";
export { Std, std, Variance, variance } from "./variance.js";
export { Where, where } from "./where.js";
