import { closest, distance } from "fastest-levenshtein";
import { chapters, type Example, examples } from "./list.js";

/** The example that a name stands for, or what to say where there is none. */
export function findExample(name: string): Example | string {
  const chosen = examples.filter((each) => each.name === name || each.name.endsWith(`/${name}`));
  const names = (some: readonly Example[]) => some.map((each) => each.name).join(" or ");
  if (chosen.length === 1) return chosen[0] as Example;
  if (chosen.length > 1) return `There are several examples "${name}": ${names(chosen)}`;
  const similar = examples.filter((each) => each.name.includes(name));
  if (similar.length > 0 && similar.length < 5) return `There is no example "${name}"; did you mean ${names(similar)}?`;
  const known = [
    ...examples.flatMap((each) => [each.name, each.name.replace(/.*\//, "")]),
    ...chapters.map(({ folder }) => folder),
  ];
  const near = closest(name, known);
  const hint = distance(name, near) <= Math.ceil(name.length / 3) ? `did you mean ${near}? ` : "";
  return `There is no example "${name}"; ${hint}npm run example lists all`;
}
