import uPlot from "uplot";
import { h } from "../dom.js";
import { onTheme, onWidth, styled } from "./dom.js";
import { number } from "./text.js";
import { words } from "./words.js";
import { Zoom } from "./zoom.js";

export interface Series {
  readonly name: string;
  /** The name of a colour of the page's styles. */
  readonly colour: string;
  readonly faint?: boolean;
  readonly dashed?: boolean;
  /** Whether each value has a dot: those of evaluations, which are few. */
  readonly points?: boolean;
}

/** Curves over iterations; each part has iterations of its own. */
export interface Curves {
  readonly series: readonly Series[];
  /** For each part its iterations, then the values of its series, in the order of `series`. */
  readonly parts: readonly (readonly (readonly (number | null)[])[])[];
  readonly isLog: boolean;
  /** Whether the axis begins at 0 and has whole numbers: of what is counted. */
  readonly isCount?: boolean;
}

/** A chart of curves that can be zoomed by mouse, wheel, keys and buttons, with a legend that says the values at the cursor. */
export class Chart {
  readonly element: HTMLElement;
  private readonly frame: HTMLElement;
  private readonly legend: HTMLElement;
  private readonly zoom: Zoom;
  private readonly hidden = new Set<string>();
  private curves: Curves = { series: [], parts: [], isLog: false };
  private plot: uPlot | null = null;
  private built = "";
  private width = 0;
  private values: HTMLElement[] = [];
  private readonly height: number;

  /** @param controls what stands beside the buttons of the zoom */
  constructor(label: string, controls: readonly HTMLElement[] = [], height = 300) {
    this.height = height;
    this.legend = h("ul", { class: "legend" });
    this.frame = h("div", {
      class: "plot",
      tabindex: 0,
      role: "group",
      "aria-label": `${label}. ${words.chartKeys}`,
    });
    this.zoom = new Zoom(this.frame, () => this.plot);
    this.frame.style.minHeight = `${height}px`;
    const bar = h("div", { class: "controls" }, ...controls, this.zoom.buttons);
    this.element = h("div", { class: "chart" }, bar, this.frame, this.legend);
    onWidth(this.frame, (width) => {
      this.width = width;
      if (this.plot === null) this.draw();
      else this.plot.setSize({ width, height });
    });
    onTheme(() => this.plot?.redraw(false));
  }

  update(curves: Curves): void {
    this.curves = curves;
    this.draw();
  }

  private draw(): void {
    const { curves, width } = this;
    if (width === 0) return;
    const tables = curves.parts.map((part) => part.map((column) => [...column]) as unknown as uPlot.AlignedData);
    const data = tables.length === 1 ? (tables[0] as uPlot.AlignedData) : uPlot.join(tables);
    // With other curves, or on another scale, it is another plot; with more points of the same it is not.
    const huge = hugeSteps(curves.parts);
    const form = JSON.stringify([curves.series, curves.isLog, huge]);
    if (this.plot !== null && form === this.built) {
      this.zoom.keeping(() => this.plot?.setData(data, false));
      this.read(this.plot);
      return;
    }
    const range = this.zoom.range;
    this.plot?.destroy();
    this.built = form;
    this.plot = new uPlot(this.optionsOf(curves, width, huge), data, this.frame);
    this.zoom.set(range);
    this.writeLegend();
    this.read(this.plot);
  }

  private optionsOf({ series, isLog, isCount = false }: Curves, width: number, huge: uPlot.Axis): uPlot.Options {
    const { height } = this;
    const axis: uPlot.Axis = {
      stroke: () => styled("--faint"),
      grid: { stroke: () => styled("--grid"), width: 1 },
      ticks: { stroke: () => styled("--grid"), width: 1 },
      font: "12px system-ui, sans-serif",
    };
    return {
      width,
      height,
      legend: { show: false },
      cursor: { drag: { x: true, y: false, setScale: true }, points: { size: 7 } },
      scales: { x: { time: false }, y: { distr: isLog ? 3 : 1, ...(isCount && { range: counted }) } },
      axes: [
        {
          ...axis,
          label: words.iteration,
          labelSize: 22,
          labelFont: axis.font as string,
          values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? number(tick) : "")),
        },
        { ...axis, ...huge, size: 64, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : number(tick))) },
      ],
      series: [
        {},
        ...series.map(
          ({ name, colour, faint = false, dashed = false, points = false }): uPlot.Series => ({
            label: name,
            show: !this.hidden.has(name),
            stroke: () => styled(colour),
            width: faint ? 1 : 2,
            alpha: faint ? 0.35 : 1,
            spanGaps: true,
            ...(dashed && { dash: [7, 4] }),
            points: points
              ? { show: true, size: 6, fill: () => styled(colour), stroke: () => styled(colour) }
              : { show: false },
          }),
        ),
      ],
      hooks: {
        setCursor: [(plot) => this.read(plot)],
        setScale: [
          (_, scale) => {
            if (scale === "x") this.zoom.tell();
          },
        ],
      },
    };
  }

  private writeLegend(): void {
    const { series } = this.curves;
    this.values = [h("output", { class: "at" }), ...series.map(() => h("span", { class: "value" }))];
    const items = series.map(({ name, colour, faint = false, dashed = false }, i) => {
      const key = h("span", { class: `key${faint ? " faint" : ""}${dashed ? " dashed" : ""}` });
      key.style.setProperty("--colour", `var(${colour})`);
      const button = h("button", { type: "button", "aria-pressed": String(!this.hidden.has(name)) }, key, name);
      button.addEventListener("click", () => {
        const isHidden = !this.hidden.has(name);
        if (isHidden) this.hidden.add(name);
        else this.hidden.delete(name);
        button.setAttribute("aria-pressed", String(!isHidden));
        this.plot?.setSeries(i + 1, { show: !isHidden });
      });
      return h("li", {}, button, this.values[i + 1] as HTMLElement);
    });
    this.legend.replaceChildren(...items, h("li", {}, this.values[0] as HTMLElement));
  }

  /** The values at the cursor, or the last ones; those of evaluations are the last ones before it. */
  private read({ cursor: { idx }, data }: uPlot): void {
    const [label, ...values] = this.values;
    const at = idx ?? data[0].length - 1;
    if (label !== undefined) label.textContent = idx == null ? "" : `${words.iteration} ${number(data[0][at])}`;
    values.forEach((cell, i) => {
      const column = data[i + 1] ?? [];
      let place = at;
      while (place >= 0 && column[place] == null) place--;
      cell.textContent = place < 0 ? "" : number(column[place]);
    });
  }
}

/** What ticks may be apart where values are larger than the plot knows steps for, as where a run diverges. */
function hugeSteps(parts: Curves["parts"]): { readonly incrs?: number[] } {
  const isHuge = parts.some(([, ...columns]) =>
    columns.some((column) => column.some((value) => Math.abs(value ?? 0) > 1e30)),
  );
  if (!isHuge) return {};
  return {
    incrs: Array.from({ length: 280 }, (_, i) => i + 28).flatMap((power) =>
      [1, 2, 5].map((n) => Number(`${n}e${power}`)),
    ),
  };
}

/** From 0 to a little more than the greatest, and never less than 1. */
const counted: uPlot.Range.Function = (_, _min, max) => [0, Math.max(1, max * 1.1)];
