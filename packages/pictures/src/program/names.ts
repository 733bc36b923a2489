import type { ProgramGraph, ProgramJSON, ProgramSchedule } from "@chainrule/core";

/** What the buffers of a program are called, by their names in print. */
export interface BufferNames {
  /** Of those that a run finds filled: the name of a tensor, "input 0". */
  readonly names: ReadonlyMap<string, string>;
  /** Of those that a run leaves: "result", "w.grad". */
  readonly ends: ReadonlyMap<string, string>;
}

export function namesOf({ schedules, simplified }: ProgramJSON): BufferNames {
  const [{ buffers, graph }] = schedules as readonly [ProgramSchedule];
  const values = new Map((simplified[graph] as ProgramGraph).values.map((value) => [value.id, value]));
  const names = new Map<string, string>();
  const ends = new Map<string, string>();
  for (const { name, tensor, role, values: ids } of buffers) {
    const [argument] = ids.flatMap((id) => values.get(id)?.label ?? []);
    // An input that is no argument is what a generator of random numbers stands at.
    if (role === "input") names.set(name, argument ?? `random source ${name}`);
    if (role === "capture") names.set(name, tensor ?? name);
    if (role === "output") ends.set(name, ids.flatMap((id) => values.get(id)?.uses ?? []).join(", ") || "result");
  }
  return { names, ends };
}

/** What stands in front of the numbers of the kernels in a body: "k2.", or where there are several "k2.b1." for branch 1. */
export function prefixOf(name: string, role: string, bodies: number): string {
  return bodies === 1 ? `${name}.` : `${name}.${role.replace(/^(.)\D*/, "$1")}.`;
}
