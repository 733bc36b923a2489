import { test } from "uvu";
import * as assert from "uvu/assert";
import { simplify } from "../src/compile/graph/simplify.js";
import type { Buffer } from "../src/compile/ir/buffer.js";
import type { Affine, Expression } from "../src/compile/ir/expression.js";
import { type Kernel, type LoopKernel, type Schedule, writesOf } from "../src/compile/ir/kernel.js";
import { type Plan, plan } from "../src/compile/plan/plan.js";
import { type ScheduleStage, schedulesOf } from "../src/compile/schedule/passes.js";
import { verify } from "../src/compile/verify.js";
import { matmul, type Tensor, variable, zeros } from "../src/index.js";
import { type Trace, trace } from "../src/trace/trace.js";
import { Traced } from "../src/trace/traced.js";

// The verifier is what the other tests of compiled code lean on: here it is given programs with one defect each. What it is
// given is right but for the defect, and passes without.

interface Stages {
  readonly trace: Trace;
  readonly schedule: Schedule;
  readonly plan: Plan;
}

function stagesOf(f: (...inputs: Tensor[]) => Tensor[], ...inputs: Tensor[]): Stages {
  const simplified = simplify(trace({ tensors: inputs, generators: [] }, ({ tensors }) => f(...tensors)));
  const { schedule: made } = schedulesOf(simplified).at(-1) as ScheduleStage;
  const stages = { trace: simplified, schedule: made, plan: plan(made) };
  check(stages);
  return stages;
}

function check(stages: Stages): void {
  verify(stages.trace, stages.schedule, stages.plan);
}

function finds(pattern: RegExp, stages: Stages): void {
  assert.throws(
    () => check(stages),
    (error: Error) => /^compile: verification failed: /.test(error.message) && pattern.test(error.message),
  );
}

const withSchedule = (stages: Stages, change: Partial<Schedule>): Stages => ({
  ...stages,
  schedule: { ...stages.schedule, ...change },
});

function withAddress(stages: Stages, buffer: Buffer, address: number): Stages {
  return { ...stages, plan: { ...stages.plan, addresses: new Map([...stages.plan.addresses, [buffer, address]]) } };
}

/** A chain of two products, with the sum of the first by rows: temporary buffers with different lifetimes. */
const chain = () =>
  stagesOf(
    (x) => {
      const product = matmul(x, x);
      return [matmul(product, x).mul(product.sum({ axis: 0 }))];
    },
    zeros([8, 8]),
  );

function addressOf({ plan: { addresses } }: Stages, buffer: Buffer): number {
  const address = addresses.get(buffer);
  assert.type(address, "number");
  return address as number;
}

function only<T>(found: readonly T[]): T {
  assert.ok(found.length > 0, "the program has what is to be spoilt");
  return found[0] as T;
}

const loopsOf = ({ schedule: { kernels } }: Stages) =>
  kernels.filter((kernel): kernel is LoopKernel => kernel.kind === "loop");

function replaced(kernels: readonly Kernel[], kernel: Kernel, by: Kernel): Kernel[] {
  return kernels.map((each) => (each === kernel ? by : each));
}

test("a value that is used before it is made", () => {
  const stages = chain();
  const [output] = stages.trace.outputs;
  const { shape, dtype, source, inputs } = only([output as Traced]);
  const early = new Traced(0, shape, dtype, source, inputs);
  finds(/value \d+ uses \d+ before it is made/, { ...stages, trace: { ...stages.trace, outputs: [early] } });
});

test("a kernel that reads what is written later, or never", () => {
  const stages = chain();
  const { kernels } = stages.schedule;
  finds(/reads buffer \d+ before it is written/, withSchedule(stages, { kernels: kernels.toReversed() }));
  finds(/reads buffer \d+ before it is written/, withSchedule(stages, { kernels: kernels.slice(1) }));
});

test("a result that no kernel writes", () => {
  const stages = chain();
  finds(/result \d+ is never written/, withSchedule(stages, { kernels: stages.schedule.kernels.slice(0, -1) }));
});

test("a kernel that writes an argument", () => {
  const stages = stagesOf((x) => [x.add(1)], zeros([4]));
  const loop = only(loopsOf(stages));
  const input = only(stages.schedule.inputs);
  const stores = loop.stores.map((store) => ({ ...store, target: input }));
  const kernels = [...stages.schedule.kernels, { ...loop, stores }];
  finds(/writes input \d+/, withSchedule(stages, { kernels }));
});

test("loops that read and write beside their buffers", () => {
  const stages = stagesOf((x) => [x.add(1)], zeros([4]));
  const { kernels } = stages.schedule;
  const loop = only(loopsOf(stages));
  finds(/goes from 0 to 4 in buffer \d+ of 4/, withSchedule(stages, { kernels: [{ ...loop, sizes: [5] }] }));
  const aside = (to: Affine) => ({ ...loop, stores: loop.stores.map((store) => ({ ...store, to })) });
  for (const [offset, range] of [
    [1, /goes from 1 to 4 in/],
    [-1, /goes from -1 to 2 in/],
  ] as const) {
    finds(range, withSchedule(stages, { kernels: replaced(kernels, loop, aside({ offset, strides: [1] })) }));
  }
  check(withSchedule(stages, { kernels: replaced(kernels, loop, aside({ offset: 3, strides: [-1] })) }));
});

test("buffers that overlap while both are needed", () => {
  const stages = chain();
  const { inputs, outputs, buffers, kernels } = stages.schedule;
  const [input, output] = [only(inputs), only(outputs as Buffer[])];
  const temporary = only(buffers.filter(({ role, size }) => role === "temporary" && size === 64));
  const overlap = /buffers \d+ and \d+ overlap/;
  finds(overlap, withAddress(stages, output, addressOf(stages, input)));
  finds(overlap, withAddress(stages, temporary, addressOf(stages, input)));
  finds(overlap, withAddress(stages, temporary, addressOf(stages, input) + 16));
  // The first product is read by the kernel that writes the second one, which is no loop over the same places.
  const product = only(kernels.filter(({ kind }) => kind === "contraction").slice(1));
  const target = only(writesOf(product).filter(({ role }) => role === "temporary"));
  assert.is.not(target, temporary);
  finds(overlap, withAddress(stages, target, addressOf(stages, temporary)));
});

test("a loop writes over what dies in it, if it reads each element where it writes", () => {
  const over = (f: (y: Tensor) => Tensor) => {
    const stages = stagesOf((x) => [matmul(f(matmul(x, x)), x)], zeros([8, 8]));
    const [first, second] = stages.schedule.buffers.filter(({ role, size }) => role === "temporary" && size === 64);
    return withAddress(stages, second as Buffer, addressOf(stages, first as Buffer));
  };
  check(over((y) => y.exp()));
  finds(
    /overlap/,
    over((y) => y.exp().add(y.flip(0))),
  );
});

test("buffers outside of the memory, at address 0 or beside the alignment", () => {
  const stages = chain();
  const output = only(stages.schedule.outputs as Buffer[]);
  const { bytes } = stages.plan;
  for (const address of [0, bytes, bytes - 256, addressOf(stages, output) + 8]) {
    finds(/buffer \d+ lies at \d+ to \d+, outside of 0 to \d+/, withAddress(stages, output, address));
  }
});

test("new values of a variable in the place of the old ones, which somebody still reads", () => {
  const w = variable(zeros([4]));
  const stages = stagesOf(
    (x) => {
      w.assign(w.mul(x));
      return [w.add(x)];
    },
    zeros([4]),
  );
  const { kernels, aliases } = stages.schedule;
  const [place] = only([...aliases.values()].map((buffer) => [buffer]));
  const reader = only(loopsOf(stages));
  const scratch: Buffer = { id: 1000, dtype: "float64", shape: [4], size: 4, role: "output" };
  const late = { ...reader, stores: reader.stores.slice(0, 1).map((store) => ({ ...store, target: scratch })) };
  const spoilt = withSchedule(stages, { kernels: [...kernels, late], buffers: [...stages.schedule.buffers, scratch] });
  finds(new RegExp(`reads the old values of buffer ${place?.id}`), spoilt);
});

test("a loop that reads a state which it does not carry", () => {
  const stages = stagesOf((x) => [x.cumsum(), x.add(1)], zeros([4]));
  const [scan, sum] = loopsOf(stages) as [LoopKernel, LoopKernel];
  const value = { ...only(scan.stores).value, op: "state", carry: 1 } as Expression;
  for (const loop of [scan, sum]) {
    const spoilt = { ...loop, stores: loop.stores.map((store) => ({ ...store, value })) };
    finds(/reads a state/, withSchedule(stages, { kernels: replaced(stages.schedule.kernels, loop, spoilt) }));
  }
});

test("a loop that stores over what a later store of it still reads", () => {
  const [a, b] = [variable(zeros([4])), variable(zeros([4]))];
  const stages = stagesOf(
    (x) => {
      const old = a.mul(2);
      a.assign(x);
      b.assign(old);
      return [];
    },
    zeros([4]),
  );
  const loop = only(loopsOf(stages).filter(({ stores }) => stores.length > 1));
  const [place] = stages.schedule.captures;
  const isOld = ({ target }: { readonly target: Buffer }) =>
    target === place || stages.schedule.aliases.get(target) === place;
  const stores = [...loop.stores.filter(isOld), ...loop.stores.filter((store) => !isOld(store))];
  const kernels = replaced(stages.schedule.kernels, loop, { ...loop, stores });
  finds(new RegExp(`reads buffer ${place?.id} elsewhere, or later`), withSchedule(stages, { kernels }));
});

test.run();
