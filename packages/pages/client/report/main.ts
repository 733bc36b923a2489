import type { ReportData } from "@chainrule/nn";
import { h } from "../dom.js";
import { Confusion } from "./confusion.js";
import { LossCurves, MetricCurves, metricsOf } from "./curves.js";
import { Distributions } from "./distributions.js";
import type { View } from "./dom.js";
import { GraphView } from "./graph.js";
import { follow } from "./live.js";
import { Mistakes } from "./mistakes.js";
import { Moment } from "./moment.js";
import { Overview } from "./overview.js";
import { SettingsView } from "./settings.js";
import { UnitsView } from "./units.js";
import { words } from "./words.js";

interface Section {
  readonly id: keyof typeof words;
  readonly view: View<ReportData>;
  /** Whether it changes with each step, and not with evaluations alone. */
  readonly isOfSteps?: true;
  /** Whether there is something to show. */
  readonly has: (data: ReportData) => boolean;
}

const { report, isLive } = JSON.parse(document.getElementById("data")?.textContent ?? "") as {
  readonly report: ReportData;
  readonly isLive: boolean;
};

const moment = new Moment();
const overview = new Overview();
const always = () => true;
const sections: readonly Section[] = [
  { id: "overview", view: overview, isOfSteps: true, has: always },
  { id: "loss", view: new LossCurves(), isOfSteps: true, has: always },
  { id: "metrics", view: new MetricCurves(), has: (data) => metricsOf(data).length > 0 },
  { id: "distributions", view: new Distributions(moment), has: ({ distributions }) => distributions.length > 0 },
  { id: "units", view: new UnitsView(), has: ({ units }) => units.length > 0 },
  { id: "confusion", view: new Confusion(moment), has: ({ predictions }) => predictions !== null },
  { id: "mistakes", view: new Mistakes(), has: ({ predictions }) => (predictions?.mistakes.length ?? 0) > 0 },
  { id: "graph", view: new GraphView(), has: ({ graph }) => graph !== null },
  { id: "settings", view: new SettingsView(), has: always },
];

const parts = sections.map(({ id, ...rest }) => {
  const section = h(
    "section",
    { id, "aria-labelledby": `${id}-title` },
    h("h2", { id: `${id}-title` }, words[id]),
    rest.view.element,
  );
  const link = h("li", {}, h("a", { href: `#${id}` }, words[id]));
  return { ...rest, section, link };
});
const nav = h("nav", { "aria-label": words.sections }, h("ul", {}, ...parts.map(({ link }) => link)));
document.querySelector("header")?.after(nav);
document.querySelector("main")?.replaceChildren(...parts.map(({ section }) => section));

const heading = document.querySelector("h1");

function show(data: ReportData, isOfSteps = false): void {
  // A page that was there before its run was named has another title.
  document.title = data.title;
  if (heading !== null) heading.textContent = data.title;
  moment.update(data.looks);
  for (const { view, has, section, link, ...part } of parts) {
    if (isOfSteps && part.isOfSteps === undefined) continue;
    const isThere = has(data);
    section.hidden = !isThere;
    link.hidden = !isThere;
    if (isThere) view.update(data);
  }
}

show(report);
if (isLive) follow(report, show, (text) => overview.say(text));
