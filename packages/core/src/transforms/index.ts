export {
  type AnyBatch,
  type AnyBatchResult,
  type BatchAxes,
  type BatchOf,
  type BatchResult,
  type VmapOptions,
  vmap,
} from "./batching/vmap.js";
export { checkpoint } from "./checkpoint.js";
export { clipByNorm, clipByValue, clipGradNorm, clipGradValue, globalNorm } from "./clip.js";
export { cond, switchCase } from "./control/cond.js";
export { fixedPoint, rootOf, type SolveOptions } from "./control/fixed-point.js";
export { fn } from "./control/fn.js";
export { type Elements, type ScanOptions, type Stacked, scan } from "./control/scan.js";
export { type WhileOptions, whileLoop } from "./control/while.js";
export { type CustomGradientOptions, customGradient } from "./custom-gradient.js";
export { customOp, elementwise, type OpClass, type OpRule } from "./custom-op.js";
export { type GradOptions, grad, stopGradient, type ValueAndGrad, valueAndGrad } from "./grad.js";
export { hvp } from "./hvp.js";
export { type Derivatives, hessian, jacobian } from "./jacobian.js";
export { type SparseOptions, sparseHessian, sparseJacobian } from "./sparse/sparse.js";
export type { SparseMatrix } from "./sparse/sparse-matrix.js";
export { type Given, type Tensors, tensorsIn } from "./structure.js";
export { type Jvp, jvp, type Vjp, vjp } from "./vjp.js";
