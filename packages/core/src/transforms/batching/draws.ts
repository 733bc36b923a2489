import type { Tensor } from "../../graph/tensor.js";
import type { Draw } from "../../graph/tracer.js";
import type { Generator, RandomDType } from "../../random/generator.js";
import { Random } from "../../random/random.js";
import { moveTo, positionOf, standingAt } from "../../trace/positions.js";
import type { Traced } from "../../trace/traced.js";
import type { Batched } from "./batched.js";
import type { Program } from "./record.js";

/** How the elements of a batch draw random numbers. */
export type Randomness = "different" | "same";

/** A block of a generator has two elements, whatever is made of them. */
const PER_BLOCK = 2;

/**
 * The draws of one run of a function for a batch: element i draws what the call number i of a loop would, behind those before it. All that
 * is drawn by one method with the same options is one draw of the whole stream, of which each draw takes its columns.
 */
export class BatchDraws {
  private readonly program: Program;
  private readonly size: number;
  private readonly randomness: Randomness;
  /** Where the generators stood. */
  private readonly begins: ReadonlyMap<Generator, number>;
  private readonly streams = new Map<string, Tensor>();

  constructor(program: Program, size: number, randomness: Randomness) {
    this.program = program;
    this.size = size;
    this.randomness = randomness;
    this.begins = beginsOf(program.block.draws);
  }

  of({ shape, dtype }: Traced, { generator: index, offset, method, options }: Draw): Batched {
    const { generator, start } = this.program.recorder.generatorAt(index);
    const [count = 0] = shape;
    const begin = this.begins.get(generator);
    const once = (from: number) => drawn(generator, from + offset, method, options, dtype, count);
    // One that each run makes anew is left where it stands, so that nobody takes it for one that moves on.
    if (begin === undefined) return { tensor: standingAt([[generator, start]], () => once(start)), isBatched: false };
    if (this.randomness === "same") return { tensor: once(begin), isBatched: false };
    const { blocks } = this.program.block.draws.find((use) => use.generator === generator) as { blocks: number };
    const key = `${index} ${method} ${dtype} ${JSON.stringify(options)}`;
    const row = PER_BLOCK * blocks;
    let stream = this.streams.get(key);
    if (stream === undefined) {
      stream = drawn(generator, begin, method, options, dtype, this.size * row).reshape([this.size, row]);
      this.streams.set(key, stream);
    }
    const from = PER_BLOCK * offset;
    return { tensor: stream.slice([null, [from, from + count]]), isBatched: true };
  }

  /** Leaves the generators where a loop of calls would. */
  close(): void {
    leftBehind(this.program.block.draws, this.begins, this.size, this.randomness);
  }
}

/** Moves generators to where so many calls of a function leave them, which begin to draw where they stood. */
export function leftBehind(
  draws: Program["block"]["draws"],
  begins: ReadonlyMap<Generator, number>,
  size: number,
  randomness: Randomness,
): void {
  const calls = randomness === "same" ? Math.min(1, size) : size;
  for (const { generator, blocks } of draws) moveTo(generator, (begins.get(generator) as number) + calls * blocks);
}

/** Where the generators that a function draws from stand now. */
export function beginsOf(draws: Program["block"]["draws"]): ReadonlyMap<Generator, number> {
  return new Map(draws.map(({ generator }) => [generator, positionOf(generator)]));
}

/** Whether there are draws that a batch cannot draw at once: choices without repetition, and those in the steps of loops. */
export function drawsOneByOne({ block, order, recorder }: Program): boolean {
  return order.some(({ source }) => {
    if (source.kind === "draw") {
      const { generator, method, options } = source.draw;
      const isOwn = block.draws.some((use) => use.generator === recorder.generatorAt(generator).generator);
      return isOwn && method === "choice" && options["replace"] === false;
    }
    return source.kind === "node" && "blocks" in source.node && blocksDraw(source.node.blocks);
  });
}

function blocksDraw(blocks: unknown): boolean {
  return (blocks as Program["block"][]).some(({ trace }) => trace.generators.some(({ blocks }) => blocks !== 0));
}

function drawn(
  generator: Generator,
  position: number,
  method: Draw["method"],
  options: Draw["options"],
  dtype: string,
  count: number,
): Tensor {
  moveTo(generator, position);
  const random = new Random(generator);
  const { n, replace, ...others } = options as { readonly n?: number; readonly replace?: boolean };
  if (method === "choice") return random.choice(n as number, count, { replace: replace as boolean });
  if (method === "integers") return random.integers([count], others as { high: number });
  const settings = { ...others, dtype: dtype as RandomDType };
  return method === "normal" ? random.normal([count], settings) : random.uniform([count], settings);
}
