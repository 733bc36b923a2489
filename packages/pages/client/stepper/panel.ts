import type { Words } from "../../src/stepper/words.js";
import { h } from "../dom.js";
import { backwardBlocks } from "./backward.js";
import { forwardBlocks } from "./forward.js";
import { equation, fraction, math, symbol } from "./math.js";
import type { Run, Step } from "./model.js";
import { definitionOf, Names } from "./names.js";
import { Scene } from "./scene.js";

/** The step in words and numbers, beside the picture. */
export class Panel {
  readonly element = h("section", { class: "panel", "aria-labelledby": "step-title" });
  private readonly words: Words;
  private run: Run | undefined;
  private position = 0;
  /** Which element of a result is computed in numbers. */
  private chosen = 0;

  constructor(words: Words) {
    this.words = words;
  }

  show(run: Run, position: number): void {
    if (position !== this.position) this.chosen = 0;
    this.run = run;
    this.position = position;
    this.element.replaceChildren(...this.contents(run, run.steps[position] as Step));
  }

  /** What a screen reader is told: what the panel says, without its tables. */
  get sentence(): string {
    const parts = Array.from(this.element.querySelectorAll(".step-head, h3, .equation, .note"), ({ textContent }) =>
      (textContent ?? "").replaceAll(/\s+/g, " ").trim(),
    );
    return parts.map((part) => (/[.。:]$/.test(part) ? part : `${part}.`)).join(" ");
  }

  private contents(run: Run, step: Step): HTMLElement[] {
    const { words } = this;
    switch (step.kind) {
      case "start":
        return [this.head(step, words.start), h("p", { class: "note" }, words.startText)];
      case "turn":
        return [this.head(step, words.seed), ...this.turn(run)];
      case "forward":
      case "backward": {
        const { node } = step;
        const scene = new Scene(run, node, this.position, this.chosen, words, (element) => this.choose(element));
        const closure = run.closureOf(node);
        return [
          this.head(step, node.node.name, node.output.label),
          ...(closure === undefined ? [] : [scene.note(words.closure(closure.why), "warning")]),
          ...(step.kind === "forward" ? forwardBlocks(scene) : backwardBlocks(scene)),
        ];
      }
      default:
        return step satisfies never;
    }
  }

  private head({ kind }: Step, title: string, result?: string): HTMLElement {
    const phase = kind === "start" || kind === "forward" ? this.words.forward : this.words.backward;
    const name = result === undefined ? null : h("span", { class: "of" }, " → ", result);
    return h(
      "header",
      { class: "step-head" },
      h("p", { class: `phase ${kind}` }, phase, h("span", { class: "unseen" }, ": ")),
      h("h2", { id: "step-title" }, title, name),
    );
  }

  private turn(run: Run): HTMLElement[] {
    const { outputs } = run.graph;
    const { top } = new Names(run);
    const isNamed = outputs[0]?.label === top;
    return [
      h("p", { class: "note" }, this.words.seedText(outputs.map(({ label }) => label).join(", "))),
      ...(isNamed ? [] : [equation(symbol(top), math(definitionOf(run)))]),
      ...outputs.map(({ label }) => equation(fraction(top, label), h("span", { class: "gradient" }, "1"))),
    ];
  }

  private choose(element: number): void {
    this.chosen = element;
    if (this.run === undefined) return;
    const wasFocused = document.activeElement?.id === "element";
    this.show(this.run, this.position);
    if (wasFocused) document.getElementById("element")?.focus();
  }
}
