import type { ReportData } from "@chainrule/nn";
import { h } from "../dom.js";
import { Chart, type Series } from "./chart.js";
import type { View } from "./dom.js";
import { NumbersTable, some } from "./table.js";
import { count, number } from "./text.js";
import { words } from "./words.js";

const colours = ["--c1", "--c2", "--c3", "--c4"];

/** The names of evaluations ("train", "test") with their colour and dash, the same in all charts. */
function seriesOf(names: readonly string[], metric: string): readonly Series[] {
  return names.map((name, i) => ({
    name: `${name} ${metric}`,
    colour: colours[(i + 1) % colours.length] as string,
    dashed: i % 2 === 1,
    points: true,
  }));
}

/** The evaluations that have a metric, "test" of "test.accuracy". */
function evaluationsWith({ evaluations }: ReportData, metric: string): readonly string[] {
  const names = evaluations.flatMap(({ values }) => Object.keys(values));
  return [
    ...new Set(names.flatMap((name) => (name.endsWith(`.${metric}`) ? [name.slice(0, -metric.length - 1)] : []))),
  ];
}

/** Each metric but the loss. */
export function metricsOf({ evaluations }: ReportData): readonly string[] {
  const names = evaluations.flatMap(({ values }) => Object.keys(values).filter((name) => name.includes(".")));
  return [...new Set(names.map((name) => name.slice(name.lastIndexOf(".") + 1)))].filter((name) => name !== "loss");
}

const metricName = (metric: string) => (metric === "accuracy" ? words.accuracy : metric);

function checkbox(
  label: string,
  onChange: () => void,
): { readonly box: HTMLInputElement; readonly label: HTMLElement } {
  const box = h("input", { type: "checkbox" });
  box.addEventListener("change", onChange);
  return { box, label: h("label", {}, box, ` ${label}`) };
}

/** Over how many steps the loss can be smoothed. */
const windows = [1, 10, 30, 100, 300, 1000];

/** So many that the curve is smooth, but no more than a tenth of the run, of which the mean would say little, nor than 100. */
const windowFor = (iterations: number) => windows.findLast((steps) => steps <= Math.min(100, iterations / 10)) ?? 1;

/** The loss of each step, its mean over some steps, and the losses of evaluations. */
export class LossCurves implements View<ReportData> {
  readonly element: HTMLElement;
  private readonly chart: Chart;
  private readonly table = new NumbersTable();
  private readonly log = checkbox(words.logScale, () => this.draw());
  private readonly smoothing = h("select", {});
  private isChosen = false;
  private data: ReportData | null = null;

  constructor() {
    const option = (steps: number) =>
      h("option", { value: steps }, steps === 1 ? words.none : `${count(steps)} ${words.steps}`);
    this.smoothing.append(...windows.map(option));
    this.smoothing.addEventListener("change", () => {
      this.isChosen = true;
      this.draw();
    });
    const smoothing = h("label", {}, `${words.smoothing} `, this.smoothing);
    this.chart = new Chart(words.loss, [this.log.label, smoothing]);
    this.element = h("div", {}, this.chart.element, this.table.element);
  }

  update(data: ReportData): void {
    this.data = data;
    if (!this.isChosen) this.smoothing.value = String(windowFor(data.iteration));
    this.draw();
  }

  private draw(): void {
    const { data } = this;
    if (data === null) return;
    const { every, values } = data.losses;
    const iterations = values.map((_, i) => Math.min(data.iteration, (i + 1) * every));
    const window = Math.round(Number(this.smoothing.value) / every);
    const isSmooth = window > 1;
    const names = evaluationsWith(data, "loss");
    this.chart.update({
      series: [
        // A line needs two points.
        { name: words.eachStep, colour: "--c1", faint: isSmooth, points: values.length === 1 },
        ...(isSmooth
          ? [{ name: `${words.meanOf} (${this.smoothing.selectedOptions[0]?.text ?? ""})`, colour: "--c1" }]
          : []),
        ...seriesOf(names, words.lossValue),
      ],
      parts: [
        [iterations, values, ...(isSmooth ? [means(values, window)] : [])],
        [
          data.evaluations.map(({ iteration }) => iteration),
          ...names.map((name) => data.evaluations.map(({ values }) => values[`${name}.loss`] ?? null)),
        ],
      ],
      isLog: this.log.box.checked,
    });
    this.table.update(() => ({
      head: [words.iteration, words.meanBetween, ...names.map((name) => `${name} ${words.lossValue}`)],
      rows: some(data.evaluations).map(({ iteration, values }) => [
        count(iteration),
        number(values["loss"]),
        ...names.map((name) => number(values[`${name}.loss`])),
      ]),
    }));
  }
}

/** A chart for each metric of the evaluations, such as the accuracy. */
export class MetricCurves implements View<ReportData> {
  readonly element = h("div", {});
  private readonly views = new Map<string, MetricCurve>();

  update(data: ReportData): void {
    for (const metric of metricsOf(data)) {
      let view = this.views.get(metric);
      if (view === undefined) {
        view = new MetricCurve(metric);
        this.views.set(metric, view);
        this.element.append(view.element);
      }
      view.update(data);
    }
  }
}

class MetricCurve implements View<ReportData> {
  readonly element: HTMLElement;
  private readonly metric: string;
  private readonly chart: Chart;
  private readonly table = new NumbersTable();
  private readonly log = checkbox(words.logScale, () => this.draw());
  /** What a network gives that has learned nothing is so far off that the rest would be a flat line. */
  private readonly without = checkbox(words.withoutFirst, () => this.draw());
  private data: ReportData | null = null;

  constructor(metric: string) {
    this.metric = metric;
    this.chart = new Chart(metricName(metric), [this.without.label, this.log.label]);
    this.without.box.checked = true;
    this.element = h("div", {}, h("h3", {}, metricName(metric)), this.chart.element, this.table.element);
  }

  update(data: ReportData): void {
    this.data = data;
    this.draw();
  }

  private draw(): void {
    const { data, metric } = this;
    if (data === null) return;
    const names = evaluationsWith(data, metric);
    const { evaluations } = data;
    const canBeLeft = evaluations[0]?.iteration === 0 && evaluations.length > 2;
    this.without.label.hidden = !canBeLeft;
    const shown = canBeLeft && this.without.box.checked ? evaluations.slice(1) : evaluations;
    const column = (name: string) => shown.map(({ values }) => values[`${name}.${metric}`] ?? null);
    this.chart.update({
      series: seriesOf(names, metricName(metric)),
      parts: [[shown.map(({ iteration }) => iteration), ...names.map(column)]],
      isLog: this.log.box.checked,
    });
    this.table.update(() => ({
      head: [words.iteration, words.epoch, ...names.map((name) => `${name} ${metricName(metric)}`)],
      rows: some(data.evaluations).map(({ iteration, epoch, values }) => [
        count(iteration),
        number(epoch),
        ...names.map((name) => number(values[`${name}.${metric}`])),
      ]),
    }));
  }
}

/** The mean of each value and those before it, as many as the window takes. */
function means(values: readonly (number | null)[], window: number): (number | null)[] {
  let [sum, known] = [0, 0];
  return values.map((value, i) => {
    const left = values[i - window];
    if (value !== null) {
      sum += value;
      known++;
    }
    if (left !== null && left !== undefined) {
      sum -= left;
      known--;
    }
    return known === 0 ? null : sum / known;
  });
}
