import { h } from "../dom.js";
import { rightOf } from "./elements.js";
import { equation, math, minus, symbol } from "./math.js";
import { elementAt, indicesOf, isScalar, textOf } from "./numbers.js";
import type { Scene } from "./scene.js";
import { tensorTable } from "./tables.js";

/** The local computation of a node on the way forward, and the tensors that it is about. */
export function forwardBlocks(scene: Scene): HTMLElement[] {
  const lines = formulaLines(scene);
  return [
    ...(lines.length > 0 ? [scene.block(scene.words.formula, ...lines, scene.chooser())] : []),
    scene.block(scene.words.values, legend(scene)),
  ];
}

/** `z = x * y = 100 * 2 = 200`; of tensors the formula by itself, and an element in numbers below. */
function formulaLines({ node, formula, names, numbers, element }: Scene): HTMLElement[] {
  if (formula === undefined) return [];
  const { tensor } = node.output;
  const result = h("span", { class: "value" }, minus(textOf(tensor, element)));
  const right = math(rightOf(formula.forward), names);
  const inNumbers = numbers?.forward ? math(numbers.forward) : null;
  if (isScalar(tensor)) return [equation(symbol(names.output), right, inNumbers, result)];
  const whole = equation(symbol(names.output), right);
  if (numbers === undefined || inNumbers === null) return [whole];
  const left = h("span", { class: "math" }, symbol(names.output), numbers.at(node.inputs.length));
  return [whole, equation(left, inNumbers, result)];
}

/** The tensors by their names, and by the letters that stand for long ones. */
function legend(scene: Scene): HTMLElement {
  const { node, names, numbers, words, element } = scene;
  const { tensor: output } = node.output;
  const indices = indicesOf(output.shape, element);
  const hasElements = numbers !== undefined && !isScalar(output);
  const edges = [...new Set([...node.inputs.filter(({ isLiteral }) => !isLiteral), node.output])];
  const rows = edges.map((edge) => {
    const isOutput = edge === node.output;
    const shown = isOutput ? names.output : names.input(node.inputs.indexOf(edge));
    const marked = isOutput ? element : elementAt(edge.tensor.shape, indices);
    return [
      h("dt", {}, symbol(shown), shown === edge.label ? null : ` ${edge.label}`),
      h(
        "dd",
        {},
        tensorTable(
          edge.tensor,
          words,
          "value",
          hasElements && (isOutput || scene.isElementwise) ? marked : undefined,
          isOutput && hasElements ? scene.choose : undefined,
        ),
      ),
    ];
  });
  return h("dl", { class: "legend" }, ...rows.flat());
}
