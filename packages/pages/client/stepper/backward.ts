import { type GraphEdge, ones, type Tensor } from "@chainrule/core";
import { h } from "../dom.js";
import { isDerivative, rightOf } from "./elements.js";
import { equation, fraction, joined, math, minus, signed } from "./math.js";
import { Progress } from "./model.js";
import { elementAt, indicesOf, isScalar, numberText, textOf } from "./numbers.js";
import type { Scene } from "./scene.js";
import { tensorTable } from "./tables.js";

/** The local computation of a node on the way backward: the gradient that arrives, and that of each input. */
export function backwardBlocks(scene: Scene): HTMLElement[] {
  const { node, names, words } = scene;
  const seed = seedOf(scene);
  const arriving =
    seed === undefined
      ? scene.note(words.unknown, "warning")
      : isScalar(seed)
        ? equation(fraction(names.top, names.output), number(seed))
        : table(scene, seed, scene.isElementwise ? scene.element : undefined, scene.isElementwise);
  const isLarge = seed !== undefined && !isScalar(seed) && scene.isElementwise;
  return [
    scene.block(words.arriving(node.output.label), arriving, isLarge ? scene.chooser() : null),
    ...node.inputs.flatMap(({ isLiteral }, i) => (isLiteral ? [] : [inputBlock(scene, i)])),
  ];
}

function seedOf({ run, node }: Scene): Tensor | undefined {
  return run.walk.gradients[node.output.index] ?? undefined;
}

function table(scene: Scene, t: Tensor, marked?: number, isChoosable = false): HTMLElement {
  return tensorTable(t, scene.words, "gradient", marked, isChoosable ? scene.choose : undefined);
}

/** A gradient that is a number. */
function number(t: Tensor): HTMLElement {
  return h("span", { class: "gradient" }, minus(textOf(t)));
}

/** What comes to one input: its local derivative, the chain rule, and the sum over all uses as far as the walk has come. */
function inputBlock(scene: Scene, i: number): HTMLElement {
  const { run, node, names, words, formula } = scene;
  const edge = node.inputs[i] as GraphEdge;
  if (!edge.tensor.requiresGrad) return scene.note(words.noGradient(edge.label), "faint");
  const text = formula?.backward[i] ?? null;
  const uses = run.walk.uses[edge.index] ?? [];
  const gradient = uses.find((use) => use.node === node && use.input === i)?.gradient;
  const lines = text === null ? [] : isDerivative(text) ? chainRule(scene, i, text, gradient) : [];
  if (gradient === undefined) lines.push(scene.note(words.unknown, "warning"));
  else if (text !== null && !isDerivative(text)) {
    const value = isScalar(gradient) ? number(gradient) : null;
    lines.push(equation(fraction(names.top, names.input(i)), math(rightOf(text), names), value));
  } else if (text === null && isScalar(gradient)) {
    lines.push(equation(fraction(names.top, names.input(i)), number(gradient)));
  }
  if (gradient !== undefined && !isScalar(gradient)) {
    const marked = scene.isElementwise
      ? elementAt(edge.tensor.shape, indicesOf(node.output.tensor.shape, scene.element))
      : undefined;
    lines.push(table(scene, gradient, marked));
  }
  // Of two uses by one node the sum is written once.
  if (uses.length > 1 && node.inputs.lastIndexOf(edge) === i) lines.push(...sumOfUses(scene, edge));
  return scene.block(words.gradientOf(edge.label), ...lines);
}

/** `dz/dx = 2 * x = 2 * 7 = 14`, and with what arrives the gradient; of tensors for one element. */
function chainRule(scene: Scene, i: number, text: string, gradient: Tensor | undefined): HTMLElement[] {
  const { node, names, numbers, words, element } = scene;
  const { top, output } = names;
  const name = names.input(i);
  const derivative = numbers?.derivatives[i] ?? null;
  const slope = derivative === null ? null : numberText(derivative.value);
  const local = equation(
    fraction(output, name),
    math(rightOf(text), names),
    derivative === null ? null : math(derivative.text),
    slope === null ? null : h("span", { class: "math" }, minus(slope)),
  );
  const product = [fraction(top, name), joined("×", fraction(top, output), fraction(output, name))];
  const seed = seedOf(scene);
  const lines = [h("h4", {}, words.localDerivative), local, h("h4", {}, words.chainRule)];
  if (derivative === null || slope === null || seed === undefined || gradient === undefined) {
    return [...lines, equation(...product)];
  }
  const arriving = seed.data[element] as number;
  const isRepeated = gradient.size < node.output.tensor.size;
  return [
    ...lines,
    equation(
      ...product,
      joined("×", h("span", { class: "gradient" }, signed(textOf(seed, element))), signed(slope)),
      h("span", { class: "gradient" }, minus(numberText(arriving * derivative.value))),
    ),
    ...(isRepeated ? [scene.note(words.repeated, "faint")] : []),
  ];
}

/** What the uses of a tensor add up to. */
function sumOfUses(scene: Scene, edge: GraphEdge): HTMLElement[] {
  const { run, words, names } = scene;
  const uses = run.walk.uses[edge.index] ?? [];
  const progress = new Progress(run, scene.position);
  const done = uses.filter((use) => progress.isBackwardDone(use.node));
  const title = h("h4", {}, words.usesOf(done.length, uses.length));
  const own = run.graph.outputs.includes(edge) ? [ones(edge.tensor.shape, { dtype: edge.tensor.dtype })] : [];
  const parts = [...own, ...done.flatMap(({ gradient }) => (gradient === undefined ? [] : [gradient]))];
  if (parts.length < own.length + done.length) return [title, scene.note(words.unknown, "warning")];
  const sum = parts.reduce((sum, part) => sum.add(part));
  if (!isScalar(sum)) return [title, table(scene, sum)];
  // The first needs no parentheses.
  const terms = joined("+", ...parts.map((part, i) => (i === 0 ? minus : signed)(textOf(part))));
  return [title, equation(fraction(names.top, edge.label), terms, number(sum))];
}
