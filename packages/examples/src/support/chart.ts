/** Charts of the examples, alone or several in a grid, written as SVG. */
import { createHash } from "node:crypto";
import * as echarts from "echarts/dist/echarts.esm.min";
import { saveFile } from "./file.js";
import { colorOf, isNamed, type Series, seriesOption } from "./series.js";
import { font, gridLine, ink, picture, textWidth } from "./style.js";

export { histogram, type Point, type Series } from "./series.js";

export interface Axis {
  readonly name: string;
  /** By default the axis is as long as the data needs. */
  readonly min?: number;
  readonly max?: number;
  /** From label to label; by default a round number. */
  readonly step?: number;
  /** Whether steps are factors of ten. */
  readonly logarithmic?: boolean;
}

/** One area of data with its axes. */
export interface Panel {
  readonly title: string;
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
}

export interface Chart extends Panel {
  /** What there is to see, for those to whom it is read aloud; by default what is drawn over what. */
  readonly description?: string;
  /** Whether the area of the data is a square, so that equal ranges have equal scales. */
  readonly square?: boolean;
}

/** Small charts of one kind, row by row, with one legend. */
export interface Panels {
  readonly title: string;
  readonly description?: string;
  readonly columns: number;
  readonly panels: readonly Panel[];
  /** Width and height of the area of the data of each. */
  readonly size?: readonly [width: number, height: number];
}

// Without a browser the library guesses how wide a text is. It takes the width of a Chinese character for the height of a line.
echarts.setPlatformAPI({
  measureText: (text, css = "") => ({
    width: textWidth(text, Number.parseFloat(/([\d.]+)px/.exec(css)?.[1] ?? "12")),
  }),
});

/**
 * An axis for accuracies of epochs 0, 1, ...: from 0.85 where all are above it from epoch 1 on, so that their difference shows; from 0
 * to 1, as in the book, where they are not, or if `full`.
 */
export function accuracyAxis(curves: readonly (readonly number[])[], full = false): Axis {
  const isHigh = curves.every((curve) => curve.length > 1 && curve.slice(1).every((value) => value > 0.85));
  return { name: "accuracy", max: 1, ...(isHigh && !full ? { min: 0.85, step: 0.05 } : { min: 0, step: 0.2 }) };
}

export function saveChart(file: string, chart: Chart): void {
  saveFile(file, renderChart(chart));
}

export function savePanels(file: string, panels: Panels): void {
  saveFile(file, renderPanels(panels));
}

/** The chart as the text of an SVG file, with a legend above the data where several series have names. */
export function renderChart(chart: Chart): string {
  const { title, description, square = false } = chart;
  return draw({ title, description: description ?? describe(chart), panels: [chart], columns: 1, isGrid: false }, [
    square ? 368 : 616,
    368,
  ]);
}

/** Small charts as one picture; axes of one name are named at the edges only. */
export function renderPanels({ title, description, columns, panels, size = [170, 130] }: Panels): string {
  const described = description ?? panels.map((panel) => `${panel.title}: ${describe(panel)}`).join(" ");
  return draw({ title, description: described, panels, columns, isGrid: true }, size);
}

function describe({ x, y, series }: Panel): string {
  const names = [...new Set(series.filter(isNamed).map(({ name }) => name))].join(", ");
  return `${y.name} over ${x.name}${names === "" ? "" : `: ${names}`}.`;
}

interface Drawing {
  readonly title: string;
  readonly description: string;
  readonly panels: readonly Panel[];
  readonly columns: number;
  readonly isGrid: boolean;
}

function draw(
  { title, description, panels, columns, isGrid }: Drawing,
  [plotWidth, plotHeight]: readonly [number, number],
) {
  const legend = legendNames(panels);
  const fontSize = isGrid ? 10 : 12;
  /** Whether the axis of a chart is named: always, but where the chart below or to the left of it has the same name. */
  const namesX = (i: number) => panels[i + columns]?.x.name !== panels[i]?.x.name;
  const namesY = (i: number) => i % columns === 0 || panels[i - 1]?.y.name !== panels[i]?.y.name;
  // Where a chart has a name of its own beside its axis, there is room for it.
  const gap = {
    x: panels.some((_, i) => i % columns !== 0 && namesY(i)) ? 66 : 46,
    y: panels.some((_, i) => i + columns < panels.length && namesX(i)) ? 66 : 46,
  };
  const margin = { left: isGrid ? 62 : 76, right: 28, bottom: isGrid ? 48 : 60 };
  const rows = Math.ceil(panels.length / columns);
  const width = margin.left + columns * plotWidth + (columns - 1) * gap.x + margin.right;
  const legendRows = legend.length > 1 ? rowsOfLegend(legend, width) : 0;
  const top = 48 + (legendRows > 0 ? 32 * legendRows - 8 : 0) + (isGrid ? 20 : 0);
  const height = top + rows * plotHeight + (rows - 1) * gap.y + margin.bottom;
  const left = (i: number) => margin.left + (i % columns) * (plotWidth + gap.x);
  const above = (i: number) => top + Math.floor(i / columns) * (plotHeight + gap.y);

  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      textStyle: { fontFamily: font, color: ink },
      title: [
        heading(title, width / 2, 14, 16),
        ...(isGrid ? panels.map((panel, i) => heading(panel.title, left(i) + plotWidth / 2, above(i) - 18, 12)) : []),
      ],
      legend: {
        show: legend.length > 1,
        // The library shows a mark for each line unless told not to.
        data: legend.map((s) => ({
          name: s.name,
          ...("scatter" in s && { icon: "circle" }),
          ...("points" in s && !s.marks && { itemStyle: { opacity: 0 } }),
        })),
        left: "center",
        top: 40,
        width: width - 40,
        itemGap: 18,
        itemWidth: 30,
        selectedMode: false,
        textStyle: { fontFamily: font, fontSize: 13, color: ink },
      },
      grid: panels.map((_, i) => ({
        left: left(i),
        top: above(i),
        width: plotWidth,
        height: plotHeight,
        show: true,
        borderColor: ink,
        borderWidth: 1,
      })),
      xAxis: panels.map(({ x }, i) => ({ ...axis(x, fontSize, 22 + fontSize * 0.9, namesX(i)), gridIndex: i })),
      yAxis: panels.map(({ y }, i) => ({ ...axis(y, fontSize, isGrid ? 38 : 52, namesY(i)), gridIndex: i })),
      series: panels.flatMap(({ series }, i) =>
        series.map((s, j) => ({ ...seriesOption(s, colorOf(series, j)), xAxisIndex: i, yAxisIndex: i })),
      ),
    } as echarts.EChartsOption);
    return picture({ title, description, width, height, content: content(chart.renderToSVGString()) });
  } finally {
    chart.dispose();
  }
}

/** The series to be named, each name once. */
function legendNames(panels: readonly Panel[]): Series[] {
  const named = panels.flatMap(({ series }) => series.filter(isNamed));
  return named.filter(({ name }, i) => named.findIndex((other) => other.name === name) === i);
}

function rowsOfLegend(legend: readonly Series[], width: number): number {
  let [rows, x] = [1, 0];
  for (const { name } of legend) {
    const item = 30 + 18 + 6 + textWidth(name, 13);
    if (x > 0 && x + item > width - 40) [rows, x] = [rows + 1, 0];
    x += item;
  }
  return rows;
}

function heading(text: string, x: number, top: number, fontSize: number): echarts.TitleComponentOption {
  const textStyle = { fontFamily: font, fontSize, fontWeight: "normal", color: ink } as const;
  return { text, left: x, top, textAlign: "center", padding: 0, textStyle };
}

function axis(
  { name, min, max, step, logarithmic = false }: Axis,
  fontSize: number,
  nameGap: number,
  isNamed: boolean,
) {
  const isSmall = fontSize < 12;
  // A small chart has no room for a round number just below its end.
  const hasEnds = min !== undefined && max !== undefined && !logarithmic;
  const interval = step ?? (isSmall && hasEnds ? (max - min) / 2 : undefined);
  return {
    type: logarithmic ? "log" : "value",
    ...(isNamed && { name }),
    nameLocation: "middle",
    nameGap,
    nameTextStyle: { fontSize: fontSize + 2 },
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(interval !== undefined && { interval }),
    ...(isSmall && { splitNumber: 3 }),
    scale: true,
    axisLine: { show: true, onZero: false, lineStyle: { color: ink } },
    axisTick: { show: true },
    axisLabel: { fontSize, color: ink, hideOverlap: true, ...(logarithmic && { formatter: powerOfTen }) },
    splitLine: { lineStyle: { color: gridLine } },
  };
}

/** The label of a power of ten, which the library writes with all its zeros, and as 0.0000999... where the logarithm is rounded. */
function powerOfTen(value: number): string {
  const exponent = [...String(Math.round(Math.log10(value)))];
  return `10${exponent.map((sign) => (sign === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(sign)])).join("")}`;
}

/** What the library has drawn, without its frame and what it does for a mouse. */
function content(svg: string): string {
  const drawn = svg
    .replace(/^<svg[^>]*>/, "")
    .replace(/<\/svg>\s*$/, "")
    .replace(/<style[\s\S]*?<\/style>/g, "")
    .replaceAll(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, "")
    // The same place, said in a way that every viewer knows.
    .replaceAll('dominant-baseline="central"', 'dy="0.35em"')
    .trim();
  // The library counts its charts, and begins anew in each process: charts on one page would take the clips of one another.
  const same = drawn.replaceAll(/\bzr\d+-(?=c\d+\b)/g, "zr-");
  const id = createHash("sha256").update(same).digest("hex").slice(0, 8);
  return same.replaceAll(/\bzr-(?=c\d+\b)/g, `chart-${id}-`);
}
