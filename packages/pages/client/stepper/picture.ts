import { toSvg } from "@chainrule/pictures";
import type { Words } from "../../src/stepper/words.js";
import { h } from "../dom.js";
import { Progress, type Run, type Step } from "./model.js";

/** How narrow the picture is made before it is scrolled instead. */
const NARROWEST = 300;
/** How much a small picture is magnified at most, and a large one where there is room enough. */
const [MOST, LEAST] = [1.6, 1.25];
const WIDE = 700;
/** Of the height of the window. */
const TALLEST = 0.66;

/** The graph, in which values and gradients appear as the steps come by. */
export class Picture {
  readonly element: HTMLElement;
  private readonly words: Words;
  private run: Run | undefined;
  private width = 0;

  constructor(words: Words) {
    this.words = words;
    this.element = h("div", { class: "picture", tabindex: 0, role: "region", "aria-label": words.picture });
  }

  /** Draws a run, as wide as there is room for. */
  draw(run: Run): void {
    const width = Math.max(NARROWEST, this.element.clientWidth);
    if (run === this.run && width === this.width) return;
    this.run = run;
    this.width = width;
    const svg = toSvg(run.outputs, {
      theme: "page",
      heat: true,
      maxWidth: width < WIDE ? width : width / LEAST,
      title: this.words.picture,
      description: this.words.pictureText,
      maxNodes: Number.POSITIVE_INFINITY,
    });
    const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
    const room = (size: string, most: number) => most / Number(parsed.getAttribute(size));
    const scale = Math.min(MOST, Math.max(1, Math.min(room("width", width), room("height", TALLEST * innerHeight))));
    for (const name of ["width", "height"]) {
      parsed.setAttribute(name, String(Math.floor(Number(parsed.getAttribute(name)) * scale)));
    }
    this.element.replaceChildren(document.importNode(parsed, true));
  }

  show(position: number): void {
    const { run } = this;
    if (run === undefined) return;
    const progress = new Progress(run, position);
    const step = run.steps[position] as Step;
    for (const element of this.element.querySelectorAll<SVGElement>("[data-edge], [data-node]")) {
      const { isOn, isNow } = stateOf(element, run, progress, step);
      element.classList.toggle("off", !isOn);
      element.classList.toggle("now", isNow);
    }
    // Of what is at work the op itself; before anything is, the inputs, which stand first.
    const current = this.element.querySelector("g.now[data-node]:not([data-edge])");
    if (current !== null) this.reveal(current);
    else if (position === 0) this.element.scrollTo(0, 0);
  }

  /** Within the picture only: in a frame the page around must not move. */
  private reveal(element: Element): void {
    const [box, frame] = [element.getBoundingClientRect(), this.element.getBoundingClientRect()];
    const beyond = (from: number, to: number, least: number, most: number) =>
      from < least ? from - least - 40 : to > most ? to - most + 40 : 0;
    this.element.scrollLeft += beyond(box.left, box.right, frame.left, frame.right);
    this.element.scrollTop += beyond(box.top, box.bottom, frame.top, frame.bottom);
  }
}

function stateOf(element: SVGElement, run: Run, progress: Progress, step: Step): { isOn: boolean; isNow: boolean } {
  const { node: nodeText, edge: edgeText } = element.dataset;
  const node = nodeText === undefined ? undefined : run.graph.nodes[Number(nodeText)];
  const edge = edgeText === undefined ? undefined : run.graph.edges[Number(edgeText)];
  const isBack = element.classList.contains("back") || element.classList.contains("gradient");
  const current = step.kind === "forward" || step.kind === "backward" ? step.node : undefined;
  // The op itself.
  if (edge === undefined) {
    return { isOn: node !== undefined && progress.isForwardDone(node), isNow: node === current && node !== undefined };
  }
  if (!isBack) {
    const isUsed = node === undefined ? edge === current?.output : node === current;
    return { isOn: progress.hasValue(edge), isNow: step.kind === "forward" && isUsed && element.localName !== "g" };
  }
  const isOn =
    node === undefined
      ? progress.hasGradient(edge)
      : progress.isBackwardDone(node) && progress.hasGradient(node.output);
  if (step.kind !== "backward") return { isOn, isNow: false };
  const isInput = current?.inputs.includes(edge) === true;
  return { isOn, isNow: isOn && (node === undefined ? isInput || edge === current?.output : node === current) };
}
