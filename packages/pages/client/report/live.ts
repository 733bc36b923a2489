import type { ReportData } from "@chainrule/nn";
import { words } from "./words.js";

/** Losses that have come since. */
interface Steps {
  readonly iteration: number;
  readonly seconds: number;
  readonly wallSeconds: number;
  readonly every: number;
  readonly from: number;
  readonly values: readonly (number | null)[];
}

const isOver = ({ state }: ReportData) => state !== "running" && state !== "waiting";

/** Takes what the server sends, until the run is over. */
export function follow(
  first: ReportData,
  show: (data: ReportData, isOfSteps?: boolean) => void,
  say: (text: string) => void,
): void {
  let data = first;
  if (isOver(data)) return;
  const source = new EventSource("events");
  let failures = 0;
  source.addEventListener("open", () => {
    failures = 0;
    say(words.live);
  });
  source.addEventListener("error", () => {
    // The browser tries again by itself, for as long as there is somebody to ask; then the program has ended.
    failures++;
    say(failures > 3 ? words.gone : words.lost);
    if (failures > 20) source.close();
  });
  source.addEventListener("report", ({ data: text }) => {
    data = JSON.parse(text) as ReportData;
    show(data);
    if (!isOver(data)) return;
    source.close();
    say("");
  });
  source.addEventListener("steps", ({ data: text }) => {
    const steps = JSON.parse(text) as Steps;
    const { every, from, values, ...progress } = steps;
    // Of another curve: the whole of it comes next.
    if (every !== data.losses.every || from > data.losses.values.length) return;
    const losses = { every, values: [...data.losses.values.slice(0, from), ...values] };
    data = { ...data, ...progress, losses };
    show(data, true);
  });
}
