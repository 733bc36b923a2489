import type { ReportData } from "@chainrule/nn";
import { h } from "../dom.js";
import { scrolling, type View } from "./dom.js";
import { words } from "./words.js";

/** The picture of the graph. */
export class GraphView implements View<ReportData> {
  readonly element: HTMLElement;
  private readonly place = scrolling(words.graph, "graph");
  private drawn: string | null = null;

  constructor() {
    this.element = h("div", {}, h("p", { class: "hint" }, words.graphHint), this.place);
  }

  update({ graph }: ReportData): void {
    if (graph === null || graph === this.drawn) return;
    this.drawn = graph;
    // The page's policy allows no style in an element or attribute, but a sheet that its own code makes.
    const sheet = new CSSStyleSheet();
    const text = graph
      .replace(/<style>([\s\S]*?)<\/style>/, (_, rules: string) => {
        sheet.replaceSync(
          rules
            .replaceAll("&gt;", ">")
            .replaceAll("&amp;", "&")
            // Paper is light.
            .replaceAll("@media (prefers-", "@media screen and (prefers-"),
        );
        return "";
      })
      .replace(/ style="[^"]*"/, "");
    const { documentElement } = new DOMParser().parseFromString(text, "image/svg+xml");
    document.adoptedStyleSheets.push(sheet);
    this.place.replaceChildren(document.adoptNode(documentElement));
  }
}
