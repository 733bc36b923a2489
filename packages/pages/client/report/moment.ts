import { h } from "../dom.js";
import { count } from "./text.js";
import { words } from "./words.js";

/** At which of the looks all that changes over time is shown: the last one, until another is chosen. */
export class Moment {
  private looks: readonly number[] = [];
  private chosen: number | null = null;
  private readonly listeners: (() => void)[] = [];

  /** Its place among the looks. */
  get index(): number {
    const { chosen, looks } = this;
    if (chosen === null) return looks.length - 1;
    // Of many looks some were left out meanwhile.
    const found = looks.findIndex((iteration) => iteration >= chosen);
    return found < 0 ? looks.length - 1 : found;
  }

  get iteration(): number {
    return this.looks[this.index] ?? 0;
  }

  get count(): number {
    return this.looks.length;
  }

  update(looks: readonly number[]): void {
    this.looks = looks;
  }

  choose(index: number): void {
    const place = Math.min(Math.max(index, 0), this.looks.length - 1);
    this.chosen = place === this.looks.length - 1 ? null : (this.looks[place] ?? null);
    for (const listener of this.listeners) listener();
  }

  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** A slider over the looks; all of them move together. */
  slider(): { readonly element: HTMLElement; readonly update: () => void } {
    const input = h("input", { type: "range", min: 0, step: 1 });
    const output = h("output", {});
    input.addEventListener("input", () => this.choose(Number(input.value)));
    const update = () => {
      input.max = String(Math.max(0, this.count - 1));
      input.value = String(this.index);
      output.textContent = count(this.iteration);
      input.setAttribute("aria-valuetext", `${words.iteration} ${count(this.iteration)}`);
    };
    this.onChange(update);
    return { element: h("label", { class: "moment" }, `${words.moment} `, input, " ", output), update };
  }
}
