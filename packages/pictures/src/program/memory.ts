import type { ProgramBuffer, ProgramJSON } from "@chainrule/core";
import { kindText } from "../describe.js";
import type { Drawing } from "../render.js";
import { MARGIN } from "../render.js";
import { fixed } from "../svg.js";
import { escaped, fitted, textWidth } from "../text.js";
import { SIZES } from "../units.js";
import { type BufferNames, namesOf } from "./names.js";
import { BOLD, textAt } from "./parts.js";
import { type Scale, scaleOf } from "./scale.js";
import { type Kept, type Span, type Timeline, timelineOf } from "./timeline.js";
import { bytesText, counted, wrapped } from "./words.js";

const { small } = SIZES;
const LINE = 14;
/** For addresses at the left. */
const AXIS = 58;
/** How high the temporary buffers are together, and the least of one of them. */
const HEIGHT = 300;
const LEAST = 13;
/** A bar of what is kept, with a strip for its uses. */
const BAR = 24;
const STRIP = 5;
const USAGE = 44;
/** How wide a kernel is, and the room that texts have at least where there are few, in pixels. */
const WIDEST = 120;
const NARROWEST = 2;
const ROOM = 420;

interface MemoryPicture extends Drawing {
  readonly timeline: Timeline;
  /** The bytes of temporary memory that are needed at one time at most. */
  readonly peak: number;
}

/** The memory of a program over time: kernels from left to right, addresses from below. */
export function drawMemory(program: ProgramJSON, most: number): MemoryPicture {
  const timeline = timelineOf(program);
  const page = new Page(timeline, namesOf(program), most);
  const { needed, peak } = neededBy(timeline);
  const keptBytes = timeline.kept.reduce((sum, { buffer }) => sum + buffer.bytes, 0);
  const { bytes, bytesWithoutReuse } = program;
  const shared = timeline.spans.length === 0 ? 0 : endOf(timeline.spans) - startOf(timeline.spans);
  // A number and its unit stay on one line.
  const size = (count: number) => bytesText(count).replace(" ", "\u00a0");
  page.paragraph(
    `${size(bytes)} in all: ${size(keptBytes)} keep their values between runs, ${size(shared)} are shared by ` +
      `${counted(timeline.spans.length, "temporary buffer")}. Without reuse it would be ${size(bytesWithoutReuse)}.`,
  );
  page.header();
  if (timeline.spans.length > 0) {
    page.usage(needed, peak);
    page.spans();
  }
  page.kept(keptBytes);
  page.legend();
  return { ...page.drawing(), timeline, peak };
}

const startOf = (spans: readonly Span[]) => Math.min(...spans.map(({ buffer }) => buffer.address));
const endOf = (spans: readonly Span[]) => Math.max(...spans.map(({ buffer }) => buffer.address + buffer.bytes));

/** By column: the bytes of the temporary buffers that are needed there; what takes the place of another is counted once. */
function neededBy({ columns, spans }: Timeline): { readonly needed: readonly number[]; readonly peak: number } {
  const needed = columns.map((_, i) => {
    const now = spans.filter(({ from, to }) => from < i + 1 && to > i).map(({ buffer }) => buffer);
    const pieces = now.toSorted((a, b) => a.address - b.address);
    let [sum, end] = [0, 0];
    for (const { address, bytes } of pieces) {
      sum += Math.max(0, address + bytes - Math.max(end, address));
      end = Math.max(end, address + bytes);
    }
    return sum;
  });
  return { needed, peak: Math.max(0, ...needed) };
}

/** What one buffer is, in words. */
export function bufferText(buffer: ProgramBuffer): string {
  const { name, address, bytes, role, tensor } = buffer;
  const called = tensor === undefined ? name : `${name} (${tensor})`;
  return [called, kindText(buffer), `${bytes} bytes at ${address}`, role].filter((part) => part !== "").join(", ");
}

/** Writes the picture from above to below. */
class Page {
  private readonly parts: string[] = [];
  private readonly timeline: Timeline;
  private readonly names: BufferNames;
  private readonly width: number;
  /** Of a column. */
  private readonly step: number;
  private y = MARGIN;

  constructor(timeline: Timeline, names: BufferNames, most: number) {
    this.timeline = timeline;
    this.names = names;
    const count = timeline.columns.length;
    const room = Number.isFinite(most) ? most - AXIS - 2 * MARGIN : WIDEST * count;
    // Few kernels do not need all of a page.
    this.step = Math.min(WIDEST, Math.max(NARROWEST, room / count));
    this.width = Math.max(Math.min(room, ROOM), this.step * count);
  }

  drawing(): Drawing {
    return { width: this.width + AXIS + 2 * MARGIN, height: this.y + MARGIN - 4, parts: this.parts };
  }

  private x(column: number): number {
    return MARGIN + AXIS + column * this.step;
  }

  private get right(): number {
    return this.x(this.timeline.columns.length);
  }

  paragraph(text: string): void {
    for (const line of wrapped(text, (this.width + AXIS) / BOLD, small + 1)) {
      this.parts.push(textAt(line, MARGIN, this.y + 10, small + 1, "title"));
      this.y += LINE + 1;
    }
    this.y += 8;
  }

  /** The names of the kernels: of all, or of each second, each fifth and so on where there is not room for more. */
  header(): void {
    const { columns, stretches } = this.timeline;
    if (stretches.length > 0) {
      for (const { label, from, to } of stretches) {
        const [left, right] = [this.x(from) + 2, this.x(to) - 2];
        const text = fitted(label, right - left, small);
        this.parts.push(
          `<path class="bracket" d="M${fixed(left)} ${fixed(this.y + 17)}v-4H${fixed(right)}v4"><title>${escaped(label)}</title></path>`,
          ...(textWidth(text, small) <= right - left
            ? [textAt(text, (left + right) / 2, this.y + 9, small, "faint", "middle")]
            : []),
        );
      }
      this.y += 20;
    }
    const widest = Math.max(...columns.map(({ label }) => textWidth(label, small)));
    const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((n) => n * this.step >= widest + 4) ?? columns.length;
    columns.forEach(({ label, text }, i) => {
      const hover = `<title>${escaped(`${label}: ${text}`)}</title>`;
      const x = this.x(i);
      this.parts.push(
        `<rect class="hover" x="${fixed(x)}" y="${fixed(this.y)}" width="${fixed(this.step)}" height="16">${hover}</rect>`,
      );
      if (i % every === 0) this.parts.push(textAt(label, x + this.step / 2, this.y + 11, small, "faint", "middle"));
    });
    this.y += 18;
  }

  private heading(text: string): void {
    for (const line of wrapped(text, (this.width + AXIS) / BOLD, small + 1)) {
      this.parts.push(textAt(line, MARGIN, this.y + 11, small + 1, "title"));
      this.y += LINE;
    }
    this.y += 4;
  }

  /** How much is needed at each kernel. */
  usage(needed: readonly number[], peak: number): void {
    const at = needed.indexOf(peak);
    const label = this.timeline.columns[at]?.label ?? "";
    this.heading(`Temporary memory in use: at most ${bytesText(peak)}, at ${label}`);
    const bottom = this.y + USAGE;
    needed.forEach((bytes, i) => {
      const height = (USAGE * bytes) / Math.max(1, peak);
      const kind = i === at ? "usage peak" : "usage";
      this.parts.push(
        `<rect class="${kind}" x="${fixed(this.x(i) + 0.5)}" y="${fixed(bottom - height)}" width="${fixed(Math.max(1, this.step - 1))}" height="${fixed(height)}"><title>${escaped(`${this.timeline.columns[i]?.label}: ${bytes} bytes`)}</title></rect>`,
      );
    });
    this.parts.push(`<path class="axis" d="M${fixed(this.x(0))} ${fixed(bottom)}H${fixed(this.right)}"/>`);
    this.y = bottom + 12;
  }

  /** The buffers that share memory: where they lie, and how long. */
  spans(): void {
    const { spans } = this.timeline;
    const start = startOf(spans);
    const buffers = spans.map(({ buffer }) => buffer);
    const scale = scaleOf(buffers, HEIGHT, LEAST);
    const enlarged = scale.height > HEIGHT + 1 ? ", small ones higher than to scale" : "";
    this.heading(`Where temporary buffers lie, from address ${start} on${enlarged}`);
    const bottom = this.y + scale.height;
    this.axis(scale, start, bottom);
    for (const { buffer, from, to, life } of spans) {
      const [left, right] = [this.x(from) + 0.75, this.x(to) - 0.75];
      const [top, low] = [bottom - scale.at(buffer.address + buffer.bytes), bottom - scale.at(buffer.address)];
      const kind = buffer.role === "scratch" ? "scratch" : "temporary";
      this.bar(kind, [left, top + 0.5, right, low - 0.5], `${bufferText(buffer)}, ${life}`);
      const text = this.label(
        [
          [buffer.name, kindText(buffer), bytesText(buffer.bytes)].filter((part) => part !== "").join(" "),
          `${buffer.name} ${bytesText(buffer.bytes)}`,
          buffer.name,
        ],
        right - left - 4,
      );
      if (text !== undefined)
        this.parts.push(textAt(text, (left + right) / 2, (top + low) / 2 + 3.5, small, "", "middle"));
    }
    this.y = bottom + 16;
  }

  /** Addresses at the left, as far as there is room between them. */
  private axis(scale: Scale, start: number, bottom: number): void {
    let last = Number.NEGATIVE_INFINITY;
    for (const mark of scale.marks) {
      const height = scale.at(mark);
      if (height - last < LEAST) continue;
      last = height;
      const y = bottom - height;
      this.parts.push(
        `<path class="grid" d="M${fixed(this.x(0))} ${fixed(y)}H${fixed(this.right)}"/>`,
        textAt(bytesText(mark - start), this.x(0) - 5, y + 3.5, small, "faint", "end"),
      );
    }
  }

  /** The first of some texts for which there is room. */
  private label(texts: readonly string[], width: number): string | undefined {
    return texts.find((text) => textWidth(text, small) <= width);
  }

  private bar(
    kind: string,
    [left, top, right, bottom]: readonly [number, number, number, number],
    hover: string,
  ): void {
    this.parts.push(
      `<rect class="bar ${kind}" x="${fixed(left)}" y="${fixed(top)}" width="${fixed(Math.max(0.5, right - left))}" height="${fixed(bottom - top)}" rx="2"><title>${escaped(hover)}</title></rect>`,
    );
  }

  /** What keeps its values: a bar each, the lowest address at the bottom, with the kernels that read and write it. */
  kept(bytes: number): void {
    const { kept } = this.timeline;
    if (kept.length === 0) return;
    this.heading(`Kept between runs: ${bytesText(bytes)}`);
    for (const each of kept.toSorted((a, b) => b.buffer.address - a.buffer.address)) this.keptBar(each);
    this.y += 6;
  }

  private keptBar({ buffer, reads, writes }: Kept): void {
    const [left, right, top] = [this.x(0), this.right, this.y];
    this.bar(buffer.role, [left, top, right, top + BAR - 3], bufferText(buffer));
    const name = this.names.names.get(buffer.name) ?? this.names.ends.get(buffer.name) ?? buffer.name;
    const own = name === buffer.name ? "" : `(${buffer.name})`;
    const long = [name, own, kindText(buffer)].filter((part) => part !== "").join(" ");
    const text = this.label([long, name], right - left - 8) ?? fitted(name, right - left - 8, small);
    const y = top + BAR - 3 - STRIP;
    for (const column of new Set([...reads, ...writes])) {
      const kinds = [...(reads.includes(column) ? ["read"] : []), ...(writes.includes(column) ? ["write"] : [])];
      // What is read and then written has half of the column for each.
      const width = Math.max(1, this.step - 2) / kinds.length;
      kinds.forEach((kind, i) => {
        const x = this.x(column) + 1 + i * width;
        this.parts.push(
          `<rect class="${kind}" x="${fixed(x)}" y="${fixed(y)}" width="${fixed(width)}" height="${STRIP - 1}"/>`,
        );
      });
    }
    this.parts.push(
      textAt(text, left + 4, top + 10, small, ""),
      textAt(bytesText(buffer.bytes), left - 5, top + 12, small, "faint", "end"),
    );
    this.y += BAR;
  }

  legend(): void {
    const { kept, spans } = this.timeline;
    const roles = new Set([...kept.map(({ buffer }) => buffer.role), ...spans.map(({ buffer }) => buffer.role)]);
    const entries = (
      [
        ["bar input", "argument", roles.has("input")],
        ["bar capture", "variable", roles.has("capture")],
        ["bar output", "result", roles.has("output")],
        ["bar temporary", "temporary", spans.some(({ buffer }) => buffer.role !== "scratch")],
        ["bar scratch", "working memory of one kernel", roles.has("scratch")],
        ["read", "read by a kernel", kept.length > 0],
        ["write", "written", kept.length > 0],
      ] as const
    ).filter(([, , isThere]) => isThere);
    let x = MARGIN;
    for (const [kind, text] of entries) {
      const width = 16 + textWidth(text, small) + 12;
      if (x > MARGIN && x + width > MARGIN + AXIS + this.width) {
        x = MARGIN;
        this.y += LINE + 2;
      }
      const height = kind === "read" || kind === "write" ? STRIP : 10;
      this.parts.push(
        `<rect class="${kind}" x="${fixed(x)}" y="${fixed(this.y + 6 - height / 2)}" width="11" height="${height}"/>`,
        textAt(text, x + 16, this.y + 9.5, small, "faint"),
      );
      x += width;
    }
    this.y += LINE;
  }
}
