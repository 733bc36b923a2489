import { Frame } from "../graph/steps.js";

/** How a title and what is said of a step begin. */
const STEP = /^step \d+/;

/** Makes the frames again that nodes were made in: one for all that have the same titles. */
export class FramesFromJson {
  private readonly inner = new Map<Frame | null, Map<string, Frame>>();

  /**
   * @param titles the outermost first
   * @param step what `stepOf` says of the node: the steps among its frames, the innermost first
   * @returns undefined where the frames have no such steps
   */
  frameOf(titles: readonly string[], step: string | undefined): Frame | null | undefined {
    const saids = step === undefined ? [] : step.split(", in ");
    const own = titles.map(() => null as string | null);
    for (let i = titles.length - 1; i >= 0 && saids.length > 0; i--) {
      const [said] = STEP.exec(saids[0] as string) ?? [];
      if (said !== undefined && STEP.exec(titles[i] as string)?.[0] === said) own[i] = saids.shift() as string;
    }
    if (saids.length > 0) return undefined;
    return titles.reduce<Frame | null>((outer, title, i) => this.within(outer, title, own[i] as string | null), null);
  }

  private within(outer: Frame | null, title: string, said: string | null): Frame {
    const frames = this.inner.get(outer) ?? new Map<string, Frame>();
    const frame = frames.get(title) ?? new Frame(title, title, outer, said);
    this.inner.set(outer, frames.set(title, frame));
    return frame;
  }
}
