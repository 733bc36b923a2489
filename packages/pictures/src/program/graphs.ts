import type { ProgramBlock, ProgramGraph, ProgramValue } from "@chainrule/core";
import { kindText, signOfName } from "../describe.js";
import { grouped } from "../grouped.js";
import { GAP, type Layout } from "../layout.js";
import { layOutRows } from "../rows.js";
import { shortened } from "../text.js";
import { type Head, type Lane, textHead, type Unit } from "../units.js";
import { numberOf, opOf } from "./ops.js";
import { type Around, Assembly, cellHead, laneOf, roomInside, type Section } from "./parts.js";
import { counted } from "./words.js";

export interface GraphSettings {
  readonly digits: number;
  /** Whether frames are drawn as boxes without what is in them. */
  readonly fold: boolean;
}

/** A graph, and what its values are called from outside. */
interface Scope {
  readonly graph: ProgramGraph;
  /** By id: what a value is that the graph is given, and what one is that it gives. */
  readonly given: ReadonlyMap<number, string>;
  readonly ends: ReadonlyMap<number, readonly string[]>;
}

/** A graph that is being drawn. */
interface Drawn extends Scope {
  readonly values: ReadonlyMap<number, ProgramValue>;
  /** Values that a loop, a branch or a call takes: they have names, so that they are found in its frame. */
  readonly taken: ReadonlySet<number>;
  readonly used: ReadonlySet<number>;
}

/** The graphs of a program as pictures: that of the function, with those of its loops, branches and calls in frames. */
export class GraphPicture {
  private readonly graphs: readonly ProgramGraph[];
  private readonly settings: GraphSettings;
  /** The numbers of the functions that have been drawn, by their places: what is called twice is drawn once. */
  private readonly functions = new Map<number, number>();

  constructor(graphs: readonly ProgramGraph[], settings: GraphSettings) {
    this.graphs = graphs;
    this.settings = settings;
  }

  /** @param most how long a row may be */
  rows(most: number): Layout[] {
    const [graph] = this.graphs as readonly [ProgramGraph];
    const ends = graph.values.flatMap(({ id, uses }) => (uses === undefined ? [] : [[id, uses.map(useText)] as const]));
    return this.rowsOf({ graph, given: new Map(), ends: new Map(ends) }, most);
  }

  private rowsOf(scope: Scope, most: number): Layout[] {
    const { graph, ends } = scope;
    const drawn: Drawn = {
      ...scope,
      values: new Map(graph.values.map((value) => [value.id, value])),
      taken: new Set(graph.values.flatMap(({ blocks, inputs }) => (blocks === undefined ? [] : inputs))),
      used: new Set(graph.values.flatMap(({ inputs }) => inputs)),
    };
    const parts = grouped(graph.values.filter(isPart), ({ inputs }) => inputs[0]);
    const assembly = new Assembly(GAP);
    const makers = new Map<number, readonly [unit: Unit, lane: number]>();
    const source = (id: number): readonly [unit: Unit, lane: number] => {
      const value = drawn.values.get(id) as ProgramValue;
      return value.kind === "number" ? [assembly.number(numberOf(value, this.settings.digits)), 0] : madeOf(makers, id);
    };
    for (const value of graph.values) {
      const { id, kind, inputs, blocks } = value;
      if (isPart(value)) continue;
      if (kind !== "op") {
        // A number is written where it is used, each time; here stands one that is a result.
        if (kind === "number" && !ends.has(id)) continue;
        const text =
          kind === "number" ? numberOf(value, this.settings.digits) : shortened(nameOf(value, drawn) as string);
        const head = textHead(kind === "number" ? "number" : "name", text, `%${id} ${value.label}`);
        makers.set(id, [assembly.add(head, [outOf(value, drawn)], true), 0]);
        continue;
      }
      const results = blocks === undefined ? [value] : (parts.get(id) ?? []);
      const lanes = results.map((each) => outOf(each, drawn));
      const op = opOf(value, (each) => drawn.values.get(each), this.settings.digits);
      const taken = blocks === undefined ? inputs.filter((_, i) => i !== op.absorbed) : [...new Set(inputs)];
      // What stands before an op is added before it.
      const sources = taken.map(source);
      const around = { lanes, sources: sources.map(([from]) => from), gap: GAP };
      const unit = assembly.add(blocks === undefined ? op.head : this.cell(value, blocks, around, drawn, most), lanes);
      for (const [from, lane] of sources) assembly.connect(from, lane, unit);
      results.forEach((each, lane) => {
        makers.set(each.id, [unit, lane]);
      });
    }
    return layOutRows(assembly.diagram(), most);
  }

  /** A loop, a branch or a call, with the graphs that it runs. */
  private cell(value: ProgramValue, blocks: readonly ProgramBlock[], around: Around, drawn: Drawn, most: number): Head {
    const hover = `%${value.id} ${value.label}(${value.inputs.map((id) => `%${id}`).join(", ")})`;
    const [first] = blocks as readonly [ProgramBlock];
    const known = this.functions.get(first.graph);
    const isCall = first.role === "function";
    if (isCall && known === undefined) this.functions.set(first.graph, this.functions.size + 1);
    const title = isCall ? `call of function ${known ?? this.functions.size}` : titleOf(value);
    if (known !== undefined) return cellHead({ title, hover, lines: ["drawn at its first call"] }, [], around);
    if (this.settings.fold) {
      const signs = [...new Set(blocks.flatMap(({ graph }) => this.signsIn(graph)))];
      return cellHead({ title, hover, lines: [shortened(signs.join(" "))] }, [], around);
    }
    const sections = blocks.map((block): Section => {
      const rows = this.rowsOf(this.scopeOf(block, value, drawn), roomInside(most, around));
      return { title: blocks.length === 1 ? "" : block.role, rows };
    });
    return cellHead({ title, hover }, sections, around);
  }

  private scopeOf({ graph: place, inputs, outputs, role }: ProgramBlock, value: ProgramValue, drawn: Drawn): Scope {
    const graph = this.graphs[place] as ProgramGraph;
    const given = new Map(
      graph.inputs.map((id, i) => {
        const { from, as } = inputs[i] as ProgramBlock["inputs"][number];
        const outer = drawn.values.get(value.inputs[from] as number) as ProgramValue;
        return [id, givenText(as, role, nameOf(outer, drawn) ?? outer.label)] as const;
      }),
    );
    const ends = new Map<number, string[]>();
    graph.outputs.forEach((id, i) => {
      const text = outputs[i] as string;
      ends.set(id, [...(ends.get(id) ?? []), text.startsWith("carry") ? `new ${text}` : text]);
    });
    return { graph, given, ends };
  }

  private signsIn(graph: number): string[] {
    const values = this.graphs[graph]?.values ?? [];
    return values.flatMap((value) => (value.kind === "op" && !isPart(value) ? [signOfName(value.label)] : []));
  }
}

const isPart = ({ part }: ProgramValue) => part !== undefined;

function madeOf<T>(makers: ReadonlyMap<number, T>, id: number): T {
  const made = makers.get(id);
  if (made === undefined) throw new Error(`programToSvg: value %${id} is used before it is made`);
  return made;
}

/** What a value is called where it is used; `undefined` for what is only a line. */
function nameOf({ id, name, kind, label }: ProgramValue, { given, taken }: Drawn): string | undefined {
  if (kind === "number") return undefined;
  return given.get(id) ?? name ?? (kind === "op" ? (taken.has(id) ? `%${id}` : undefined) : label);
}

function outOf(value: ProgramValue, drawn: Drawn): Lane {
  const { id, kind, part } = value;
  const name = nameOf(value, drawn);
  const called = kind === "op" && name !== undefined ? [name] : [];
  const kindOf = kindText(value);
  const isUsed = kind !== "number" && drawn.used.has(id);
  return laneOf({
    name,
    key: `%${id}`,
    lines: [[...called, ...(part === undefined ? [] : [part])].join(" "), kindOf].filter((line) => line !== ""),
    end: drawn.ends.get(id)?.join(", "),
    isUsed,
  });
}

/** What a step, a branch or a function is given: by what it is around it, if that is the same at each run. */
function givenText(as: string, role: string, outer: string): string {
  if (as.startsWith("carry")) return as;
  if (as.startsWith("x ")) return `${outer}[i]`;
  return role === "function" && as.startsWith("argument") ? as : outer;
}

/** What a value is when the program has run. */
function useText(use: string): string {
  return use === "result" || use.endsWith(".grad") ? use : `new ${use}`;
}

function titleOf({ label, inputs, settings = {}, blocks = [] }: ProgramValue): string {
  if (label === "Branch") return `one of ${blocks.length} branches`;
  const length = settings["length"];
  const steps = typeof length === "number" ? counted(length, "step") : "steps as long as its condition holds";
  const first = (blocks[0]?.inputs ?? [])
    .filter(({ as }) => as.startsWith("carry"))
    .map(({ from }) => `%${inputs[from]}`);
  const carries = first.length === 0 ? "" : `, carries from ${first.join(", ")}`;
  return `loop: ${steps}${settings["reverse"] === true ? ", the last one first" : ""}${carries}`;
}
