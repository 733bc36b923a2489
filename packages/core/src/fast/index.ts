export { type FastKernelOptions, useFastKernels, withPlainKernels } from "./fast-kernels.js";
