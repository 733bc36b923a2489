import type { TensorJSON } from "@chainrule/core";
import type { StepperData } from "../../src/stepper/data.js";
import { words as allWords } from "../../src/stepper/words.js";
import { h } from "../dom.js";
import { Controls } from "./controls.js";
import { Inputs } from "./inputs.js";
import { Run } from "./model.js";
import { Panel } from "./panel.js";
import { Picture } from "./picture.js";

const data = JSON.parse(document.getElementById("data")?.textContent ?? "") as StepperData;
const words = allWords[data.lang];
const changed = new Map<number, TensorJSON>();
let run = new Run(data, changed);
let position = 0;

const picture = new Picture(words);
const panel = new Panel(words);
const spoken = h("p", { class: "unseen", role: "status" });
const controls = new Controls(words, run.steps.length, (next) => {
  position = next;
  show();
  spoken.textContent = `${words.stepOf(position, run.steps.length - 1)}. ${panel.sentence}`;
});

function show(): void {
  document.body.classList.toggle("is-backward", run.steps[position]?.kind === "backward");
  picture.draw(run);
  picture.show(position);
  panel.show(run, position);
}

/** Computes everything from an input that has changed; what the engine refuses is said, and changes nothing. */
function change(edge: number, value: TensorJSON): string | null {
  const before = changed.get(edge);
  changed.set(edge, value);
  try {
    run = new Run(data, changed);
  } catch (error) {
    if (before === undefined) changed.delete(edge);
    else changed.set(edge, before);
    return error instanceof Error ? error.message : String(error);
  }
  inputs.show(run);
  show();
  return null;
}

const inputs = new Inputs(words, run, change, () => {
  changed.clear();
  run = new Run(data, changed);
  inputs.show(run);
  show();
});

document
  .getElementById("stepper")
  ?.append(
    h("div", { class: "stage" }, picture.element, controls.element, h("p", { class: "keys" }, words.keys)),
    panel.element,
    inputs.element,
    spoken,
  );
inputs.show(run);
controls.goTo(0);
spoken.textContent = "";
new ResizeObserver(() => {
  picture.draw(run);
  picture.show(position);
}).observe(picture.element);
