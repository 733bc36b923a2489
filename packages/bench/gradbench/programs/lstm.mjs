import { grad, scan, stack, tensor } from "@chainrule/core";

/** The mean score of each element of a sequence [c, b], predicted from those before it by layers whose matrices are diagonal. */
function score({ main, extra }, state, sequence) {
  const layers = main.split(main.shape[0] / 2).map((layer) => layer.unstack().map((part) => part.split(4)));
  const [inputWeight, outputWeight, outputBias] = extra.unstack();
  const step = (state, input) => {
    const next = [];
    const cells = state.unstack();
    let x = input.mul(inputWeight);
    layers.forEach(([weight, bias], i) => {
      const [hidden, cell] = [cells[2 * i], cells[2 * i + 1]];
      const [forget, ingate, outgate, change] = [x, hidden, x, hidden].map((value, gate) =>
        value.mul(weight[gate]).add(bias[gate]),
      );
      const nextCell = cell.mul(forget.sigmoid()).add(ingate.sigmoid().mul(change.tanh()));
      x = outgate.sigmoid().mul(nextCell.tanh());
      next.push(x, nextCell);
    });
    return [stack(next), x.mul(outputWeight).add(outputBias)];
  };
  const [, predicted] = scan(step, state, sequence.slice([[null, -1]]));
  const normalized = predicted.sub(predicted.exp().sum(1, { keepDims: true }).add(2).log());
  return sequence
    .slice([[1, null]])
    .mul(normalized)
    .mean()
    .neg();
}

/** @type {import("../programs.mjs").Evaluation} */
export const lstm = {
  arguments: ({ main_params: main, extra_params: extra, state, sequence }) => [
    { main: tensor(main), extra: tensor(extra) },
    tensor(state),
    tensor(sequence),
  ],
  functions: { objective: score, jacobian: grad(score) },
  outputs: { jacobian: ({ main, extra }) => [main, extra].flatMap((part) => part.reshape([-1]).toArray()) },
};
