import { formatShape, type ProgramKernel, type ProgramSchedule, type ProgramValue } from "@chainrule/core";
import { kindText, signOfName } from "../describe.js";
import type { Layout } from "../layout.js";
import { layOutRows } from "../rows.js";
import { shortened } from "../text.js";
import { boxSize, type Head, SIZES, textHead, type Unit } from "../units.js";
import { numberOf, opOf } from "./ops.js";
import { Assembly, laneOf } from "./parts.js";
import { bytesText, counted } from "./words.js";

/** A schedule, its graph, and what its buffers are called that come from around it. */
export interface Scope {
  readonly schedule: ProgramSchedule;
  /** By id. */
  readonly values: ReadonlyMap<number, ProgramValue>;
  /** In front of the numbers of its kernels: "k" or "k3.". */
  readonly prefix: string;
  /** By buffer that is there before the first kernel: the name of a tensor, of an argument, of a buffer around it. */
  readonly names: ReadonlyMap<string, string>;
  /** By buffer: what it is at the end of the program, of a step, a branch or a call. */
  readonly ends: ReadonlyMap<string, string>;
  /** By buffer: what is in it before the first step. */
  readonly firsts: ReadonlyMap<string, string>;
}

/** How far ops are apart in a kernel, in pixels. */
const INSIDE = 22;

/** What a kernel goes through: "for [100], sum over [10]". */
export function sizeText(
  { kind, sizes, reduced, reduction, name, reads, values, bodies = [] }: ProgramKernel,
  scope: Scope,
): string {
  switch (kind) {
    case "loop": {
      const outer = sizes.slice(0, sizes.length - reduced);
      const inner = formatShape(sizes.slice(outer.length));
      const around = outer.length === 0 ? "" : `for ${formatShape(outer)}`;
      if (reduction === null) return around === "" ? "once" : around;
      const how = reduction === "steps" ? `${inner} steps` : `${reduction} over ${inner}`;
      return [around, how].filter((part) => part !== "").join(", ");
    }
    case "contraction": {
      const [batch = 1, m = 0, n = 0, k = 0] = sizes;
      return `${batch === 1 ? "" : `${batch} times `}[${m}, ${k}] \u00d7 [${k}, ${n}]`;
    }
    case "scalars":
      return "without a loop";
    case "routine":
      return name.startsWith("check ") ? "check" : "routine";
    case "repeat": {
      const [length] = sizes;
      if (length === undefined) return "loop, as long as its condition holds";
      const isReverse = values.some((id) => scope.values.get(id)?.settings?.["reverse"] === true);
      return `loop of ${counted(length, "step")}${isReverse ? ", the last one first" : ""}`;
    }
    case "branch": {
      const [index = ""] = reads;
      return `one of ${bodies.length} branches, by ${scope.names.get(index) ?? index}`;
    }
    case "call":
      return "call";
    default:
      return kind satisfies never;
  }
}

/** A kernel in words: its ops, or what it does that computes no value of the graph. */
export function listOf({ name, kind, values, partOf, reads }: ProgramKernel, scope: Scope): string[] {
  const signOf = (id: number) => signOfName(scope.values.get(id)?.label ?? "");
  const given = reads.flatMap((buffer) => scope.names.get(buffer) ?? []);
  const of = given.length === 0 ? [] : [`of ${given.join(", ")}`];
  if (partOf !== null) return [`a part of ${signOf(partOf)}`, ...of];
  if (values.length === 0) return [kind === "scalars" || kind === "loop" ? "copies values" : name, ...of];
  const signs = [...new Set(values.map(signOf))];
  const shown = signs.slice(0, MOST_SIGNS);
  const rest = signs.length > shown.length ? " \u2026" : "";
  return [`${counted(values.length, "op")}: ${shown.join(" ")}${rest}`, ...of];
}

/** How many different ops are named where there is no room to draw them. */
const MOST_SIGNS = 16;

/** The ops of a kernel: at the left what they read, at the right what they write. */
export function insideOf(kernel: ProgramKernel, scope: Scope, digits: number, most: number): Layout[] {
  const { schedule, values } = scope;
  const standing = new Map<number, string>();
  for (const { name, values: ids } of schedule.buffers) for (const id of ids) standing.set(id, name);
  const used = new Set(kernel.values.flatMap((id) => values.get(id)?.inputs ?? []));
  const assembly = new Assembly(INSIDE);
  const made = new Map<number, Unit>();
  const given = new Map<string, Unit>();
  const sourceOf = (id: number): Unit => {
    const value = values.get(id) as ProgramValue;
    if (value.kind === "number") return assembly.number(numberOf(value, digits));
    const own = made.get(id);
    if (own !== undefined) return own;
    const name = standing.get(id) ?? `%${id}`;
    const { head, text } = givenHead(name, scope);
    const unit =
      given.get(name) ?? assembly.add(head, [laneOf({ name: text, key: name, lines: [], isUsed: true })], true);
    given.set(name, unit);
    return unit;
  };
  for (const id of kernel.values) {
    const value = values.get(id) as ProgramValue;
    const buffer = standing.get(id);
    const stands = buffer !== undefined && kernel.writes.includes(buffer) ? buffer : undefined;
    const { head, absorbed } = opOf(value, (each) => values.get(each), digits);
    const isUsed = used.has(id);
    const end = isUsed ? stands : (stands ?? "");
    // What stands before an op is added before it.
    const sources = value.inputs.filter((_, i) => i !== absorbed).map(sourceOf);
    const unit = assembly.add(head, [laneOf({ name: undefined, key: `%${id}`, lines: [], end, isUsed })]);
    for (const from of sources) assembly.connect(from, 0, unit);
    made.set(id, unit);
  }
  return layOutRows(assembly.diagram(), most);
}

/** What a kernel reads: by its name, and with its shape and size if it is no line from another kernel. */
function givenHead(name: string, { schedule, names, firsts }: Scope): { readonly head: Head; readonly text: string } {
  const known = names.get(name);
  const buffer = schedule.buffers.find((each) => each.name === name);
  const text = known ?? name;
  const head = textHead("name", shortened(text), name);
  if (known === undefined || buffer === undefined) return { head, text };
  const first = firsts.get(name);
  const more = [kindText(buffer), bytesText(buffer.bytes), first === undefined ? "" : `at first ${first}`];
  const lines = more.filter((line) => line !== "").map((line) => shortened(line));
  const size = boxSize(text, lines);
  return {
    head: { ...head, more: lines, width: size.width - 10, height: SIZES.line + lines.length * (SIZES.small + 2) },
    text,
  };
}
