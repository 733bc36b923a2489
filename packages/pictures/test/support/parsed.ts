import type { Tensor } from "@chainrule/core";
import { DOMParser, type Element } from "@xmldom/xmldom";
import { type SvgOptions, toSvg } from "../../src/index.js";
import { textWidth } from "../../src/text.js";

/** A rectangle by its edges. */
export interface Box {
  readonly what: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Text extends Box {
  readonly kind: string;
  /** The title of the node that it stands in. */
  readonly within: string | undefined;
}

export interface Stroke {
  readonly isBack: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** What is in a picture: the SVG is parsed as XML, and anything that is none is an error. */
export interface Parsed {
  readonly root: Element;
  readonly width: number;
  readonly height: number;
  readonly texts: readonly Text[];
  /** Circles and boxes, by their titles. */
  readonly nodes: readonly Box[];
  readonly frames: readonly Box[];
  readonly lines: readonly Stroke[];
  /** How many arrows point forward and back. */
  readonly tips: { readonly forward: number; readonly back: number };
}

export function parse(svg: string): Parsed {
  const onError = (level: string, message: string) => {
    throw new Error(`${level}: ${message}`);
  };
  const root = new DOMParser({ onError }).parseFromString(svg, "image/svg+xml").documentElement as Element;
  const all = (name: string) => Array.from(root.getElementsByTagName(name));
  const paths = all("path").map((path) => ({ kinds: kindsOf(path), d: path.getAttribute("d") ?? "" }));
  return {
    root,
    width: number(root, "width"),
    height: number(root, "height"),
    texts: all("text").map(textOf),
    nodes: [
      ...all("circle")
        .filter((circle) => kindsOf(circle).includes("node"))
        .map(circleOf),
      ...all("rect")
        .filter((rect) => kindsOf(rect).some((kind) => kind === "node" || kind === "tag"))
        .map(rectOf),
    ],
    frames: all("rect")
      .filter((rect) => kindsOf(rect).includes("frame"))
      .map(rectOf),
    lines: paths
      .filter(({ kinds }) => kinds.includes("line"))
      .map(({ kinds, d }) => ({ isBack: kinds.includes("back"), points: pointsOf(d) })),
    tips: {
      forward: paths.filter(({ kinds }) => kinds.includes("tip") && !kinds.includes("back")).length,
      back: paths.filter(({ kinds }) => kinds.includes("tip") && kinds.includes("back")).length,
    },
  };
}

const number = (element: Element, name: string) => Number(element.getAttribute(name));
const kindsOf = (element: Element) => (element.getAttribute("class") ?? "").split(" ");

function titleOf(element: Element): string | undefined {
  const parent = element.parentNode as Element | null;
  return parent?.nodeName === "g" ? (parent.getElementsByTagName("title")[0]?.textContent ?? undefined) : undefined;
}

/** The box in which a text is drawn, by the widest of its fonts. */
function textOf(element: Element): Text {
  const what = element.textContent ?? "";
  const size = number(element, "font-size");
  const width = textWidth(what, size);
  const anchor = element.getAttribute("text-anchor") ?? "start";
  const left = number(element, "x") - (anchor === "middle" ? width / 2 : anchor === "end" ? width : 0);
  const y = number(element, "y");
  const kind = kindsOf(element)[0] ?? "";
  return {
    what,
    kind,
    within: titleOf(element),
    left,
    right: left + width,
    top: y - 0.74 * size,
    bottom: y + 0.22 * size,
  };
}

function circleOf(element: Element): Box {
  const [x, y, r] = [number(element, "cx"), number(element, "cy"), number(element, "r")];
  return { what: titleOf(element) ?? "", left: x - r, right: x + r, top: y - r, bottom: y + r };
}

function rectOf(element: Element): Box {
  const [x, y] = [number(element, "x"), number(element, "y")];
  const what = titleOf(element) ?? "";
  return { what, left: x, right: x + number(element, "width"), top: y, bottom: y + number(element, "height") };
}

/** Points along a path of M, L and Q. */
function pointsOf(d: string): [number, number][] {
  const points: [number, number][] = [];
  for (const [, command, text = ""] of d.matchAll(/([MLQ])([^MLQZ]*)/g)) {
    const [x = 0, y = 0, toX = 0, toY = 0] = text.trim().split(/\s+/).map(Number);
    const [fromX, fromY] = points.at(-1) ?? [x, y];
    if (command !== "Q") points.push([x, y]);
    for (const t of command === "Q" ? [0.25, 0.5, 0.75, 1] : []) {
      const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t ** 2];
      points.push([a * fromX + b * x + c * toX, a * fromY + b * y + c * toY]);
    }
  }
  return points;
}

/** A picture as it is drawn. */
export function draw(output: Tensor | readonly Tensor[], options?: SvgOptions): Parsed {
  return parse(toSvg(output, options));
}

/** The values, the gradients or the names. */
export function textsOf({ texts }: Parsed, kind: string): string[] {
  return texts.filter((text) => text.kind === kind).map(({ what }) => what);
}

/** What stands in nodes and leaves. */
export function signsOf({ texts }: Parsed): string[] {
  return texts.filter(({ kind, within }) => kind === "" && within !== undefined).map(({ what }) => what);
}

/** What is drawn over something else, in words; nothing in a good picture. */
export function collisions({ texts, nodes, lines, width, height }: Parsed): string[] {
  const found: string[] = [];
  const boxes: readonly (Box & { readonly within?: string | undefined })[] = [...texts, ...nodes];
  boxes.forEach((a, i) => {
    if (a.left < 0 || a.top < 0 || a.right > width || a.bottom > height) found.push(`${a.what} is cut off`);
    for (const b of boxes.slice(i + 1)) {
      // The texts of a node stand in its circle or box.
      const isOwn =
        "within" in a && (a.within === b.what || ("within" in b && a.within !== undefined && a.within === b.within));
      if (!isOwn && overlap(a, b)) found.push(`${a.what} over ${b.what}`);
    }
  });
  for (const { points } of lines) {
    points.slice(1).forEach((to, i) => {
      const from = points[i] as readonly [number, number];
      for (const text of texts) if (meets(from, to, text)) found.push(`a line over the text ${text.what}`);
      for (const node of nodes) if (meets(from, to, smaller(node))) found.push(`a line over the node ${node.what}`);
    });
  }
  return found;
}

function overlap(a: Box, b: Box): boolean {
  const least = 0.2;
  return (
    Math.min(a.right, b.right) - Math.max(a.left, b.left) > least &&
    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > least
  );
}

/** The square within a circle, as lines end at its edge. */
function smaller(box: Box): Box {
  const by = Math.min(box.right - box.left, box.bottom - box.top) * 0.16;
  return { ...box, left: box.left + by, right: box.right - by, top: box.top + by, bottom: box.bottom - by };
}

/** Whether a line goes through a box: Liang and Barsky's clipping. */
function meets([x0, y0]: readonly [number, number], [x1, y1]: readonly [number, number], box: Box): boolean {
  let [from, to] = [0, 1];
  const [dx, dy] = [x1 - x0, y1 - y0];
  for (const [p, q] of [
    [-dx, x0 - box.left],
    [dx, box.right - x0],
    [-dy, y0 - box.top],
    [dy, box.bottom - y0],
  ] as const) {
    if (p === 0) {
      if (q < 0) return false;
    } else if (p < 0) from = Math.max(from, q / p);
    else to = Math.min(to, q / p);
  }
  return from < to;
}
