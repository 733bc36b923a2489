import { SingleBar } from "cli-progress";

/** After so long a silence a plain line tells of the progress where there is no terminal to draw a bar on. */
const secondsOfSilence = 5;

/**
 * How far a long piece of work has come: a live bar with rate and remaining time on a terminal, a plain line now and then
 * elsewhere. Lines printed with `log` stay above the bar.
 */
export class Progress {
  private readonly title: string;
  private readonly unit: string;
  private readonly total: number;
  private readonly first: number;
  private readonly bar: SingleBar | null;
  private done: number;
  private note = "";
  private started = performance.now();
  private lastLine = this.started;

  constructor(title: string, unit: string, total: number, first = 0) {
    this.title = title;
    this.unit = unit;
    this.total = total;
    this.first = first;
    this.done = first;
    this.bar = process.stdout.isTTY
      ? new SingleBar({
          stream: process.stdout,
          format: "{title} [{bar}] {percentage}% | {value}/{total} {unit} | {rate}/s | {remaining} left{note}",
          barsize: 24,
          clearOnComplete: true,
          // The program has a handler of its own, which saves a checkpoint.
          gracefulExit: false,
        })
      : null;
    this.draw();
  }

  /** Units done per second since the start. */
  get rate(): number {
    const seconds = (performance.now() - this.started) / 1000;
    return seconds === 0 ? 0 : (this.done - this.first) / seconds;
  }

  /** Seconds that the rest will take at the rate so far. */
  get remaining(): number {
    return this.rate === 0 ? Infinity : (this.total - this.done) / this.rate;
  }

  update(done: number, note = ""): void {
    this.done = done;
    this.note = note;
    if (this.bar !== null) {
      this.bar.update(done, this.payload());
    } else if (performance.now() - this.lastLine > secondsOfSilence * 1000) {
      this.lastLine = performance.now();
      console.log(
        `  ${this.title} ${done}/${this.total} ${this.unit}, ${this.rate.toFixed(0)}/s, ${time(this.remaining)} left${note}`,
      );
    }
  }

  log(line: string): void {
    this.bar?.stop();
    console.log(line);
    this.lastLine = performance.now();
    this.draw();
  }

  /** Work that is none of this progress, and whose time says nothing about its rate. */
  async pause<T>(work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await work();
    } finally {
      this.started += performance.now() - from;
    }
  }

  stop(): void {
    this.bar?.stop();
  }

  private draw(): void {
    this.bar?.start(this.total, this.done, this.payload());
  }

  private payload(): object {
    const { title, unit, note } = this;
    return { title, unit, note, rate: this.rate.toFixed(0), remaining: time(this.remaining) };
  }
}

/** A duration in seconds as "4 s" or "1 min 05 s". */
export function time(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, "0")} s`;
}
