import { Node } from "../graph/node.js";
import { Triples } from "../triples.js";
import type { Traced } from "./traced.js";

/** Values by what they compute: op, settings, inputs. */
export class KnownValues {
  private readonly classes = new Map<unknown, number>();
  /** A graph of scalars has many ops without settings and with one or two inputs. */
  private readonly plain = new Triples();
  /** By their numbers. */
  private readonly values: Traced[] = [];
  private readonly others = new Map<string, Traced>();

  /** The value that an op computes of these inputs: the one that is known, else that of `make`. */
  of(node: Node, inputs: readonly Traced[], make: () => Traced): Traced {
    if (node.isUnique) return make();
    const op = this.classOf(node);
    const settings = settingsOf(node);
    if (settings === "" && inputs.length <= 2) {
      const first = inputs[0]?.id ?? -1;
      const second = inputs[1]?.id ?? -1;
      const known = this.plain.find(op, first, second);
      if (known >= 0) return this.values[known] as Traced;
      const made = make();
      this.values[this.plain.add(op, first, second)] = made;
      return made;
    }
    const key = `${op}(${inputs.map((input) => input.id).join()})${settings}`;
    const known = this.others.get(key) ?? make();
    this.others.set(key, known);
    return known;
  }

  private classOf(node: Node): number {
    let op = this.classes.get(node.constructor);
    if (op === undefined) {
      op = this.classes.size;
      this.classes.set(node.constructor, op);
    }
    return op;
  }
}

/** The settings of a node as text, the same for equal ones; none where it has none. */
export function settingsOf(node: Node): string {
  if (node.attributes === Node.prototype.attributes) return "";
  const settings = node.attributes();
  return Object.keys(settings).length === 0 ? "" : JSON.stringify(settings, exactNumber);
}

/** JSON has no infinities, and no -0. */
function exactNumber(_key: string, value: unknown): unknown {
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)) ? `number ${value}` : value;
}
