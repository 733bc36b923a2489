import type uPlot from "uplot";
import { h } from "../dom.js";
import { count } from "./text.js";
import { words } from "./words.js";

/** Less than two steps show nothing. */
const least = 2;

type Range = readonly [from: number, to: number];

/** What part of the iterations a chart shows. Dragging and the double click are the plot's own. */
export class Zoom {
  readonly buttons: HTMLElement;
  /** Which iterations are shown, where that is not all. */
  private readonly part = h("output", { class: "part" });
  private readonly plot: () => uPlot | null;
  /** Where the fingers on the chart are. */
  private readonly fingers = new Map<number, number>();

  constructor(frame: HTMLElement, plot: () => uPlot | null) {
    this.plot = plot;
    const button = (sign: string, label: string, f: () => void) => {
      const made = h("button", { type: "button", title: label, "aria-label": label }, sign);
      made.addEventListener("click", f);
      return made;
    };
    this.buttons = h(
      "div",
      { class: "zoom" },
      this.part,
      button("+", words.zoomIn, () => this.by(0.5)),
      button("−", words.zoomOut, () => this.by(2)),
      button("⤢", words.reset, () => this.set(null)),
    );
    frame.addEventListener("keydown", (event) => this.key(event));
    frame.addEventListener(
      "wheel",
      (event) => {
        // Otherwise it scrolls the page.
        if (!event.ctrlKey && document.activeElement !== frame) return;
        event.preventDefault();
        this.by(event.deltaY > 0 ? 1.25 : 0.8, this.valueAt(event.clientX));
      },
      { passive: false },
    );
    // The plot takes the press for its own, so that it would not focus what is around it.
    frame.addEventListener("pointerdown", (event) => {
      frame.focus({ preventScroll: true });
      if (event.pointerType === "touch" && this.fingers.size < 2) this.fingers.set(event.pointerId, event.clientX);
    });
    frame.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel"] as const) {
      frame.addEventListener(end, ({ pointerId }) => this.fingers.delete(pointerId));
    }
    frame.addEventListener("dblclick", () => this.set(null));
  }

  /** Says which part is shown; to be called when it is another one. */
  tell(): void {
    const { range } = this;
    this.part.textContent = range === null ? "" : range.map((end) => count(Math.round(end))).join(" – ");
  }

  /** `null` where all is shown. */
  get range(): Range | null {
    const plot = this.plot();
    if (plot === null) return null;
    const [from, to] = this.shown(plot);
    const [first, last] = ends(plot.data[0]);
    return from <= first && to >= last ? null : [from, to];
  }

  /** Shows a part, within what there is; `null` for all. */
  set(range: Range | null): void {
    const plot = this.plot();
    if (plot === null) return;
    const [first, last] = ends(plot.data[0]);
    const [from, to] = range ?? [first, last];
    const width = Math.min(to - from, last - first);
    const start = Math.min(Math.max(from, first), last - width);
    plot.setScale("x", { min: start, max: start + width });
  }

  /** Gives the plot more data; who looks at a part goes on to do so, who sees all sees what has come, too. */
  keeping(give: () => void): void {
    const { range } = this;
    give();
    this.set(range);
  }

  /** Shows `factor` times as much, around a value or the middle. */
  private by(factor: number, around?: number): void {
    const plot = this.plot();
    if (plot === null) return;
    const [from, to] = this.shown(plot);
    const centre = around ?? (from + to) / 2;
    const [low, high] = [centre + (from - centre) * factor, centre + (to - centre) * factor];
    if (high - low >= least) this.set([low, high]);
  }

  /** What is under a finger goes with it; between two it is drawn apart. */
  private drag({ pointerId, clientX }: PointerEvent): void {
    const plot = this.plot();
    if (plot === null || !this.fingers.has(pointerId)) return;
    const before = [...this.fingers.values()];
    this.fingers.set(pointerId, clientX);
    const now = [...this.fingers.values()];
    const apart = ([first = 0, second = first + 1]: readonly number[]) => Math.max(1, Math.abs(second - first));
    const [from, to] = this.shown(plot);
    const width = (to - from) * (apart(before) / apart(now));
    const { left, width: pixels } = plot.over.getBoundingClientRect();
    const start = plot.posToVal((before[0] as number) - left, "x") - (((now[0] as number) - left) / pixels) * width;
    if (width >= least) this.set([start, start + width]);
  }

  private key(event: KeyboardEvent): void {
    const plot = this.plot();
    if (plot === null || event.altKey || event.metaKey || event.ctrlKey) return;
    const [from, to] = this.shown(plot);
    const step = (to - from) / 5;
    const move: Readonly<Record<string, () => void>> = {
      "+": () => this.by(0.5),
      "=": () => this.by(0.5),
      "-": () => this.by(2),
      ArrowLeft: () => this.set([from - step, to - step]),
      ArrowRight: () => this.set([from + step, to + step]),
      "0": () => this.set(null),
      Home: () => this.set(null),
      Escape: () => this.set(null),
    };
    const done = move[event.key];
    if (done === undefined) return;
    event.preventDefault();
    done();
  }

  private shown(plot: uPlot): Range {
    const { min = 0, max = 1 } = plot.scales["x"] ?? {};
    return [min ?? 0, max ?? 1];
  }

  private valueAt(clientX: number): number | undefined {
    const plot = this.plot();
    if (plot === null) return undefined;
    return plot.posToVal(clientX - plot.over.getBoundingClientRect().left, "x");
  }
}

/** Where there is one value only, a step around it. */
function ends(xs: ArrayLike<number>): Range {
  const [first, last] = [xs[0] ?? 0, xs[xs.length - 1] ?? 1];
  return first === last ? [first - 1, last + 1] : [first, last];
}
