import {
  CompileError,
  compile,
  Generator,
  GraphError,
  grad,
  gradcheck,
  jvp,
  scan,
  type Tensor,
  variable,
  vmap,
  whileLoop,
} from "../../../src/index.js";
import { type Misuse, t } from "./misuse.js";

// The part of the table of misuses that is about functions which run on stand-ins, for a batch or for a program.

const batch = t([1, 2]);
const outside = variable(3, { name: "w" });

/** Twice x, with a hook on it. */
function hooked(x: Tensor): Tensor {
  const y = x.mul(2);
  y.onGradient((gradient) => gradient.mul(3));
  return y;
}

const outsideOfIt =
  "vmap: onGradient of a tensor [] in the function: its gradients for all elements come at once, when the derivative is taken outside; " +
  "take it inside, as in vmap(grad(f)), write customGradient, or add the hook to what goes in or comes out";

const withoutLimit =
  "whileLoop: a derivative goes through the steps of a loop in a program, or under vmap, which have to be kept: say how many there are at " +
  "most, by { limit: 100 }; or use fixedPoint, whose gradient needs no steps";

const doubled = (x: Tensor) =>
  whileLoop(
    (y: Tensor) => y.less(10),
    (y: Tensor) => y.mul(2),
    x,
  );

export const mappedMisuses: readonly Misuse[] = [
  {
    kind: "a mapped function that changes something, or uses a generator itself",
    advice: "It runs once for all elements of the batch: return what it makes, and change things outside.",
    cases: [
      [
        () => vmap((x: Tensor) => outside.assign(x))(batch),
        GraphError,
        "assign: not in what vmap runs, which runs once for all elements of the batch; return what changes (a loop carries it from step to step), and assign what comes out at the end",
      ],
      [
        () => vmap((x: Tensor) => void x.mul(outside).backward())(batch),
        GraphError,
        "backward: not in what vmap runs, which runs once for all elements of the batch; take derivatives there by grad(f)(x), which leaves nothing behind, or call backward() on what comes out",
      ],
      [
        () =>
          vmap((x: Tensor) => {
            outside.zeroGrad();
            return x;
          })(batch),
        GraphError,
        "vmap: the gradient of w [] is to be replaced in the function, which runs once for all elements; call zeroGrad() or set .grad outside of it",
      ],
      [
        () => {
          const generator = new Generator(1);
          vmap((x: Tensor) => x.add(t(generator.normal(2))))(batch);
        },
        CompileError,
        "vmap: generator.normal would be of use once, when the function is traced, and not at each call: draw tensors there, as in new Random(generator).normal(shape), and use the generator itself outside of the function",
      ],
    ],
  },
  {
    kind: "a mapped function that gives nothing",
    advice: "Return what it computes for one element.",
    cases: [
      [
        () => vmap((_: Tensor) => {})(batch),
        GraphError,
        "vmap: the function must give tensors, got undefined: return what it computes for one element",
      ],
      [
        () => vmap((_: Tensor) => [])(batch),
        GraphError,
        "vmap: the function must give tensors, got []: return what it computes for one element",
      ],
    ],
  },
  {
    kind: "a hook in a mapped function that is differentiated from outside",
    advice: "Take the derivative inside, or add the hook outside.",
    cases: [
      [() => grad((x: Tensor) => vmap(hooked)(x).sum())(batch), GraphError, outsideOfIt],
      [
        () =>
          grad((x: Tensor) =>
            vmap((x: Tensor) => scan((y: Tensor) => [hooked(y)], x, undefined, { length: 2 })[0])(x).sum(),
          )(batch),
        GraphError,
        outsideOfIt,
      ],
    ],
  },
  {
    kind: "a derivative of a loop without a limit in a mapped function",
    advice: "Say how many steps there are at most.",
    cases: [
      [() => vmap(grad(doubled))(batch), GraphError, withoutLimit],
      [() => vmap((x: Tensor) => jvp(doubled)(x, 1).tangent)(batch), GraphError, withoutLimit],
    ],
  },
  {
    kind: "a tensor that was kept when the function that made it was over",
    advice: "Return it from the function.",
    cases: [
      [
        () => {
          let kept: Tensor | null = null;
          vmap((x: Tensor) => {
            kept = x.mul(2);
            return kept;
          })(batch);
          (kept as Tensor | null)?.toArray();
        },
        CompileError,
        "a tensor, float64 [], was made in a function that was traced (by compile, vmap or what runs in them) and has no value outside of it; return it from that function",
      ],
    ],
  },
  {
    kind: "a gradient check of a compiled function",
    advice: "Check the function that is compiled.",
    cases: [
      [
        () =>
          gradcheck(
            compile((x: Tensor) => x.square()),
            [batch.named("x")],
          ),
        CompileError,
        'gradcheck: the function threw "compile: argument 0 is the variable x; let the function close over it, so that the program can update it, or give its values with detach()"; what a compiled function gives has no graph, and so no gradients to check: give gradcheck the function that is compiled',
      ],
    ],
  },
];
