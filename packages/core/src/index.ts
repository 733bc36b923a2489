export { assertGradcheck, type GradcheckArguments, gradcheck } from "./check/gradcheck.js";
export type { GradcheckOptions } from "./check/gradcheck-options.js";
export type {
  GradcheckCulprit,
  GradcheckDerivative,
  GradcheckFindings,
  GradcheckInput,
  GradcheckKind,
  GradcheckReport,
} from "./check/gradcheck-report.js";
export type { GradcheckOrigin } from "./check/not-finite.js";
export { type NumericalGradientOptions, numericalGradient } from "./check/numerical-gradient.js";
export {
  type Compiled,
  type CompileOptions,
  type CompileSupport,
  compile,
  compileSupport,
} from "./compile/compile.js";
export type { Into } from "./compile/into.js";
export type { Program } from "./compile/program.js";
export type {
  ProgramBlock,
  ProgramBody,
  ProgramBuffer,
  ProgramCopy,
  ProgramGraph,
  ProgramJSON,
  ProgramKernel,
  ProgramSchedule,
  ProgramValue,
} from "./compile/program-json.js";
export { programToJson } from "./compile/program-to-json.js";
export { AnomalyError, type AnomalyOptions, detectAnomaly } from "./debug/anomaly.js";
export type { DType, NumberArray, OwnedArray, ReadonlyTypedArray, TypedArray, Values } from "./dtype.js";
export { ChainruleError, CompileError, DTypeError, GraphError, ShapeError } from "./errors.js";
export type { Arithmetic } from "./graph/arithmetic.js";
export type { BackwardOptions } from "./graph/backward.js";
export type {
  BinaryGradient,
  BinaryRule,
  Elementwise,
  LocalNode,
  TernaryGradient,
  TernaryRule,
  UnaryGradient,
  UnaryRule,
} from "./graph/elementwise.js";
export { fromJSON, fromTransfer } from "./graph/exchange.js";
export { fromArray, full, ones, tensor, variable, zeros } from "./graph/factory.js";
export type { TensorJSON } from "./graph/json.js";
export type { Literal, NestedArray } from "./graph/literal.js";
export { type FormulaText, Node, type NodeSettings } from "./graph/node.js";
export { noGrad } from "./graph/recording.js";
export type {
  CorrectionOption,
  CumulateOptions,
  OrdOption,
  SortOptions,
  TopK,
  TopKOptions,
} from "./graph/signatures/axes.js";
export type { TensorOptions } from "./graph/signatures/factories.js";
export type { DiagonalOptions } from "./graph/signatures/indexing.js";
export type { Of } from "./graph/signatures/operands.js";
export { type GradientHook, operand, Tensor, type TensorTransfer } from "./graph/tensor.js";
export { eagerly } from "./graph/tracer.js";
export { type InspectOptions, showSetting } from "./inspect/describe.js";
export { type DotOptions, toDot } from "./inspect/dot.js";
export { formulaOf, type NodeFormula } from "./inspect/formula.js";
export type { GraphFrame } from "./inspect/frames.js";
export type { Graph, GraphEdge, GraphNode, GraphOptions } from "./inspect/graph.js";
export { type GraphFromJson, graphFromJson } from "./inspect/graph-from-json.js";
export {
  type EdgeJSON,
  type GraphJSON,
  type GraphJSONOptions,
  graphToJson,
  type NodeJSON,
} from "./inspect/graph-json.js";
export { graphOf } from "./inspect/graph-of.js";
export { type MermaidOptions, toMermaid } from "./inspect/mermaid.js";
export type { OpClass, SettingJSON, SettingsJSON } from "./inspect/op-classes.js";
export { type PrintOptions, print } from "./inspect/print.js";
export type { ConvOptions, ConvTransposeOptions } from "./ops/conv.js";
export type { Im2colOptions } from "./ops/im2col.js";
export * from "./ops/index.js";
export type { NormOptions } from "./ops/norm.js";
export type { PadWidths } from "./ops/pad.js";
export type { AdaptivePoolOptions, AvgPoolOptions, PoolOptions } from "./ops/pool-windows.js";
export type { AxisArgument, ReduceOptions } from "./ops/reduction.js";
export type { IndexLike } from "./ops/take.js";
export type { VarianceOptions } from "./ops/variance.js";
export { checkNoMore, checkOptions } from "./options.js";
export {
  type ChoiceOptions,
  Generator,
  type GeneratorState,
  type IntegersOptions,
  type NormalOptions,
  type RandomDType,
  type UniformOptions,
} from "./random/generator.js";
export { Random } from "./random/random.js";
export { formatShape, sameShape, sizeOf } from "./shape/shape.js";
export type { Box, Fits, Range, Shape, ShapeTypeError } from "./shape/types.js";
export type { Ends, Padding, PerAxis, SlidingOptions } from "./shape/window.js";
export { show, showNames } from "./show.js";
export * from "./transforms/index.js";
export { configureKernels, type KernelOptions } from "./wasm/configure.js";
