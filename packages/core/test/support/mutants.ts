import { customGradient, fromArray, graphOf, type Tensor, tensor, vjp } from "../../src/index.js";

// Backward passes with a mistake put in: what a gradient check is there to find.

type Op = (...inputs: readonly Tensor[]) => Tensor;

/** Where a mistake is put, and which of several of its kind. */
export interface Place {
  /** The input whose gradient is changed, and the element of it. */
  readonly input: number;
  readonly element: number;
  /** The element of the result that the input's element has its steepest derivative from. */
  readonly row: number;
  readonly choice: number;
}

export interface Mutation {
  readonly name: string;
  /** The gradient of an input in the place of the right one. */
  change(right: Tensor, i: number, place: Place, pull: (dout: Tensor) => Tensor, dout: Tensor): Tensor;
}

export const mutations: readonly Mutation[] = [
  { name: "times 1.001", change: (right) => right.mul(1.001) },
  {
    name: "sign of one element turned",
    change: (right, i, { input, element }) => (i === input ? right.mul(ones(right, element, -1)) : right),
  },
  {
    name: "one term dropped",
    change: (right, i, { input, row, choice }, pull, dout) => {
      if (i !== input) return right;
      // A term of the formula; where it has but one, one of the terms of the sum over the elements of the result.
      return withoutTerm(right, choice) ?? pull(dout.mul(ones(dout, row, 0)));
    },
  },
];

/** The function with the values of `f`, whose backward has a mistake in it. */
export function mutant(f: Op, inputs: readonly Tensor[], { change }: Mutation, place: Place): Op {
  const backward = inputs.map((_, i) => (dout: Tensor, ...rest: readonly Tensor[]) => {
    const pull = (dout: Tensor) => vjp(f, rest.slice(0, inputs.length)).pullback(dout)[i] as Tensor;
    return change(pull(dout), i, place, pull, dout);
  });
  return customGradient(f, backward as never, { name: "Mutant" }) as Op;
}

/** All derivatives: for each element of the result, and each input, those by its elements. */
export function jacobianOf(f: Op, inputs: readonly Tensor[]): number[][][] {
  const { value, pullback } = vjp(f, inputs);
  return Array.from({ length: value.size }, (_, row) =>
    pullback(ones(value, row, 1, 0)).map((gradient) => Array.from(gradient.data)),
  );
}

/** Where the steepest derivative stands. */
export function steepest(jacobian: readonly (readonly (readonly number[])[])[], choice: number): Place {
  let [place, most]: [Place, number] = [{ input: 0, element: 0, row: 0, choice }, -1];
  jacobian.forEach((gradients, row) => {
    gradients.forEach((gradient, input) => {
      gradient.forEach((value, element) => {
        if (!(Math.abs(value) > most && Number.isFinite(value))) return;
        [place, most] = [{ input, element, row, choice }, Math.abs(value)];
      });
    });
  });
  return place;
}

/** A gradient, with a term of one of the sums in its graph left out; `null` for one without sums. */
function withoutTerm(gradient: Tensor, choice: number): Tensor | null {
  const { nodes } = graphOf(gradient);
  const sums = nodes.filter(({ node }) => node.name === "Add" || node.name === "Sub");
  const sum = sums[choice % Math.max(1, sums.length)];
  if (sum === undefined) return null;
  const made = new Map<Tensor, Tensor>();
  for (const node of nodes) {
    const given = node.inputs.map(({ tensor }) => tensor);
    const inputs = given.map((input) => made.get(input) ?? input);
    if (node === sum) made.set(node.output.tensor, oneOf(inputs as [Tensor, Tensor], node.node.name, choice));
    else if (inputs.some((input, i) => input !== given[i])) {
      const copy = Object.assign(Object.create(Object.getPrototypeOf(node.node)), node.node) as typeof node.node;
      made.set(node.output.tensor, copy.apply(...inputs));
    }
  }
  return made.get(gradient) ?? null;
}

/** A sum or a difference without one of its operands, which is multiplied by 0 for its shape. */
function oneOf([x, y]: readonly [Tensor, Tensor], name: string, choice: number): Tensor {
  if (choice % 2 === 0) return x.add(y.mul(0));
  return name === "Sub" ? x.mul(0).sub(y) : x.mul(0).add(y);
}

/** Numbers in the shape of `t`: all 1 (or another number) but for one. */
function ones(t: Tensor, at: number, other: number, rest = 1): Tensor {
  if (t.rank === 0) return tensor(other);
  return fromArray(new Float64Array(t.size).fill(rest).fill(other, at, at + 1), t.shape);
}
