import type { Histogram } from "@chainrule/nn";
import { h } from "../dom.js";
import { onTheme, sized, styled } from "./dom.js";
import { number } from "./text.js";

/** Rows of the picture: values are put into so many bins, the same at all times. */
const rows = 60;
const height = 168;
/** What is left for the numbers of the axis, and above and below. */
const [left, margin] = [58, 8];
/** The share of the width that the histogram of one moment takes. */
const side = 0.3;

type Looks = readonly (Histogram | null)[];

/** Histograms over time as a heat map, and beside it, on the same axis, that of one moment. */
export class DistributionPicture {
  readonly element = h("canvas", { role: "img", class: "distribution" });
  private looks: Looks = [];
  private index = 0;
  private width = 0;

  constructor(choose: (index: number) => void) {
    onTheme(() => this.draw());
    this.element.addEventListener("click", ({ offsetX }) => {
      const column = Math.floor(((offsetX - left) / this.mapWidth) * this.looks.length);
      if (column >= 0 && column < this.looks.length) choose(column);
    });
  }

  /** As wide as what it stands in, whose width does not depend on it. */
  resize(width: number): void {
    this.width = width;
    this.draw();
  }

  update(looks: Looks, index: number, label: string): void {
    this.looks = looks;
    this.index = index;
    this.element.setAttribute("aria-label", label);
    this.draw();
  }

  private get mapWidth(): number {
    return (this.width - left) * (1 - side) - 10;
  }

  private draw(): void {
    const { width, looks, index, mapWidth } = this;
    if (width === 0 || looks.length === 0) return;
    const context = sized(this.element, width, height);
    const [low, high] = rangeOf(looks);
    const inner = height - 2 * margin;
    const columns = looks.map((look) => sharesOf(look, low, high));
    const column = mapWidth / looks.length;
    context.fillStyle = styled("--well");
    context.fillRect(left, margin, mapWidth, inner);
    context.fillStyle = styled("--heat");
    columns.forEach((shares, i) => {
      // Each by its own greatest: what is wide is as dark as what is narrow.
      const top = Math.max(...shares);
      shares.forEach((share, row) => {
        if (share === 0) return;
        context.globalAlpha = Math.sqrt(share / top);
        const y = margin + inner - ((row + 1) / rows) * inner;
        context.fillRect(left + i * column, y, column + 0.5, inner / rows + 0.5);
      });
    });
    context.globalAlpha = 1;
    this.drawSide(context, columns[index] ?? []);
    context.strokeStyle = styled("--ink");
    context.lineWidth = 1;
    context.strokeRect(left + index * column + 0.5, margin - 2.5, Math.max(2, column - 1), inner + 5);
    this.drawAxis(context, low, high);
  }

  private drawSide(context: CanvasRenderingContext2D, shares: readonly number[]): void {
    const start = left + this.mapWidth + 10;
    const [across, inner] = [this.width - start, height - 2 * margin];
    const top = Math.max(...shares, 0);
    context.fillStyle = styled("--well");
    context.fillRect(start, margin, across, inner);
    context.fillStyle = styled("--c1");
    shares.forEach((share, row) => {
      if (share === 0) return;
      const y = margin + inner - ((row + 1) / rows) * inner;
      context.fillRect(start, y, Math.max(1, (share / top) * across), inner / rows);
    });
  }

  private drawAxis(context: CanvasRenderingContext2D, low: number, high: number): void {
    const inner = height - 2 * margin;
    context.fillStyle = styled("--faint");
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "right";
    context.textBaseline = "middle";
    const at = (value: number) => margin + inner - ((value - low) / (high - low)) * inner;
    const ticks = low < 0 && high > 0 ? [low, 0, high] : [low, high];
    const ends = [at(low), at(high)];
    for (const tick of ticks) {
      const y = at(tick);
      // Zero is left out where it would touch an end.
      if (tick === 0 && ends.some((end) => Math.abs(end - y) < 16 && end !== y)) continue;
      context.fillText(number(tick), left - 6, Math.min(height - margin - 2, Math.max(margin + 4, y)));
      if (tick !== 0) continue;
      context.globalAlpha = 0.5;
      context.fillRect(left, y, this.mapWidth, 1);
      context.globalAlpha = 1;
    }
  }
}

/** From where to where values are shown: all of them, but for what is farther than six standard deviations from the mean. */
function rangeOf(looks: Looks): readonly [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const look of looks) {
    if (look === null || look.low === null || look.high === null) continue;
    const [mean, reach] = [look.mean ?? 0, 6 * (look.std ?? 0)];
    low = Math.min(low, Math.max(look.low, mean - reach));
    high = Math.max(high, Math.min(look.high, mean + reach));
  }
  if (low > high) return [0, 1];
  return low === high ? [low - 1, high + 1] : [low, high];
}

/** The share of the elements in each row; what is outside counts in the rows at the ends. */
function sharesOf(look: Histogram | null, low: number, high: number): readonly number[] {
  const shares: number[] = Array(rows).fill(0);
  if (look === null || look.low === null || look.high === null) return shares;
  const total = look.counts.reduce((sum, count) => sum + count, 0);
  const bin = (look.high - look.low) / look.counts.length;
  const row = (high - low) / rows;
  look.counts.forEach((count, i) => {
    if (count === 0) return;
    const [from, to] = [
      ((look.low as number) + i * bin - low) / row,
      ((look.low as number) + (i + 1) * bin - low) / row,
    ];
    const [first, last] = [clamped(from), clamped(to)];
    for (let at = first; at <= last; at++) {
      // A bin lies in several rows: each gets the part that lies in it.
      const part =
        first === last
          ? 1
          : (Math.min(to, at === last ? to : at + 1) - Math.max(from, at === first ? from : at)) / (to - from);
      shares[at] = (shares[at] as number) + (part * count) / total;
    }
  });
  return shares;
}

const clamped = (row: number) => Math.min(rows - 1, Math.max(0, Math.floor(row)));
