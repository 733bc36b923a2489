// The direction of the house: which folder of core's src may use which. The picture in ARCHITECTURE.md is drawn from it.

/** The folders that the files of each folder may use, values and types alike. */
export const mayUse: Readonly<Record<string, readonly string[]>> = {
  // The files in src itself: errors and dtypes, which know nothing else.
  ".": [],
  shape: [],
  wasm: [],
  loops: ["shape", "wasm"],
  random: ["graph", "loops", "shape"],
  graph: ["loops", "shape"],
  ops: ["graph", "loops", "shape"],
  trace: ["graph", "random", "shape"],
  transforms: ["graph", "loops", "ops", "random", "shape", "trace"],
  check: ["graph", "inspect", "ops", "random", "shape", "transforms"],
  inspect: ["graph", "ops", "shape"],
  // An entry of its own, the only part with a dependency: fast-check, an optional peer.
  testing: ["check", "graph", "inspect", "ops", "shape"],
  debug: ["graph", "inspect", "ops", "shape"],
  // An entry of its own: who does not import it has no compiler in a bundle.
  fast: ["compile", "compile/graph", "compile/ir", "compile/run", "graph", "loops", "ops", "shape", "trace", "wasm"],
};

/** What all stages of the compiler may use; and the stages in their order, each with those that it stands on. */
export const belowCompile = ["graph", "loops", "ops", "random", "shape", "trace", "transforms", "wasm"];
export const stages: Readonly<Record<string, readonly string[]>> = {
  graph: [],
  ir: [],
  lower: ["graph", "ir"],
  schedule: ["graph", "ir", "lower"],
  plan: ["ir", "schedule"],
  emit: ["ir", "plan", "schedule"],
  run: ["graph", "ir", "plan", "schedule"],
};

/** Folders, each with those that it stands on directly: what these stand on themselves is left out. */
export function edges(folders: Readonly<Record<string, readonly string[]>>): (readonly [from: string, to: string])[] {
  const reaches = (from: string, to: string): boolean =>
    (folders[from] ?? []).some((each) => each === to || reaches(each, to));
  return Object.entries(folders).flatMap(([from, all]) =>
    all.filter((to) => !all.some((other) => other !== to && reaches(other, to))).map((to) => [from, to] as const),
  );
}

/** Both tables as a Mermaid diagram, an arrow from who uses to what is used. */
export function picture(): string {
  const folders = { ...mayUse, compile: belowCompile, fast: ["compile"] };
  // `graph` is a word of the language: names are labels, and nodes are called otherwise.
  const drawn = (all: Readonly<Record<string, readonly string[]>>, of: string, indent: string) => [
    ...Object.keys(all)
      .filter((name) => name !== ".")
      .map((name) => `${indent}${of}_${name}["${name}"]`),
    ...edges(all).map(([from, to]) => `${indent}${of}_${from} --> ${of}_${to}`),
  ];
  return [
    "flowchart TD",
    ...drawn(folders, "src", "  "),
    '  subgraph inside["the stages of compile"]',
    ...drawn(stages, "stage", "    "),
    "  end",
    "",
  ].join("\n");
}
