import { grad, scan, stack, type Tensor, tensor, vmap } from "@chainrule/core";

// Written for one row, done for all.
const rows = tensor([
  [3, 4],
  [6, 8],
  [5, 12],
]);
const length = (row: Tensor) => row.square().sum().sqrt();
vmap(length)(rows);
vmap(grad(length))(rows); // the gradient of each row

// A loop as one node: a pendulum, step by step.
const start = tensor([2, 0]); // angle, speed
const times = tensor(Array.from({ length: 200 }, (_, i) => i * 0.05));
const swing = (start: Tensor, length: Tensor) =>
  scan(
    (state) => {
      const [angle, speed] = [state.slice([0]), state.slice([1])];
      const faster = speed.sub(angle.sin().mul(9.8).div(length).mul(0.05));
      const next = stack([angle.add(faster.mul(0.05)), faster]);
      return [next, next];
    },
    start,
    times,
  );

const [, states] = swing(start, tensor(1));
plot(
  times,
  { angle: states.slice([[0, 200], 0]), speed: states.slice([[0, 200], 1]) },
  { title: "A pendulum", x: "s" },
);

// How the last angle depends on the length: through 200 steps.
grad((length: Tensor) => swing(start, length)[0].slice([0]))(tensor(1));
