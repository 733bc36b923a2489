import { checkNoMore, print, type Tensor } from "@chainrule/core";
import { type SvgOptions, toSvg } from "./to-svg.js";

/** The picture of a graph for a notebook, as the last value of a cell; see `display`. */
export interface Displayed {
  /** The SVG of `toSvg`. */
  readonly svg: string;
}

/**
 * The picture that `toSvg` makes, for a notebook: Deno's kernel for Jupyter shows it where this is the last value of a cell, or is given
 * to `Deno.jupyter.display`. Where there are no pictures it is the text of `print`.
 *
 * @throws ChainruleError as `toSvg` does
 *
 * @example
 * const x = variable(3, { name: "x" });
 * display(x.square()).svg.startsWith("<svg"); // true
 */
export function display(output: Tensor | readonly Tensor[], options: SvgOptions = {}, ...none: []): Displayed {
  checkNoMore("display", none);
  const svg = toSvg(output, options);
  const { names, values = true, gradients = true } = options;
  const bundle = {
    "text/plain": print(output, { values, gradients, ...(names !== undefined && { names }) }),
    "image/svg+xml": svg,
  };
  return Object.defineProperty({ svg }, Symbol.for("Jupyter.display"), { value: () => bundle });
}
