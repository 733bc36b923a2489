import type {
  ProgramBlock,
  ProgramBody,
  ProgramBuffer,
  ProgramGraph,
  ProgramJSON,
  ProgramKernel,
  ProgramSchedule,
} from "@chainrule/core";
import { kindText } from "../describe.js";
import type { Layout } from "../layout.js";
import { layOutRows } from "../rows.js";
import { shortened } from "../text.js";
import { type Head, SIZES, type Unit } from "../units.js";
import type { GraphSettings } from "./graphs.js";
import { insideOf, listOf, type Scope, sizeText } from "./kernel.js";
import { namesOf, prefixOf } from "./names.js";
import { type Around, Assembly, cellHead, laneOf, roomInside, type Section } from "./parts.js";
import { bytesText, wrapped } from "./words.js";

/** Of more values than this a kernel is drawn as a list of its ops. */
const MOST_INSIDE = 24;
/** How wide that list is, and how far kernels are apart, in pixels. */
const LIST = 150;
const BETWEEN = 28;

/** Where a line begins. */
type Maker = readonly [unit: Unit, lane: number];

/** The kernels of a program as a picture: each a frame around the ops that it computes, between them the buffers. */
export class KernelPicture {
  private readonly program: ProgramJSON;
  private readonly settings: GraphSettings;
  /** The numbers of the functions that have been drawn, by the places of their schedules: what is called twice is drawn once. */
  private readonly functions = new Map<number, number>();

  constructor(program: ProgramJSON, settings: GraphSettings) {
    this.program = program;
    this.settings = settings;
  }

  /** @param most how long a row may be */
  rows(most: number): Layout[] {
    const schedule = this.program.schedules[0] as ProgramSchedule;
    return this.rowsOf({ ...this.valuesOf(schedule), prefix: "k", ...namesOf(this.program), firsts: new Map() }, most);
  }

  private valuesOf(schedule: ProgramSchedule): Pick<Scope, "schedule" | "values"> {
    const { values } = this.program.simplified[schedule.graph] as ProgramGraph;
    return { schedule, values: new Map(values.map((value) => [value.id, value])) };
  }

  /** Lines are the buffers that kernels hand on; what was there before the first of them is named where it is read. */
  private rowsOf(scope: Scope, most: number): Layout[] {
    const { kernels, buffers } = scope.schedule;
    const byName = new Map(buffers.map((buffer) => [buffer.name, buffer]));
    const assembly = new Assembly(BETWEEN);
    const makers = new Map<string, readonly Maker[]>();
    kernels.forEach((kernel, i) => {
      const written = kernel.writes.filter((name) => byName.get(name)?.role !== "scratch");
      const lanes = written.map((name) => {
        const buffer = byName.get(name) as ProgramBuffer;
        const isUsed = kernels.some(({ reads }, later) => later > i && reads.includes(name));
        const text = [name, kindText(buffer)].filter((part) => part !== "").join(" ");
        const below = [bytesText(buffer.bytes)];
        return laneOf({ name, key: name, lines: [text], below, end: endOf(buffer, scope), isUsed });
      });
      const from = kernel.reads.flatMap((name) => makers.get(name) ?? []);
      const around = { lanes, sources: from.map(([unit]) => unit), gap: BETWEEN };
      const unit = assembly.add(this.cell(kernel, `${scope.prefix}${i}`, scope, around, most), lanes);
      for (const [maker, lane] of from) assembly.connect(maker, lane, unit);
      written.forEach((name, lane) => {
        makers.set(name, [...(makers.get(name) ?? []), [unit, lane]]);
      });
    });
    return assembly.isEmpty ? [] : layOutRows(assembly.diagram(), most);
  }

  private cell(kernel: ProgramKernel, name: string, scope: Scope, around: Around, most: number): Head {
    const { kind, values, bodies, text } = kernel;
    const number = this.functions.get(bodies?.[0]?.schedule ?? -1);
    const called = number ?? this.functions.size + 1;
    const cell = {
      title: `${name}: ${kind === "call" ? `call of function ${called}` : sizeText(kernel, scope)}`,
      hover: `${name}: ${text}`,
    };
    const lines = (what: string) => wrapped(what, LIST, SIZES.small).map((line) => shortened(line));
    const given =
      kind === "call" ? lines(`of ${kernel.reads.map((each) => scope.names.get(each) ?? each).join(", ")}`) : [];
    if (number !== undefined) return cellHead({ ...cell, lines: [...given, "drawn at its first call"] }, [], around);
    const { fold, digits } = this.settings;
    const room = roomInside(most, around);
    if (!fold && bodies !== undefined) {
      const [first] = bodies;
      if (kind === "call" && first !== undefined) this.functions.set(first.schedule, called);
      return cellHead({ ...cell, lines: given }, this.sectionsOf(kernel, bodies, name, scope, room), around);
    }
    if (!fold && values.length > 0 && values.length <= MOST_INSIDE) {
      return cellHead(cell, [{ title: "", rows: insideOf(kernel, scope, digits, room) }], around);
    }
    return cellHead({ ...cell, lines: listOf(kernel, scope).flatMap(lines) }, [], around);
  }

  /** What a loop, a branch or a call runs. */
  private sectionsOf(
    { values }: ProgramKernel,
    bodies: readonly ProgramBody[],
    name: string,
    outer: Scope,
    most: number,
  ): Section[] {
    const blocks = values.flatMap((id) => outer.values.get(id)?.blocks ?? []);
    return bodies.map((body): Section => {
      const block = blocks.find(({ role }) => role === body.role) as ProgramBlock;
      const scope = this.scopeOf(body, block, outer, prefixOf(name, body.role, bodies.length));
      return { title: bodies.length === 1 ? "" : body.role, rows: this.rowsOf(scope, most) };
    });
  }

  private scopeOf(
    { schedule: place, role, copies }: ProgramBody,
    block: ProgramBlock,
    outer: Scope,
    prefix: string,
  ): Scope {
    const schedule = this.program.schedules[place] as ProgramSchedule;
    const { inputs, outputs } = this.program.simplified[schedule.graph] as ProgramGraph;
    const outerName = (buffer: string) => outer.names.get(buffer) ?? buffer;
    const names = new Map<string, string>();
    const ends = new Map<string, string>();
    const firsts = new Map<string, string>();
    for (const { name, sharedWith, values } of schedule.buffers) {
      const as = block.inputs[inputs.findIndex((id) => values.includes(id))]?.as;
      // The carries that a condition reads are those of the step beside it.
      const isOwn = sharedWith === undefined || as?.startsWith("carry") === true;
      const text = isOwn ? as : outerName(sharedWith);
      if (text !== undefined) names.set(name, text);
      if (role === "condition" && outputs.some((id) => values.includes(id))) ends.set(name, "another step");
    }
    for (const { from, to, rows, when } of copies) {
      const row = rows === undefined ? "" : "[i]";
      if (when === "behind" || when === "behind each step") ends.set(from, `${outerName(to)}${row}`);
      else if (rows === "from") names.set(to, `${outerName(from)}${row}`);
      else if (when === "before" && role === "step") firsts.set(to, outerName(from));
    }
    return { ...this.valuesOf(schedule), prefix, names, ends, firsts };
  }
}

/** What a buffer is when its schedule is done; `undefined` for what is of use on the way alone. */
function endOf({ name, role, over }: ProgramBuffer, { names, ends }: Scope): string | undefined {
  const known = ends.get(name);
  if (known !== undefined) return known;
  if (over !== undefined) return `new ${names.get(over) ?? over}`;
  return role === "capture" ? `new ${names.get(name) ?? name}` : undefined;
}
