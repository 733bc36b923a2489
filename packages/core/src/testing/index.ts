export { broadcastableShapes, type ShapesOptions, shapes, type TensorsOptions, tensors } from "./arbitraries.js";
export { type AssertGradientsOptions, assertGradients } from "./assert-gradients.js";
export { type GraphsOptions, graphs, RandomGraph } from "./graphs.js";
export { type RandomOp, type RandomOperand, randomOps } from "./random-ops.js";
