import {
  ChainruleError,
  checkNoMore,
  checkOptions,
  type Program,
  type ProgramJSON,
  type ProgramSchedule,
  programToJson,
  show as shown,
} from "@chainrule/core";
import { checkChoice, checkPixels, checkText, checkWhole } from "../checks.js";
import { kindText } from "../describe.js";
import { type Drawing, draw, MARGIN } from "../render.js";
import { svgOf } from "../svg.js";
import { said, visible } from "../text.js";
import type { Theme } from "../theme.js";
import { SIZES } from "../units.js";
import { GraphPicture } from "./graphs.js";
import { KernelPicture } from "./kernels.js";
import { bufferText, drawMemory } from "./memory.js";
import { textAt } from "./parts.js";
import { programStyle } from "./style.js";
import { bytesText, counted, wrapped } from "./words.js";

export interface ProgramSvgOptions {
  /**
   * What is drawn. "graph": what was traced, loops, branches and calls as frames. "kernels": a frame for each kernel around the ops
   * that it computes, between them the buffers. "memory": where each buffer lies, and how long: kernels from left to right, addresses
   * from below. Default "kernels".
   */
  readonly show?: "graph" | "kernels" | "memory";
  /** Significant digits of the numbers in a graph, from 1 to 17. Default 4. */
  readonly digits?: number;
  /**
   * How wide the picture is at most, in pixels; longer graphs are wrapped into rows. Default 840; Infinity for one row. What cannot be
   * cut is as wide as it is.
   */
  readonly maxWidth?: number;
  /**
   * Whether frames are drawn as boxes with the names of the ops in them; kernels of more than 24 ops always are. Default false. It changes
   * nothing in "memory".
   */
  readonly fold?: boolean;
  /** The colours: "auto" is light or dark as the reader's system is. Default "auto". */
  readonly theme?: Theme;
  /** What a screen reader calls the picture. Default what it shows. */
  readonly title?: string;
  /** What a screen reader says of it. Default its values, kernels or buffers in order. */
  readonly description?: string;
  /** Of more values, kernels or buffers than this no picture is made: it could not be read. Default 400. */
  readonly maxNodes?: number;
}

const options = ["show", "digits", "maxWidth", "fold", "theme", "title", "description", "maxNodes"];
const shows = ["graph", "kernels", "memory"] as const;

/**
 * What the compiler made of a function, as an SVG: the graph that it traced, the kernels that it fused, or the plan of the memory. The
 * names of kernels (`k3`) and buffers (`t7`) are those of `program.print`; a reader who points at one is told the rest.
 *
 * The picture is text, as those of `toSvg` are: it can be searched and selected, holds no script and needs nothing from outside. The same
 * program gives the same text.
 *
 * @param program of a compiled function: `f.program(...args)`; of a training step `trainStep(...).program(...batch)`
 * @returns the SVG as a text, in pixels of CSS, for a file or for a page
 * @throws ChainruleError for options that are not known, for what is no program, or for one of more than `maxNodes` values, kernels or
 * buffers
 *
 * @example
 * const f = compile((x: Tensor) => x.sub(x.mean()).square().sum());
 * const program = f.program(tensor([1, 2, 3]));
 * const svg = programToSvg(program, { show: "kernels" });
 * svg.includes(">k0: sum over [3]</text>"); // true
 * programToSvg(program, { show: "memory" }).startsWith("<svg"); // true
 */
export function programToSvg(program: Program<unknown>, given: ProgramSvgOptions = {}, ...none: []): string {
  checkNoMore("programToSvg", none);
  checkOptions("programToSvg", given, options, ["fold"]);
  const { show = "kernels", digits = 4, maxWidth = 840, fold = false, theme = "auto", maxNodes = 400 } = given;
  checkChoice("programToSvg", "show", show, shows);
  checkWhole("programToSvg", "digits", digits, 17);
  checkPixels("programToSvg", "maxWidth", maxWidth);
  checkChoice("programToSvg", "theme", theme, ["auto", "light", "dark"]);
  checkText("programToSvg", "title", given.title);
  checkText("programToSvg", "description", given.description);
  checkWhole("programToSvg", "maxNodes", maxNodes, Number.POSITIVE_INFINITY);
  // An error names this function, and not the one behind it.
  if (typeof (program as Partial<Program<unknown>> | null | undefined)?.print !== "function") {
    throw new ChainruleError(
      `programToSvg: takes the program of a compiled function, f.program(...args) of f = compile(...), got ${shown(program)}`,
    );
  }
  const json = programToJson(program);
  checkSize(json, show, maxNodes);
  const picture = drawn(json, show, { maxWidth, digits, fold });
  const { title = picture.title, description = picture.description } = given;
  return svgOf({ ...picture, title, description, theme, styles: programStyle });
}

interface Picture extends Drawing {
  readonly title: string;
  readonly description: string;
}

interface Settings {
  readonly maxWidth: number;
  readonly digits: number;
  readonly fold: boolean;
}

function drawn(json: ProgramJSON, show: (typeof shows)[number], settings: Settings): Picture {
  const { maxWidth } = settings;
  const most = maxWidth - 2 * MARGIN;
  const [main] = json.schedules as readonly [ProgramSchedule];
  switch (show) {
    case "graph": {
      const rows = new GraphPicture(json.traced, settings).rows(most);
      return { ...draw(rows, { isDown: false }), title: "Graph of a program", description: describeGraph(json) };
    }
    case "kernels": {
      const rows = new KernelPicture(json, settings).rows(most);
      const title = `A program in ${counted(main.kernels.length, "kernel")}`;
      const description = said(main.kernels, ({ text }, i) => `k${i} ${text}`);
      return { ...captioned(draw(rows, { isDown: false })), title, description };
    }
    case "memory": {
      const { timeline, peak, ...picture } = drawMemory(json, maxWidth);
      const all = [
        ...timeline.kept.map(({ buffer }) => bufferText(buffer)),
        ...timeline.spans.map(({ buffer, life }) => `${bufferText(buffer)}, ${life}`),
      ];
      const title = `Memory of a program: ${bytesText(json.bytes)}, of temporary buffers at most ${bytesText(peak)} at a time`;
      return { ...picture, title, description: said(all, (text) => text) };
    }
    default:
      return show satisfies never;
  }
}

/** What the signs of a picture of kernels mean, below it. */
function captioned({ width, height, parts }: Drawing): Drawing {
  const text =
    "A frame is a kernel: what stands in it is computed in one go, without memory in between. Lines between frames are buffers: t " +
    "temporary, i arguments, c variables, o results; a number of bytes is what one takes of the memory.";
  const wide = Math.max(width, 300);
  const lines = wrapped(text, wide - 2 * MARGIN, SIZES.small);
  const size = SIZES.small + 4;
  const written = lines.map((line, i) => textAt(line, MARGIN, height + 8 + i * size, SIZES.small, "faint"));
  return { width: wide, height: height + lines.length * size + 8, parts: [...parts, ...written] };
}

function checkSize({ traced, schedules }: ProgramJSON, show: (typeof shows)[number], most: number): void {
  const lists = {
    graph: traced.map(({ values }) => values),
    kernels: schedules.map(({ kernels }) => kernels),
    memory: schedules.map(({ buffers }) => buffers),
  };
  const count = lists[show].reduce((sum, list) => sum + list.length, 0);
  if (count <= most) return;
  const what = { graph: "values", kernels: "kernels", memory: "buffers" }[show];
  const others = {
    graph: 'show "kernels" or "memory", which are fewer',
    kernels: 'show "memory"',
    memory: 'show "kernels"',
  }[show];
  throw new ChainruleError(
    `programToSvg: the program has ${count} ${what}, more than maxNodes (${most}); draw a smaller function, such as one layer or one step, ` +
      `${others}, or raise maxNodes`,
  );
}

function describeGraph({ traced }: ProgramJSON): string {
  const values = traced.flatMap((graph) => graph.values).filter(({ kind }) => kind !== "number");
  return said(values, ({ id, label, name, inputs, ...kind }) => {
    const from = inputs.length === 0 ? "" : ` of ${inputs.map((input) => `%${input}`).join(", ")}`;
    return `%${id} ${visible(name ?? label)}${from} ${kindText(kind)}`.trimEnd();
  });
}
