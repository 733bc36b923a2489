import type { Words } from "../../src/stepper/words.js";
import { h } from "../dom.js";
import { icon } from "./icon.js";

/** How long a step is shown while it plays, at the speed 1. */
const MILLISECONDS = 1600;
const SPEEDS = [0.5, 1, 2, 4];

const icons = {
  first: "M6 5h2v14H6zM19 5v14l-9-7z",
  previous: "M17 5v14l-10-7z",
  play: "M7 4v16l13-8z",
  pause: "M6 5h4v14H6zM14 5h4v14h-4z",
  next: "M7 5v14l10-7z",
  last: "M16 5h2v14h-2zM5 5v14l9-7z",
};

/** Buttons, a slider and keys by which one goes through the steps. */
export class Controls {
  readonly element: HTMLElement;
  private readonly words: Words;
  private readonly show: (position: number) => void;
  private readonly slider: HTMLInputElement;
  private readonly count: HTMLElement;
  private readonly playButton: HTMLButtonElement;
  private readonly backButtons: readonly HTMLButtonElement[];
  private readonly onButtons: readonly HTMLButtonElement[];
  private readonly last: number;
  private position = 0;
  private speed = 1;
  private timer: number | undefined;

  constructor(words: Words, steps: number, show: (position: number) => void) {
    this.words = words;
    this.show = show;
    this.last = steps - 1;
    const button = (name: keyof typeof icons & keyof Words, onclick: () => void, key: string) =>
      h(
        "button",
        {
          type: "button",
          onclick,
          "aria-label": words[name] as string,
          title: words[name] as string,
          "aria-keyshortcuts": key,
        },
        icon(icons[name]),
      );
    this.backButtons = [
      button("first", () => this.goTo(0), "Home"),
      button("previous", () => this.goTo(this.position - 1), "ArrowLeft"),
    ];
    this.playButton = button("play", () => this.toggle(), "Space");
    this.playButton.classList.add("play");
    this.onButtons = [
      button("next", () => this.goTo(this.position + 1), "ArrowRight"),
      button("last", () => this.goTo(this.last), "End"),
    ];
    this.slider = h("input", {
      type: "range",
      min: 0,
      max: this.last,
      value: 0,
      "aria-label": words.step,
      oninput: () => this.goTo(Number(this.slider.value)),
    });
    this.count = h("span", { class: "count" });
    const speeds = SPEEDS.map((speed) => h("option", { value: speed, selected: speed === 1 }, `${speed}×`));
    const speed = h("select", { id: "speed", onchange: () => this.setSpeed(Number(speed.value)) }, ...speeds);
    this.element = h(
      "div",
      { class: "controls", role: "group", "aria-label": words.controls },
      h("div", { class: "buttons" }, ...this.backButtons, this.playButton, ...this.onButtons),
      this.slider,
      this.count,
      h("span", { class: "speed" }, h("label", { for: "speed" }, words.speed), speed),
    );
    document.addEventListener("keydown", (event) => this.key(event));
  }

  /** Shows a step, and stops to play. */
  goTo(position: number): void {
    this.stop();
    this.move(position);
  }

  private move(position: number): void {
    this.position = Math.min(Math.max(position, 0), this.last);
    this.slider.value = String(this.position);
    const text = this.words.stepOf(this.position, this.last);
    this.slider.setAttribute("aria-valuetext", text);
    this.count.textContent = `${this.position} / ${this.last}`;
    // One that has the focus keeps it: a button that is disabled would lose it.
    for (const button of this.backButtons) button.setAttribute("aria-disabled", String(this.position === 0));
    for (const button of this.onButtons) button.setAttribute("aria-disabled", String(this.position === this.last));
    this.show(this.position);
  }

  private toggle(): void {
    if (this.timer !== undefined) {
      this.stop();
      return;
    }
    // From the end it begins again.
    this.move(this.position === this.last ? 0 : this.position + 1);
    this.setPlaying(true);
    this.wait();
  }

  private wait(): void {
    this.timer = window.setTimeout(() => {
      this.move(this.position + 1);
      if (this.position < this.last) this.wait();
      else this.stop();
    }, MILLISECONDS / this.speed);
  }

  private stop(): void {
    if (this.timer === undefined) return;
    window.clearTimeout(this.timer);
    this.timer = undefined;
    this.setPlaying(false);
  }

  private setPlaying(isPlaying: boolean): void {
    const name = isPlaying ? "pause" : "play";
    this.playButton.replaceChildren(icon(icons[name]));
    this.playButton.setAttribute("aria-label", this.words[name]);
    this.playButton.title = this.words[name];
  }

  private setSpeed(speed: number): void {
    this.speed = speed;
    if (this.timer === undefined) return;
    window.clearTimeout(this.timer);
    this.wait();
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const { target } = event;
    const element = target instanceof HTMLElement ? target : document.body;
    // Fields and lists have keys of their own, and so has a region that is scrolled.
    if (element.matches("input, select, textarea")) return;
    const keys: Readonly<Record<string, () => void>> = {
      ArrowRight: () => this.goTo(this.position + 1),
      ArrowLeft: () => this.goTo(this.position - 1),
      Home: () => this.goTo(0),
      End: () => this.goTo(this.last),
      ...(element.matches("button") ? {} : { " ": () => this.toggle() }),
    };
    const act = keys[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }
}
