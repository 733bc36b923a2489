import { convolutions } from "./convolutions.js";
import { graphsOf } from "./graphs.js";
import { type Kind, kind } from "./kind.js";
import { loops } from "./loops.js";
import { ranges } from "./ranges.js";
import { reductions } from "./reductions.js";
import { states } from "./states.js";
import { parts, structures } from "./structures.js";
import { makers } from "./walk-ops.js";
import { checkWalk, WalkProgram, walkPrograms } from "./walks.js";

const walks: Kind<WalkProgram> = {
  name: "walks",
  weight: 3,
  programs: walkPrograms,
  check: (e, program) => {
    const found = checkWalk(e, program);
    return found === undefined ? undefined : `${found.kind}: ${found.text}`;
  },
};

/** The ops that hand a gradient on as it is, and those that add a part to it. */
const handing = makers.flatMap((maker, at) =>
  /add\(|sub\(|slice|take|split|unstack|passed/.test(maker([4, 3], [4, 3], 2, 0)?.text ?? "") ? [at] : [],
);

/** Programs for the walk of these ops alone. */
const cuts: Kind<WalkProgram> = {
  name: "cuts",
  weight: 5,
  programs: walkPrograms.map(({ drawn }) => {
    const genes = drawn.genes.map((gene) => ({ ...gene, op: handing[gene.op % handing.length] as number }));
    return new WalkProgram({ ...drawn, genes });
  }),
  check: (e, program) => {
    const found = checkWalk(e, program, { compiled: false });
    return found === undefined ? undefined : `${found.kind}: ${found.text}`;
  },
};

/** All kinds of programs. @param testing that of the engine under test */
export function kindsOf(testing: typeof import("../../src/testing/index.js")): readonly Kind[] {
  return [
    kind(walks),
    kind(cuts),
    kind(structures),
    kind(parts),
    kind(reductions),
    kind(states),
    kind(convolutions),
    kind(ranges),
    kind(loops),
    kind(graphsOf(testing)),
  ];
}
