import { test } from "uvu";
import * as assert from "uvu/assert";
import { emitModule } from "../src/compile/emit/module.js";
import { simplify } from "../src/compile/graph/simplify.js";
import type { Buffer } from "../src/compile/ir/buffer.js";
import type { Expression } from "../src/compile/ir/expression.js";
import { isRecurrence, type Kernel, type LoopKernel, type Schedule } from "../src/compile/ir/kernel.js";
import { plan } from "../src/compile/plan/plan.js";
import type { ProgramMade } from "../src/compile/run/observer.js";
import { schedulesOf } from "../src/compile/schedule/passes.js";
import { viewOf } from "../src/dtype.js";
import { concat, matmul, Random, type Tensor, tensor, variable } from "../src/index.js";
import { ArgSort } from "../src/ops/sort.js";
import { trace } from "../src/trace/trace.js";
import { webAssembly } from "../src/wasm/features.js";
import { targetOf } from "../src/wasm/target.js";
import { interpretRuns } from "./support/interpreter/observe.js";

// The reference interpreter is what all other tests of compiled code lean on: here it is given programs with one defect each, in
// one stage. What it is given is right but for the defect, and passes without.

interface Spoilt {
  /** The schedule after a stage, by name; the module is made of what the last one is without this. */
  readonly schedules?: Readonly<Record<string, (schedule: Schedule) => Partial<Schedule>>>;
  readonly addresses?: (made: Schedule, addresses: Map<Buffer, number>) => void;
  /** What is done to the memory when the module has run. */
  readonly memory?: (view: (buffer: Buffer) => { [i: number]: number }, made: Schedule) => void;
  readonly failure?: number;
}

/** Runs a program once under the eyes of the interpreter. */
function run(f: (...inputs: Tensor[]) => Tensor[], inputs: readonly Tensor[], spoilt: Spoilt = {}): void {
  const given = { tensors: inputs, generators: [] };
  const traced = trace(given, ({ tensors }) => f(...tensors));
  const simplified = simplify(traced);
  const stages = schedulesOf(simplified);
  const made = (stages.at(-1) as (typeof stages)[number]).schedule;
  const planned = plan(made);
  const addresses = new Map(planned.addresses);
  spoilt.addresses?.(made, addresses);
  const api = webAssembly();
  const target = targetOf(false);
  if (api === undefined) throw new Error("these tests need WebAssembly");
  const module = new api.Module(emitModule(made, planned, target));
  const { memory, run } = new api.Instance(module).exports as { memory: { buffer: ArrayBuffer }; run: () => number };
  const program: ProgramMade = {
    traced,
    simplified,
    schedules: stages.map(({ stage, schedule }) => ({
      stage,
      schedule: { ...schedule, ...spoilt.schedules?.[stage]?.(schedule) },
    })),
    plan: { ...planned, addresses },
    target,
    memory: memory.buffer,
  };
  const view = (buffer: Buffer) =>
    viewOf(buffer.dtype, memory.buffer, planned.addresses.get(buffer) as number, buffer.size);
  for (const [i, input] of inputs.entries()) view(made.inputs[i] as Buffer).set(input.data);
  simplified.captures.forEach(({ tensor: { data } }, i) => {
    view(made.captures[i] as Buffer).set(data);
  });
  const after = interpretRuns(program)();
  const failure = run();
  spoilt.memory?.(view, made);
  after?.(spoilt.failure ?? failure);
}

function finds(pattern: RegExp, f: (...inputs: Tensor[]) => Tensor[], inputs: readonly Tensor[], spoilt: Spoilt): void {
  run(f, inputs);
  assert.throws(
    () => run(f, inputs, spoilt),
    (error: Error) => {
      assert.ok(pattern.test(error.message), `${pattern} is not in ${error.message}`);
      return true;
    },
  );
}

const x = new Random(1).normal([8, 8]);
const isLoop = (kernel: Kernel): kernel is LoopKernel => kernel.kind === "loop";

/** The same kernels, the first loop changed. */
function withLoop({ kernels }: Schedule, change: (loop: LoopKernel) => Kernel): Partial<Schedule> {
  const loop = kernels.find(isLoop);
  assert.ok(loop, "the program has a loop");
  return { kernels: kernels.map((kernel) => (kernel === loop ? change(loop) : kernel)) };
}

const twoProducts = (a: Tensor) => {
  const product = matmul(a, a);
  return [matmul(product, a).mul(product.sum({ axis: 0 }))];
};

test("kernels that do not compute what eager mode does: the first of them is named", () => {
  const reduce = (reduction: "max") => ({
    scheduling: (made: Schedule) => withLoop(made, (loop) => ({ ...loop, reduction })),
  });
  finds(/scheduling differs from eager mode: result 0.*\nkernel 2 Sum: for \[8\]/, twoProducts, [x], {
    schedules: reduce("max"),
  });
  const transposed = ({ kernels }: Schedule) => ({
    kernels: kernels.map((kernel) =>
      kernel.kind === "contraction" ? { ...kernel, a: { ...kernel.a, rowStride: 1, colStride: 8 } } : kernel,
    ),
  });
  finds(/scheduling differs from eager mode.*\nkernel 0 MatMul/, twoProducts, [x], {
    schedules: { scheduling: transposed },
  });
});

test("an operation in the place of another, in each kind of kernel", () => {
  const wrong = ({ value, ...store }: LoopKernel["stores"][number]) => {
    assert.is(value.op, "apply");
    return { ...store, value: { ...value, name: "sub" } } as LoopKernel["stores"][number];
  };
  finds(/scheduling differs from eager mode.*\nkernel 0 Add/, (a) => [a.add(1)], [x], {
    schedules: { scheduling: (made) => withLoop(made, (loop) => ({ ...loop, stores: loop.stores.map(wrong) })) },
  });
  const inclusive = (made: Schedule) =>
    withLoop(made, (loop) => {
      assert.ok(isRecurrence(loop.reduction));
      const value = loop.reduction.carries[0]?.next as Expression;
      return { ...loop, stores: loop.stores.map((store) => ({ ...store, value })) };
    });
  finds(/scheduling differs from eager mode.*\nkernel 0 Cumsum/, (a) => [a.cumsum(0, { exclusive: true })], [x], {
    schedules: { scheduling: inclusive },
  });
  const sorted = ({ kernels }: Schedule) => {
    const [up, down] = kernels.filter(({ kind }) => kind === "routine");
    assert.ok(up?.kind === "routine" && down?.kind === "routine");
    return { kernels: kernels.map((kernel) => (kernel === up ? ({ ...up, work: down.work } as Kernel) : kernel)) };
  };
  finds(
    /scheduling differs from eager mode.*\nkernel 0 ArgSort/,
    (a) => [new ArgSort(0).apply(a), new ArgSort(0, { descending: true }).apply(a)],
    [x],
    { schedules: { scheduling: sorted } },
  );
});

/** a takes the old values of b, and b those of twice a. */
function crossed() {
  const [a, b] = [variable(tensor([1, 2])), variable(tensor([3, 4]))];
  return () => {
    const twice = a.mul(2);
    a.assign(b);
    b.assign(twice);
    return [];
  };
}

test("new values written over old ones that are still to be read", () => {
  const loops = (change: (stores: LoopKernel["stores"]) => LoopKernel["stores"]) => (made: Schedule) =>
    withLoop(made, (loop) => ({ ...loop, stores: change(loop.stores) }));
  const early =
    /fusing loops differs from after scheduling: result 0, .* element 0 is 2, not 3 .*\nkernel 0 Mul, copy/s;
  finds(early, crossed(), [], { schedules: { "fusing loops": loops((stores) => stores.toReversed()) } });
});

test("a loop over nothing that is taken for a copy of one element", () => {
  const once = ({ kernels }: Schedule) => ({
    kernels: kernels.map((kernel) => {
      if (!isLoop(kernel) || !kernel.sizes.includes(0)) return kernel;
      return {
        ...kernel,
        sizes: [1],
        stores: kernel.stores.map((store) => ({ ...store, to: { offset: 0, strides: [1] } })),
      };
    }),
  });
  finds(
    /merging scalar copies differs from after scheduling: .* element 0 is 9, not 5 \(to the bit\)\nkernel 1 into/,
    (a, b) => [concat([b as Tensor, (a as Tensor).slice([[0, 0]])])],
    [tensor([9]), tensor([5])],
    { schedules: { "merging scalar copies": once } },
  );
});

test("memory that is shared too early", () => {
  const shared = (made: Schedule, addresses: Map<Buffer, number>) => {
    const [first, second] = made.buffers.filter(({ role, size }) => role === "temporary" && size === 64);
    addresses.set(second as Buffer, addresses.get(first as Buffer) as number);
  };
  finds(/planning differs from after scheduling/, (a) => [matmul(a, a).add(matmul(a, a.add(1)))], [x], {
    addresses: shared,
  });
});

test("a module that computes something else: the kernel whose code does it is not at hand when the memory was changed", () => {
  finds(/emitting differs from the interpreter: result 0, .* element 3 is 1000/, twoProducts, [x], {
    memory: (view, { outputs }) => {
      view(outputs[0] as Buffer)[3] = 1000;
    },
  });
  finds(/the module has changed buffer 0, which it was given/, twoProducts, [x], {
    memory: (view, { inputs }) => {
      view(inputs[0] as Buffer)[3] = 1000;
    },
  });
});

const positive = (a: Tensor) => {
  const isPositive = a.greater(0);
  return [isPositive, isPositive.where(a, 0).sum()];
};

test("reads and writes beside buffers, and of what nobody has written", () => {
  finds(/reads element 64 of buffer \d+, which has 64\nkernel 0 Exp/, (a) => [a.exp()], [x], {
    schedules: { scheduling: (made) => withLoop(made, (loop) => ({ ...loop, sizes: [9, 8] })) },
  });
  finds(/scheduling differs from eager mode.* is NaN/, (a) => [a.exp().sum({ axis: 0 }).sin()], [x], {
    schedules: { scheduling: ({ kernels }) => ({ kernels: kernels.slice(1) }) },
  });
  finds(/reads 247 as a truth value/, positive, [x], {
    schedules: { scheduling: ({ kernels }) => ({ kernels: kernels.slice(1) }) },
  });
});

test("a program stops where eager mode throws, with the same failure, and nowhere else", () => {
  const f = (a: Tensor, i: Tensor) => [a.take(i, 0)];
  const [good, bad] = [tensor([1, 7], { dtype: "int32" }), tensor([1, 8], { dtype: "int32" })];
  run(f as (...inputs: Tensor[]) => Tensor[], [x, bad]);
  finds(/ends with failure 1, eager mode does not stop/, f as (...inputs: Tensor[]) => Tensor[], [x, good], {
    failure: 1,
  });
  finds(/ends with failure 0, eager mode throws/, f as (...inputs: Tensor[]) => Tensor[], [x, bad], { failure: 0 });
});

test.run();
