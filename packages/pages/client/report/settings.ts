import type { ReportData } from "@chainrule/nn";
import { h } from "../dom.js";
import { scrolling, type View } from "./dom.js";
import { tableOf } from "./table.js";
import { count, shape } from "./text.js";
import { words } from "./words.js";

/** Layers, settings, versions, and the command that repeats the run. */
export class SettingsView implements View<ReportData> {
  readonly element = h("div", { class: "settings" });

  update({ layers, settings, seed, versions, command }: ReportData): void {
    const pairs: [string, string][] = [
      ...Object.entries(settings).map(([name, value]): [string, string] => [name, String(value)]),
      ...(seed === null ? [] : [[words.seed, seed] as [string, string]]),
    ];
    const part = (title: string, ...content: readonly Node[]) =>
      h("div", { class: "part" }, h("h3", {}, title), ...content);
    this.element.replaceChildren(
      ...(command === null ? [] : [part(words.command, commandOf(command))]),
      part(words.settings, scrolling(words.settings, "", tableOf({ head: [words.name, words.value], rows: pairs }))),
      part(words.network, scrolling(words.network, "layers", layerTable(layers))),
      part(
        words.versions,
        scrolling(words.versions, "", tableOf({ head: [words.name, words.value], rows: Object.entries(versions) })),
      ),
    );
  }
}

function layerTable(layers: ReportData["layers"]): HTMLTableElement {
  return tableOf({
    head: [words.layer, words.output, words.parameters],
    rows: layers.map(({ name, kind, depth, output, parameters }) => [
      `${"\u2003".repeat(depth)}${name === "" ? kind : `${name}: ${kind}`}`,
      output === null ? "–" : shape(output),
      count(parameters),
    ]),
  });
}

function commandOf(command: string): HTMLElement {
  const code = h("code", { tabindex: 0 }, command);
  const button = h("button", { type: "button" }, words.copy);
  const status = h("span", { role: "status", class: "faint" });
  button.addEventListener("click", async () => {
    getSelection()?.selectAllChildren(code);
    try {
      await navigator.clipboard.writeText(command);
      status.textContent = words.copied;
    } catch {
      // The command is selected: the keyboard copies it.
      status.textContent = "";
    }
  });
  return h("div", { class: "command" }, code, button, status);
}
