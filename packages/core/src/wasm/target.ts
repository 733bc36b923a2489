/**
 * What code is written for: chosen among what the engine has by its speed, and not by its presence. At the first use a handful of tiny
 * products is timed, and the outcome is kept. No engine is recognised by its name.
 */
import { environmentSwitch } from "../environment.js";
import { CompileError } from "../errors.js";
import { relaxedSimd } from "./features.js";
import { type Target, type Tile, tilesOf } from "./gemm-tile.js";
import { startTiming, step, type TileTime } from "./tile-times.js";
import { packVectors } from "./wide.js";

/**
 * Fused multiply-adds change bits: where the engine has them they are left only if products and sums apart are so much faster. (On an AMD EPYC
 * they are as fast as these on an idle core, and faster by 1.37 where two threads share one: the other way round, processes would not agree.)
 */
const margin = 1.3;

/** The choice between equals would be noise: the first is taken but for one that is so much faster. */
const gain = 1.05;

/** The best tile of each kind, and whether fused multiply-adds are there and not slower by the margin. */
interface Choice {
  readonly plain: Tile;
  readonly fused: Tile;
  readonly prefersFused: boolean;
}

/** What was said before anything was chosen. */
const said: { relaxed?: boolean | undefined; wide?: boolean } = {};

let choice: Choice | undefined;

/** What is given to who wants nothing else: every product in eager mode asks for it. */
let usual: Target | undefined;

/** What is being timed, since it was known that code will be written; see {@link prepareTarget}. */
let choosing: (() => Choice) | undefined;

/**
 * The form of code: with fused multiply-adds or without, or as it was said, or as it is faster here.
 *
 * @throws CompileError where fused multiply-adds are asked for and not there, and for a wrong environment variable
 */
export function targetOf(wanted?: boolean): Target {
  if (wanted === undefined) {
    usual ??= targetWith(said.relaxed ?? fromEnvironment());
    return usual;
  }
  if (wanted) checkRelaxed("the option relaxed: true");
  return targetWith(wanted);
}

function targetWith(wanted: boolean | undefined): Target {
  prepareTarget();
  choice ??= choosing?.() as Choice;
  const relaxed = wanted ?? choice.prefersFused;
  return { relaxed, tile: relaxed ? choice.fused : choice.plain };
}

/** Begins what {@link targetOf} ends: between them the engine compiles what is timed, in the background. */
export function prepareTarget(): void {
  choosing ??= startChoosing();
}

/** Whether the engine was asked to pack vectors. */
export const isWide = (): boolean => said.wide ?? environmentSwitch("CHAINRULE_WIDE") ?? false;

/** What {@link targetOf} gives from now on. @throws CompileError where that cannot be had; then nothing has changed */
export function setTarget(
  who: string,
  { relaxed, wide }: { readonly relaxed?: boolean | "auto"; readonly wide?: boolean },
): void {
  if (relaxed === true) checkRelaxed(`${who} with relaxed: true`);
  if (relaxed === false && fromEnvironment() === true)
    throw new CompileError(`${who} with relaxed: false contradicts the environment variable CHAINRULE_RELAXED=1`);
  if (wide !== undefined && wide !== isWide()) {
    if (choosing !== undefined)
      throw new CompileError(
        `${who}: wide comes too late, as there are kernels already; call it before the first product and the first program`,
      );
    if (wide) packVectors();
    said.wide = wide;
  }
  said.relaxed = relaxed === "auto" ? undefined : (relaxed ?? said.relaxed);
  usual = undefined;
}

function fromEnvironment(): boolean | undefined {
  const value = environmentSwitch("CHAINRULE_RELAXED");
  if (value === true) checkRelaxed("the environment variable CHAINRULE_RELAXED=1");
  return value;
}

function checkRelaxed(who: string): void {
  if (environmentSwitch("CHAINRULE_RELAXED") === false)
    throw new CompileError(
      `${who} asks for fused multiply-add, which the environment variable CHAINRULE_RELAXED=0 forbids`,
    );
  const { available, why } = relaxedSimd();
  if (!available) throw new CompileError(`${who} asks for fused multiply-add, and ${why}; leave it out`);
}

function startChoosing(): () => Choice {
  const wide = isWide();
  if (wide && said.wide === undefined) packVectors();
  const kinds = relaxedSimd().available ? [false, true] : [false];
  const targets = kinds.flatMap((relaxed) => tilesOf(relaxed, wide).map((tile) => ({ relaxed, tile })));
  const finish = startTiming(targets);
  const bestOf = (found: readonly TileTime[]) => {
    const timed = targets.map((target, i) => ({ ...target, ...(found[i] as TileTime) }));
    return [false, true].map((kind) => best(timed.filter(({ relaxed }) => relaxed === kind)));
  };
  return () => {
    const found = finish((found) => {
      const [plain, fused] = bestOf(found);
      if (plain === undefined || fused === undefined || plain.isAnew === fused.isAnew) return true;
      return plain.time < step * fused.time && fused.time < step * plain.time;
    });
    const [plain, fused] = bestOf(found) as [Timed, Timed | undefined];
    return {
      plain: plain.tile,
      fused: (fused ?? plain).tile,
      prefersFused: fused !== undefined && fused.time < margin * plain.time,
    };
  };
}

interface Timed extends Target, TileTime {}

/** The first, but for one that is faster by the gain. */
function best([first, ...others]: readonly Timed[]): Timed | undefined {
  return others.reduce((found, other) => (found && other.time * gain > found.time ? found : other), first);
}
