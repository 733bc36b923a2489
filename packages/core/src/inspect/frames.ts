import type { Node } from "../graph/node.js";
import type { Frame } from "../graph/steps.js";

/** What nodes of a graph were made in: a loop, one of its steps, a call of a function; see `GraphNode.frames`. */
export interface GraphFrame {
  /** What is written at it: `scan`, `step 3`, the name of a function; of several of one name, `scan 2`. */
  readonly title: string;
  /** With what it stands in: `scan.step 3`. No two frames of a graph have one name. */
  readonly name: string;
}

/** What most nodes are in. */
const none: readonly GraphFrame[] = Object.freeze([]);

/** Finds the frames around nodes, given in forward order; those that have one title are numbered as they come. */
export class Frames {
  private readonly paths = new Map<Frame, readonly GraphFrame[]>();
  private readonly taken = new Set<string>();
  /** By name: the last number that was given to one of it, so that a thousand of one name are not counted a thousand times. */
  private readonly counts = new Map<string, number>();

  /** The frames around a node, the outermost first. */
  around({ frame }: Node): readonly GraphFrame[] {
    const open: Frame[] = [];
    for (let each = frame; each !== null && !this.paths.has(each); each = each.outer) open.push(each);
    for (let each = open.pop(); each !== undefined; each = open.pop()) {
      const outer = each.outer === null ? none : (this.paths.get(each.outer) ?? none);
      this.paths.set(each, [...outer, this.named(each.title, outer.at(-1))]);
    }
    return frame === null ? none : (this.paths.get(frame) ?? none);
  }

  private named(given: string, outer: GraphFrame | undefined): GraphFrame {
    const nameOf = (title: string) => (outer === undefined ? title : `${outer.name}.${title}`);
    let title = given;
    let count = this.counts.get(nameOf(given)) ?? 1;
    while (this.taken.has(nameOf(title))) title = `${given} ${++count}`;
    this.counts.set(nameOf(given), count);
    this.taken.add(nameOf(title));
    return { title, name: nameOf(title) };
  }
}

export interface FrameOptions {
  /** Whether what a loop, one of its steps or a function made stands in a frame. Default true. */
  readonly frames?: boolean;
}

/** An edge as far as frames go; this file knows no more of it, as graph.ts knows this one. */
interface Made {
  readonly maker: { readonly frames: readonly GraphFrame[] } | null;
  readonly isLiteral: boolean;
  readonly users: readonly { readonly frames: readonly GraphFrame[] }[];
}

/** The frames in which a tensor is drawn: those of what made it, and of a number those of what uses it. */
export function framesBy({ frames = true }: FrameOptions) {
  return ({ maker, isLiteral, users: [user, ...others] }: Made): readonly GraphFrame[] => {
    if (!frames) return none;
    const owner = isLiteral && others.length === 0 ? user : maker;
    return owner?.frames ?? none;
  };
}

/** What stands in a frame: nodes and frames, in forward order. */
export interface Framed<T> {
  readonly frame: GraphFrame | null;
  readonly parts: (T | Framed<T>)[];
}

/** Things with frames around them, as a tree: a frame stands where the first of what is in it does. */
export function framed<T>(list: Iterable<T>, framesOf: (each: T) => readonly GraphFrame[]): Framed<T> {
  const root: Framed<T> = { frame: null, parts: [] };
  const known = new Map<GraphFrame, Framed<T>>();
  for (const each of list) {
    let around = root;
    for (const frame of framesOf(each)) {
      let own = known.get(frame);
      if (own === undefined) {
        own = { frame, parts: [] };
        known.set(frame, own);
        around.parts.push(own);
      }
      around = own;
    }
    around.parts.push(each);
  }
  return root;
}
