/** How long the tiles of a matrix product take here, found by a few milliseconds of tiny products. */
import { type Func, Module } from "./encoder.js";
import { type WebAssemblyApi, webAssembly } from "./features.js";
import { emitTiles, mostVectors, type Target, type Tile } from "./gemm-tile.js";
import { vectorBytes } from "./simd.js";

/**
 * What is multiplied: tiles one below the other, as in a product whose panel of columns stays in the first-level cache and whose rows
 * come out of the second.
 */
const steps = 256;
const stack = 16;

/** How often a reading goes through a stack of 20 sums; of fewer sums more often. Some 30 microseconds. */
const rounds = 2;

/**
 * Milliseconds: engines compile anew what has run for a while, in the background, which took 8 to 12 on an idle machine. What has not become
 * faster so long after the start, or after the first that has, stays as it is; but where that decides, a busy machine is given more.
 */
const patience = { first: 100, others: 20, most: 600 } as const;

/**
 * What was compiled anew is faster by as much as this: in V8 by a factor of 3.5 to 4, but where registers do not suffice. Two that are
 * nearer to one another have both been, if one has.
 */
export const step = 2;

/** So many readings before anything is compiled anew; and so many near the shortest: it will not become shorter. */
const before = 5;
const enough = 40;
const near = 1.15;

/** What was found of a tile. */
export interface TileTime {
  /** The shortest time in milliseconds, for one sum of the tile. */
  readonly time: number;
  /** Whether it is that of code that was compiled anew. */
  readonly isAnew: boolean;
}

/**
 * Begins to time them; the function ends it. There are equal times for one alone, and where the clock is too coarse to tell. What is done before
 * it is called is time for the engine to compile in. It is told whether what was found decides as it would if all were compiled anew.
 */
export function startTiming(
  targets: readonly Target[],
): (isFirm: (found: readonly TileTime[]) => boolean) => readonly TileTime[] {
  const equal = () => targets.map(() => ({ time: 1, isAnew: true }));
  if (targets.length === 1) return equal;
  const all = runsOf(targets, webAssembly() as WebAssemblyApi);
  const read = () => {
    for (const { run, times } of all) {
      const from = performance.now();
      run();
      times.push(performance.now() - from);
    }
  };
  for (let i = 0; i <= before; i++) read();
  const found = () =>
    all.map(({ tile, times }) => ({
      time: Math.min(...times) / (repeats(tile) * tile.rows * tile.vectors),
      isAnew: isAnew(times),
    }));
  return (isFirm) => {
    const start = performance.now();
    let end = start + patience.first;
    let isAnyAnew = false;
    do {
      read();
      if (all.some(({ times }) => times.includes(0))) return equal();
      if (!isAnyAnew && all.some(({ times }) => isAnew(times))) {
        isAnyAnew = true;
        end = performance.now() + patience.others;
      }
      if (performance.now() >= end && !isFirm(found())) end = start + patience.most;
    } while (performance.now() < end && !all.every(({ times }) => isAnew(times) && isSteady(times)));
    return found();
  };
}

/** So that tiles of other sizes have about as much to do. */
const repeats = ({ rows, vectors }: Tile): number => Math.round((rounds * 20) / (rows * vectors));

const isSteady = (times: readonly number[]): boolean => {
  const shortest = Math.min(...times);
  return times.filter((time) => time < near * shortest).length >= enough;
};

/** The first readings but for the very first, which has in it what is done once, took longer than the shortest by as much. */
const isAnew = (times: readonly number[]): boolean => {
  const usual = times.slice(1, 1 + before).sort((a, b) => a - b)[Math.floor(before / 2)] as number;
  return usual > step * Math.min(...times);
};

/** What does the work of a tile once, and how long it took each time. */
interface Run {
  readonly tile: Tile;
  readonly run: () => void;
  readonly times: number[];
}

/** A run for each, all of one module. */
function runsOf(targets: readonly Target[], api: WebAssemblyApi): readonly Run[] {
  const module = new Module();
  const mostRows = Math.max(...targets.map(({ tile }) => tile.rows));
  const aBytes = mostRows * steps * stack * 4;
  const bBytes = mostVectors.wide * vectorBytes * steps;
  targets.forEach(({ relaxed, tile }, i) => {
    const { rows, vectors } = tile;
    const bStep = vectors * vectorBytes;
    const shape = { scalar: "f32", relaxed, rows, columns: vectors * 4, aRow: 4, aStep: rows * 4, bStep } as const;
    const tiles: Func = emitTiles(module, shape);
    module.func({ name: `run${i}`, params: [] }, (f) => {
      const left = f.local("i32");
      f.i32(repeats(tile)).set(left);
      f.loop((again) => {
        f.i32(0)
          .i32(rows * steps * 4)
          .i32(aBytes)
          .i32(aBytes + bBytes)
          .i32(bStep)
          .i32(stack)
          .i32(steps)
          .i32(0)
          .call(tiles);
        f.get(left).i32(1).op("i32.sub").tee(left).branchIf(again);
      });
    });
  });
  const bytes = aBytes + bBytes + stack * mostRows * mostVectors.wide * vectorBytes;
  const { exports } = new api.Instance(new api.Module(module.encode(Math.ceil(bytes / 65536))));
  const { memory, ...runs } = exports as { readonly memory: { readonly buffer: ArrayBuffer } } & Record<
    string,
    () => void
  >;
  new Float32Array(memory.buffer).fill(0.7);
  return targets.map(({ tile }, i) => ({ tile, run: runs[`run${i}`] as () => void, times: [] }));
}
