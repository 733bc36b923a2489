import { checkNoMore, checkOptions } from "../options.js";
import { setTarget } from "./target.js";

export interface KernelOptions {
  /**
   * Whether a product and a sum are rounded once, by the fused multiply-add of relaxed SIMD, or twice. By default once where the engine
   * has it, unless tiny products, which are timed at the first use, take 1.3 times as long with it: "auto". The environment variable CHAINRULE_RELAXED
   * says the same by 1 or 0 where nothing else does; what contradicts it is an error.
   */
  readonly relaxed?: boolean | "auto";
  /**
   * Whether V8 is asked to pack pairs of vectors of 128 bits into those of 256, which newer ones do as an experiment: wider tiles
   * of matrix products are then tried as well. It changes no bits. The environment variable CHAINRULE_WIDE=1 asks for it, too. Default false.
   */
  readonly wide?: boolean;
}

/**
 * Says how kernels are made from now on, in the whole process or page: those of matrix products, and of programs that are not compiled
 * yet. What is left out stays as it is. `compileSupport()` tells what is used.
 *
 * @throws CompileError where fused multiply-add is asked for and not there, or forbidden; where vectors cannot be packed, as in browsers; where
 * `wide` comes after the first product or program. Then nothing has changed
 *
 * @example
 * configureKernels({ relaxed: false });
 * compileSupport().relaxed; // false
 * configureKernels({ relaxed: "auto" });
 */
export function configureKernels(options: KernelOptions, ...none: []): void {
  checkNoMore("configureKernels", none);
  const { relaxed } = options ?? {};
  const flags = relaxed === "auto" ? ["wide"] : ["relaxed", "wide"];
  checkOptions("configureKernels", options, ["relaxed", "wide"], flags);
  setTarget("configureKernels", options);
}
