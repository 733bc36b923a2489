import { fromArray, numericalGradient, Random, type Tensor, tensor } from "@chainrule/core";
import { Progress } from "@chainrule/nn/node";
import type { Interrupt } from "./interrupt.js";
import type { ParameterName, TwoLayerNet } from "./network.js";

/** The step of the central differences, the textbook's. */
const h = 1e-4;

/** The source's mean absolute differences, and what is asked for here. */
const expected: Readonly<Record<ParameterName, { readonly source: number; readonly bound: number }>> = {
  W1: { source: 5.9e-10, bound: 1e-9 },
  b1: { source: 3.5e-9, bound: 1e-8 },
  W2: { source: 6.0e-9, bound: 1e-8 },
  b2: { source: 1.4e-7, bound: 5e-7 },
};

/** A difference takes two losses, whose cost grows with the network: with more parameters than here, a sample is checked. */
const parametersCheckedInFull = 40_000;
const leastSample = 20;

/** Elements between two chances to interrupt. */
const chunk = 64;

export interface ParameterCheck {
  readonly name: ParameterName;
  readonly size: number;
  /** How many elements were compared. */
  readonly checked: number;
  /** How many were left out, because the difference would step over the kink of a ReLU. */
  readonly kinks: number;
  /** Mean absolute difference of backpropagation and central differences. */
  readonly difference: number;
  readonly source: number;
  readonly bound: number;
  readonly ok: boolean;
}

/**
 * Compares the gradient of each parameter by backpropagation with central differences of the loss.
 *
 * @param network in float64
 * @returns `null` if interrupted
 */
export async function verifyGradients(
  network: TwoLayerNet,
  images: Tensor,
  labels: Tensor,
  interrupt: Interrupt,
): Promise<ParameterCheck[] | null> {
  const loss = () => network.loss(images, labels);
  loss().backward();
  const parameters = Object.entries(network.parameters()) as [ParameterName, Tensor][];
  const atKink = kinkTest(network, images);
  const total = parameters.reduce((sum, [, parameter]) => sum + parameter.size, 0);
  const samples = parameters.map(([name, parameter]) => {
    const elements = sample(parameter.size, total);
    return { name, parameter, elements, smooth: elements.filter((element) => !atKink(name, element)) };
  });

  const progress = new Progress(
    "gradients",
    "parameters",
    samples.reduce((sum, { smooth }) => sum + smooth.length, 0),
  );
  const checks: ParameterCheck[] = [];
  let done = 0;
  try {
    for (const { name, parameter, elements, smooth } of samples) {
      const gradient = parameter.grad?.data ?? [];
      let sum = 0;
      for (let start = 0; start < smooth.length; start += chunk) {
        if (await interrupt.requested()) return null;
        const some = smooth.subarray(start, start + chunk);
        const numerical = differences(loss, parameter, some).data;
        some.forEach((element, i) => {
          sum += Math.abs((gradient[element] ?? Number.NaN) - (numerical[i] ?? Number.NaN));
        });
        done += some.length;
        progress.update(done);
      }
      const difference = smooth.length === 0 ? 0 : sum / smooth.length;
      const { source, bound } = expected[name];
      checks.push({
        name,
        size: parameter.size,
        checked: smooth.length,
        kinks: elements.length - smooth.length,
        difference,
        source,
        bound,
        ok: difference <= bound,
      });
    }
  } finally {
    progress.stop();
  }
  return checks;
}

/** Central differences of the loss by some elements of a parameter, which is left as it was. */
function differences(loss: () => Tensor, parameter: Tensor, elements: Int32Array): Tensor {
  const before = parameter.detach();
  // A copy of its own, changed from call to call: nothing that is computed of it outlives the call.
  const values = Float64Array.from(before.data);
  const some = tensor(Float64Array.from(elements, (element) => values[element] ?? Number.NaN));
  try {
    return numericalGradient(
      (changed) => {
        changed.data.forEach((value, i) => {
          values[elements[i] ?? -1] = value;
        });
        parameter.assign(fromArray(values, parameter.shape));
        return loss();
      },
      some,
      { h },
    );
  } finally {
    parameter.assign(before);
  }
}

/** All elements of a parameter, or about as large a share of each parameter as there is time for. */
function sample(size: number, total: number): Int32Array {
  const share = Math.min(1, (parametersCheckedInFull / total) ** 2);
  const count = Math.min(size, Math.max(leastSample, Math.ceil(size * share)));
  if (count === size) return Int32Array.from({ length: size }, (_, i) => i);
  return Int32Array.from(new Random(0).choice(size, count, { replace: false }).data).sort();
}

/** Whether a step of h on an element of the first layer moves an input of the ReLU over 0, where it has no derivative. */
function kinkTest(network: TwoLayerNet, images: Tensor): (name: ParameterName, element: number) => boolean {
  const { inputs, outputs } = network.affine1;
  const z = network.affine1.forward(images).data;
  const x = images.data;
  const rows = images.shape[0] ?? 0;
  return (name, element) => {
    if (name !== "W1" && name !== "b1") return false;
    const unit = element % outputs;
    for (let row = 0; row < rows; row++) {
      const moves = name === "b1" ? h : h * Math.abs(x[row * inputs + Math.floor(element / outputs)] ?? 0);
      if (moves > 0 && Math.abs(z[row * outputs + unit] ?? 0) <= moves) return true;
    }
    return false;
  };
}
