import { CompileError } from "../errors.js";
import { formatShape } from "../shape/shape.js";
import { show } from "../show.js";
import type { Trace } from "../trace/trace.js";
import type { Traced } from "../trace/traced.js";
import { BlockNode } from "../transforms/control/block-node.js";
import { nameOf, neededBy } from "./graph/graph.js";
import { type Buffer, bytesOf } from "./ir/buffer.js";
import { type Affine, type Expression, operandsOf, visitExpressions } from "./ir/expression.js";
import {
  type Body,
  type Copy,
  isRecurrence,
  type Kernel,
  type Recurrence,
  type RepeatKernel,
  type Store,
  valuesOf,
} from "./ir/kernel.js";
import type { Executable } from "./run/executable.js";
import type { Stages } from "./run/stages.js";

const stages = ["graph", "simplified", "kernels", "memory", "module"] as const;
export type Stage = (typeof stages)[number];

export function showStage(executable: Executable, stage?: Stage): string {
  if (stage === undefined) return stages.map((each) => `${each}\n${indent(showStage(executable, each))}`).join("\n");
  const all = executable.stages;
  switch (stage) {
    case "graph":
      return showGraph(all.traced);
    case "simplified":
      return showGraph(all.simplified);
    case "kernels":
      return all.schedule.kernels.map((kernel, i) => `${i} ${showKernel(kernel)}`).join("\n");
    case "memory":
      return showPlan(all);
    case "module":
      return showModule(executable);
    default:
      throw new CompileError(
        `compile: there is no stage ${show(stage satisfies never)}; there are ${stages.join(", ")}`,
      );
  }
}

const indent = (text: string) => text.replace(/^/gm, "  ");

function showGraph(trace: Trace): string {
  const names = new Map<Traced, string>();
  for (const { tensor, traced } of trace.captures) if (tensor.name !== undefined) names.set(traced, tensor.name);
  const uses = usesOf(trace);
  return neededBy(trace)
    .map((value) => {
      const settings = value.source.kind === "node" ? Object.entries(value.source.node.attributes()) : [];
      const shown = settings.map(([key, setting]) => ` ${key}=${JSON.stringify(setting)}`).join("");
      const inputs = value.inputs.map(({ id }) => `%${id}`).join(", ");
      const mark = uses.has(value) ? ` -> ${uses.get(value)?.join(", ")}` : "";
      const name = names.has(value) ? `${nameOf(value)} ${names.get(value)}` : nameOf(value);
      const line = `%${value.id} = ${name}(${inputs})${shown}: ${value.dtype} ${formatShape(value.shape)}${mark}`;
      const node = value.source.kind === "node" ? value.source.node : null;
      const blocks = node instanceof BlockNode ? node.blocks.map(({ trace: own }) => indent(showGraph(own))) : [];
      return [line, ...blocks].join("\n");
    })
    .join("\n");
}

/** By value: what is made of it when the program has run. */
export function usesOf(trace: Trace): ReadonlyMap<Traced, readonly string[]> {
  const uses = new Map<Traced, string[]>();
  const use = (value: Traced | null, what: string) => {
    if (value !== null) uses.set(value, [...(uses.get(value) ?? []), what]);
  };
  for (const value of trace.outputs) use(value, "result");
  for (const { tensor, value } of trace.assignments) use(value, tensor.name ?? "new values of a capture");
  for (const { tensor, value } of trace.gradients) use(value, `${tensor.name ?? "a capture"}.grad`);
  return uses;
}

export const bufferName = ({ id, role }: Buffer) => `${role[0]}${id}`;

function showAffine(at: Affine, index: string | null): string {
  const terms = at.strides.flatMap((stride, axis) =>
    stride === 0 ? [] : [`${stride === 1 ? "" : `${stride} `}i${axis}`],
  );
  if (index !== null) terms.push(index);
  if (at.offset !== 0 || terms.length === 0) terms.push(String(at.offset));
  return terms.join(" + ");
}

/** The expressions of a kernel as text, for people: what is used in several places has a name, and is written once. */
class ExpressionPrinter {
  /** What stands before all else: a line of text for each name. */
  readonly definitions: string[] = [];
  private readonly names = new Map<Expression, string>();

  constructor(roots: readonly Expression[]) {
    const uses = new Map<Expression, number>();
    const use = (e: Expression) => uses.set(e, (uses.get(e) ?? 0) + 1);
    for (const root of roots) use(root);
    visitExpressions(roots, (e) => operandsOf(e).forEach(use));
    visitExpressions(roots, (e) => {
      if (e.op !== "apply" || uses.get(e) === 1) return;
      const text = this.show(e);
      const name = `v${this.names.size}`;
      this.names.set(e, name);
      this.definitions.push(`${name} = ${text}`);
    });
  }

  show(e: Expression): string {
    const name = this.names.get(e);
    if (name !== undefined) return name;
    switch (e.op) {
      case "constant":
        return String(e.value);
      case "index":
        return `index(${e.at.offset}; ${e.at.strides.join(", ")})`;
      case "state":
        return `s${e.carry}`;
      case "load":
        return showPlace(e.buffer, e.at, e.index === null ? null : `${e.index.stride} ${this.show(e.index.value)}`);
      case "apply": {
        const name = e.name === "convert" || e.name === "fromMask" ? e.kind : e.name;
        return `${name}(${e.args.map((arg) => this.show(arg)).join(", ")})`;
      }
      default:
        return e satisfies never;
    }
  }
}

const showPlace = (buffer: Buffer, at: Affine, index: string | null) =>
  `${bufferName(buffer)}[${showAffine(at, index)}]`;

function showCarries({ carries, isScan }: Recurrence, steps: string, printer: ExpressionPrinter): string {
  const shown = carries.map(({ initial, next }, i) => `s${i} from ${printer.show(initial)} to ${printer.show(next)}`);
  return `${shown.join(", ")} over ${steps}, ${isScan ? "at each step" : "at last"} `;
}

export function showKernel(kernel: Kernel): string {
  switch (kernel.kind) {
    case "loop": {
      const { reduction } = kernel;
      const printer = new ExpressionPrinter(valuesOf(kernel));
      const outer = kernel.sizes.slice(0, kernel.sizes.length - kernel.reduced);
      const inner = formatShape(kernel.sizes.slice(outer.length));
      const of = typeof reduction === "string" ? `${reduction} over ${inner} of ` : "";
      const shared = printer.definitions.map((definition) => `${definition}; `).join("");
      const showStore = ({ value, target, to }: Store, of: string) =>
        `${showPlace(target, to, null)} = ${of}${printer.show(value)}`;
      const each = (kernel.each ?? []).map((store) => `for ${inner} ${showStore(store, "")}`);
      const stores = [...each, ...kernel.stores.map((store) => showStore(store, of))];
      const steps = isRecurrence(reduction) ? showCarries(reduction, inner, printer) : "";
      return `${kernel.name}: for ${formatShape(outer)}: ${shared}${steps}${stores.join("; ")}`;
    }
    case "contraction": {
      const { m, n, k, a, b, target, batch, skipsZeros } = kernel;
      const count = batch.length === 1 ? "" : `${batch.length} times `;
      return `${kernel.name}: ${count}${bufferName(target)} = ${bufferName(a.buffer)} x ${bufferName(b.buffer)}, [${m}, ${k}] x [${k}, ${n}]${skipsZeros ? ", skips zeros" : ""}`;
    }
    case "scalars":
      return `${kernel.name}: ${kernel.stores.length} results, straight-line code`;
    case "routine": {
      const { name, routine, reads, writes } = kernel;
      const by = routine === "check" ? "" : ` by ${routine}`;
      return `${name}: ${writes.map(bufferName).join(", ")} from ${reads.map(bufferName).join(", ")}${by}`;
    }
    case "repeat":
      return showRepeat(kernel);
    case "branch": {
      const branches = kernel.branches.flatMap(({ body, leave }, i) => [
        `  ${i}:`,
        indent([...kernelsOf(body), ...leave.map((copy) => `  ${showCopy(copy)}`)].join("\n")),
      ]);
      return [`${kernel.name} by ${bufferName(kernel.index)}`, ...branches].join("\n");
    }
    case "call": {
      const { name, body, enter, leave } = kernel;
      return [
        name,
        ...enter.map((copy) => `  ${showCopy(copy)}`),
        ...kernelsOf(body),
        ...leave.map((copy) => `  ${showCopy(copy)}`),
      ].join("\n");
    }
    default:
      return kernel satisfies never;
  }
}

const kernelsOf = ({ schedule }: Body) => schedule.kernels.map((own, i) => indent(`${i} ${showKernel(own)}`));

/** @param rows which of the two has a row for each step */
function showCopy({ from, to }: Copy, rows: "from" | "to" | null = null): string {
  return `${bufferName(to)}${rows === "to" ? "[i]" : ""} = ${bufferName(from)}${rows === "from" ? "[i]" : ""}`;
}

function showRepeat(kernel: RepeatKernel): string {
  const { name, length, reverse, body, test, count, counted, enter, rowsIn, carriesOut, rowsOut, leave } = kernel;
  const steps = count === null ? (length === Number.POSITIVE_INFINITY ? "infinity" : length) : bufferName(count);
  const copies = (list: readonly Copy[], rows: "from" | "to" | null, when = "") =>
    list.map((copy) => `  ${showCopy(copy, rows)}${when}`);
  return [
    `${name}: for i ${reverse ? `from ${steps} - 1 to 0` : `below ${steps}`}`,
    ...copies(enter, null, " at first"),
    ...(test === null ? [] : [...kernelsOf(test.body), `  as long as ${bufferName(test.result)}`]),
    ...copies(rowsIn, "from"),
    ...copies(carriesOut, "to"),
    ...kernelsOf(body),
    ...copies(rowsOut, "to"),
    ...copies(leave, null, " at last"),
    ...(counted === null ? [] : [`  ${bufferName(counted)} = i at last`]),
  ].join("\n");
}

function showPlan({ schedule, plan }: Stages): string {
  const lines = schedule.buffers.flatMap((buffer) => {
    const address = plan.addresses.get(buffer);
    if (address === undefined) return [];
    return [
      `${address}: ${bufferName(buffer)} ${buffer.dtype} ${formatShape(buffer.shape)}, ${bytesOf(buffer)} bytes, ${buffer.role}`,
    ];
  });
  return [...lines, `${plan.bytes} bytes; without reuse ${plan.bytesWithoutReuse}`].join("\n");
}

function showModule({ stages: { schedule, module, times }, instantiateTime }: Executable): string {
  const ms = (time: number) => `${time.toFixed(1)} ms`;
  return (
    `${schedule.kernels.length} kernels, ${module.length} bytes; traced in ${ms(times.trace)}, compiled in ${ms(times.compile)}, ` +
    `instantiated in ${ms(instantiateTime)}`
  );
}
