import { isFloat } from "../dtype.js";
import type { Node } from "../graph/node.js";
import { Part } from "../graph/part.js";
import { stepOf } from "../graph/steps.js";
import type { Tensor } from "../graph/tensor.js";
import { attributesOf } from "../inspect/describe.js";
import { type GraphNode, graphFrom } from "../inspect/graph.js";
import type { Generator } from "../random/generator.js";
import { formatShape } from "../shape/shape.js";
import { Implicit } from "../transforms/control/implicit.js";
import { compareBothWays } from "./comparison.js";
import { compareRandomly } from "./directions.js";
import type { GradcheckCulprit } from "./gradcheck-report.js";
import type { Settings } from "./settle.js";
import { largestOf, likewise, Subject, signs } from "./subject.js";

/** Inputs of up to this size are checked element by element, larger ones in some random directions. */
const ELEMENTS = 24;
const DIRECTIONS = 4;

/**
 * The nodes on the way from the rows of the seed to the inputs that are wrong by themselves, each checked alone: its
 * gradient at the recorded inputs, of the gradient that reaches it and of a random one, against differences of its local
 * forward. In forward order.
 */
export function findCulprits(
  subject: Subject,
  seed: Float64Array,
  settings: Settings,
  random: Generator,
): GradcheckCulprit[] {
  const found = new Map<Node, GradcheckCulprit>();
  const { nodes } = graphFrom("gradcheck", subject.inside.outputs, {});
  const known = new Set(nodes.map(({ node }) => node));
  for (const tape of subject.walks(seed, true, subject.inside)) {
    const onPath = new Set(tape.edges);
    for (const node of nodes) {
      const output = node.output.tensor;
      if (!onPath.has(output) || found.has(node.node)) continue;
      if (node.node instanceof Implicit) {
        for (const culprit of inEquations(node.node, known, settings, random)) found.set(culprit.node, culprit);
        continue;
      }
      const arriving = Float64Array.from(tape.gradient(output)?.array ?? []);
      const largest = largestOf(arriving);
      // The gradient that reaches the node shows what is wrong here; but it may be 0, or a special case.
      const seeds = [signs(random, output.size, true)];
      if (largest > 0 && Number.isFinite(largest)) seeds.unshift(arriving.map((value) => value / largest));
      const wrong = wrongInput(node.node, output, (input) => onPath.has(input), seeds, settings, random);
      if (wrong !== null) found.set(node.node, { ...wrong, ...placeOf(node, nodes.length) });
    }
  }
  const culprits = [...found.values()].sort((a, b) => a.position - b.position);
  // What passes nothing on may be a step finer than values as large as these can show: named if nothing else is.
  const passing = culprits.filter(({ analytic }) => analytic !== 0);
  return passing.length > 0 ? passing : culprits;
}

/** The nodes in the equations of a solution that are wrong by themselves, at the solution. */
function inEquations(
  { name, results }: Implicit,
  known: ReadonlySet<Node>,
  settings: Settings,
  random: Generator,
): GradcheckCulprit[] {
  const { nodes } = graphFrom("gradcheck", results, {});
  return nodes.flatMap((node) => {
    const { tensor } = node.output;
    if (known.has(node.node) || !tensor.requiresGrad) return [];
    const seeds = [signs(random, tensor.size, true)];
    const wrong = wrongInput(node.node, tensor, ({ requiresGrad }) => requiresGrad, seeds, settings, random);
    if (wrong === null) return [];
    const place = placeOf(node, nodes.length);
    return [{ ...wrong, ...place, step: place.step ?? `the equations of ${name}` }];
  });
}

function placeOf(
  node: GraphNode,
  nodes: number,
): Pick<GradcheckCulprit, "op" | "node" | "text" | "position" | "nodes" | "step"> {
  const call = [...node.inputs.map(({ label }) => label), ...attributesOf(node.node)].join(", ");
  const text = `${node.output.label}: ${node.node.name}(${call}) ${formatShape(node.output.tensor.shape)}`;
  return { op: node.node.name, node: node.node, text, position: node.index + 1, nodes, step: stepOf(node.node) };
}

type Wrong = Pick<GradcheckCulprit, "input" | "index" | "analytic" | "numerical">;

/** The node alone, as a function of its inputs on the way, whose results are combined by each of the seeds. */
function wrongInput(
  node: Node,
  output: Tensor,
  isWanted: (input: Tensor) => boolean,
  seeds: readonly Float64Array[],
  settings: Settings,
  random: Generator,
): Wrong | null {
  // The solution is no function of its inputs that could be called.
  if (node instanceof Implicit || (node instanceof Part && node.input(0).node instanceof Implicit)) return null;
  const { inputs } = node;
  const chosen = inputs.flatMap((input, i) => (isFloat(input.dtype) && isWanted(input) ? [i] : []));
  const wanted = chosen.map((i) => (inputs[i] as Tensor).detach());
  const names = chosen.map((i) => `input ${i}`);
  const largest = Math.max(...wanted.map((input) => largestOf(input.array)));
  const eps = settings.eps * (Number.isFinite(largest) ? Math.max(1, largest) : 1);
  for (const seed of seeds) {
    const weights = likewise(output.cast("float64"), seed);
    const combined = (moved: readonly Tensor[]) => {
      const at = inputs.map((input, i) => moved[chosen.indexOf(i)] ?? input.detach());
      // A copy, so that the node of the graph is not touched; what has inputs already copies itself in turn.
      const copy = Object.assign(Object.create(Object.getPrototypeOf(node)), node) as Node;
      return [
        copy
          .apply(...at)
          .cast("float64")
          .mul(weights)
          .sum(),
      ];
    };
    const alone = new Subject(combined, wanted, names);
    const isSmall = wanted.every(({ size }) => size <= ELEMENTS);
    const compare = isSmall ? compareBothWays : compareRandomly;
    const compared = compare(alone, { ...settings, eps, projections: DIRECTIONS }, random);
    const at = compared.findIndex(({ worst }) => worst?.kind === "wrong gradient");
    const worst = compared[at]?.worst;
    if (worst == null) continue;
    const { index, analytic, numerical } = worst;
    return { input: chosen[at] as number, index, analytic, numerical };
  }
  return null;
}
