import { test } from "uvu";
import * as assert from "uvu/assert";
import {
  compile,
  cond,
  fn,
  grad,
  type Program,
  type ProgramJSON,
  type ProgramKernel,
  programToJson,
  Random,
  scan,
  type Tensor,
  tensor,
  valueAndGrad,
  variable,
  whileLoop,
} from "../src/index.js";
import { graphs } from "../src/testing/index.js";
import { tested } from "./op-table.js";
import { gradientsOf } from "./support/compiled.js";
import { branchRows, callRows, implicitRows, scanRows } from "./support/control-rows.js";
import { forAll } from "./support/property.js";
import { constant, isDifferentiable, nameOf } from "./support/tensors.js";

// Programs as plain data: that it says the same as print, and that what kernels compute goes together with what they read.

/** A training step of a linear model. */
function linearStep(): Program<Tensor> {
  const w = variable([0, 0, 0], { name: "w" });
  const step = compile((x: Tensor, y: Tensor) => {
    const { value, gradient } = valueAndGrad((p: Tensor) => x.matmul(p).sub(y).square().sum())(w);
    w.assign(w.sub(gradient.mul(0.1)));
    return value;
  });
  return step.program(tensor([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), tensor([1, 2, 3])); // biome-ignore format: a matrix
}

test("kernels, memory and values are those of print", () => {
  const program = linearStep();
  const json = programToJson(program);
  const [main] = json.schedules;
  assert.ok(main !== undefined);
  assert.is(main.kernels.map(({ text }, i) => `${i} ${text}`).join("\n"), program.print("kernels"));
  const lines = main.buffers.map(
    ({ address, name, dtype, shape, bytes, role }) =>
      `${address}: ${name} ${dtype} [${shape.join(", ")}], ${bytes} bytes, ${role}`,
  );
  const total = `${json.bytes} bytes; without reuse ${json.bytesWithoutReuse}`;
  assert.is([...lines, total].join("\n"), program.print("memory"));
  for (const [stage, graph] of [
    ["graph", json.traced[0]],
    ["simplified", json.simplified[0]],
  ] as const) {
    const printed = graph?.values.map(({ id, label, name, inputs, settings = {}, dtype, shape, uses = [] }) => {
      const called = name === undefined ? label : `${label} ${name}`;
      const set = Object.entries(settings).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
      const end = uses.length === 0 ? "" : ` -> ${uses.join(", ")}`;
      const given = inputs.map((input) => `%${input}`).join(", ");
      return `%${id} = ${called}(${given})${set.join("")}: ${dtype} [${shape.join(", ")}]${end}`;
    });
    assert.is(printed?.join("\n"), program.print(stage));
  }
});

test("a training step: what stands in each kernel, and how long each buffer is needed", () => {
  const { schedules, simplified } = programToJson(linearStep());
  const [main] = schedules;
  const labels = new Map(simplified[0]?.values.map(({ id, label }) => [id, label]));
  const kernels = main?.kernels.map(({ name, values }) => [name, values.map((id) => labels.get(id)).join(" ")]);
  assert.equal(kernels, [
    ["MatMul", "MatMul"],
    ["Sub", "Sub"],
    ["Sum", "Square Sum"],
    ["Reshape", "Reshape BroadcastTo Mul Mul Reshape"],
    ["MatMul", "MatMul"],
    ["Sub", "Reshape Mul Sub"],
  ]);
  const w = main?.buffers.find(({ tensor }) => tensor === "w");
  const news = main?.buffers.find(({ over }) => over !== undefined);
  assert.is(news?.over, w?.name);
  assert.is(news?.address, w?.address);
  const [first] = main?.kernels ?? [];
  const product = main?.buffers.find(({ name }) => name === first?.writes[0]);
  assert.equal([product?.first, product?.last], [0, 1]);
  assert.equal([w?.first, w?.last], [null, null]);
});

test("loops, branches and calls have graphs and schedules of their own", () => {
  const w = variable([0.1, 0.2], { name: "w" });
  const f = compile((x: Tensor, h0: Tensor) =>
    grad((p: Tensor) => scan((h: Tensor, xi: Tensor) => [h.mul(p).add(xi).tanh()], h0, x)[0].sum())(w),
  );
  const loop = programToJson(f.program(tensor([[1, 2], [3, 4]]), tensor([0, 0]))); // biome-ignore format: a matrix
  assert.is(loop.simplified.length, 3);
  const [forward, backward] = loop.simplified[0]?.values.flatMap(({ blocks = [] }) => blocks) ?? [];
  assert.equal(
    forward?.inputs.map(({ as }) => as),
    ["carry 0", "x 0", "closed over"],
  );
  assert.equal([forward?.role, forward?.outputs], ["step", ["carry 0"]]);
  assert.equal(backward?.inputs.filter(({ as }) => as.startsWith("x")).length, 2);
  const [body] = loop.schedules[0]?.kernels[0]?.bodies ?? [];
  assert.equal(
    body?.copies.map(({ when, rows }) => [when, rows]),
    [
      ["before", undefined],
      ["before each step", "from"],
      ["before each step", "to"],
    ],
  );
  assert.is(
    loop.schedules[body?.schedule ?? 0]?.buffers.filter(({ sharedWith }) => sharedWith !== undefined).length,
    1,
  );

  const branch = programToJson(
    compile((x: Tensor) =>
      cond(
        x.sum().greater(0),
        () => x.exp(),
        () => x.neg(),
      ),
    ).program(tensor([1, 2])),
  );
  assert.equal(
    branch.schedules[0]?.kernels.at(-1)?.bodies?.map(({ role }) => role),
    ["branch 0", "branch 1"],
  );

  const asked = programToJson(
    compile((x: Tensor) =>
      whileLoop(
        (y: Tensor) => y.sum().less(100),
        (y: Tensor) => y.mul(2),
        x,
      ),
    ).program(tensor([1])),
  );
  assert.equal(
    asked.schedules[0]?.kernels.at(-1)?.bodies?.map(({ role }) => role),
    ["condition", "step"],
  );

  const square = fn((x: Tensor) => x.mul(x).sum());
  const calls = programToJson(
    compile((x: Tensor, y: Tensor) => square(x).add(square(y))).program(tensor([1]), tensor([2])),
  );
  assert.is(calls.schedules.length, 2, "what is called twice is there once");
  assert.is(calls.simplified.length, 2);
});

// --- any program ---------------------------------------------------------------------------------------------------------

/** What does not go together, in words. */
function faultsOf(json: ProgramJSON): string[] {
  assert.equal(JSON.parse(JSON.stringify(json)), json, "JSON holds all of it");
  const faults: string[] = [];
  json.schedules.forEach((schedule, s) => {
    const { values } = json.simplified[schedule.graph] as ProgramJSON["simplified"][number];
    const byId = new Map(values.map((value) => [value.id, value]));
    const buffers = new Map(schedule.buffers.map((buffer) => [buffer.name, buffer]));
    const computed = new Set(schedule.kernels.flatMap((kernel) => kernel.values));
    const stands = (id: number, names: readonly string[]) =>
      names.some((name) => buffers.get(name)?.values.includes(id) === true);
    const all = schedule.buffers.map(({ name }) => name);
    for (const { id, kind, label } of values) {
      const isNeeded = kind === "op" || kind === "draw";
      if (isNeeded && !computed.has(id) && !stands(id, all))
        faults.push(`schedule ${s}: nobody computes %${id} ${label}`);
    }
    schedule.kernels.forEach((kernel, k) => {
      const around = readsWith(kernel, schedule.kernels, buffers);
      for (const id of kernel.values) {
        for (const input of byId.get(id)?.inputs ?? []) {
          const given = byId.get(input);
          // What is empty nobody reads.
          const isThere =
            given?.kind === "number" ||
            given?.shape.includes(0) ||
            kernel.values.includes(input) ||
            stands(input, [...around.reads]);
          if (!isThere && !around.values.has(input)) faults.push(`schedule ${s}, kernel ${k}: %${id} has no %${input}`);
        }
      }
      for (const name of [...kernel.reads, ...kernel.writes]) {
        if (!buffers.has(name)) faults.push(`schedule ${s}, kernel ${k}: no buffer ${name}`);
      }
    });
  });
  return faults;
}

/** What the kernels read and compute that a kernel works together with: those that write what it reads and is no value, and so on. */
function readsWith(
  kernel: ProgramKernel,
  kernels: readonly ProgramKernel[],
  buffers: ReadonlyMap<string, ProgramJSON["schedules"][number]["buffers"][number]>,
): { readonly reads: ReadonlySet<string>; readonly values: ReadonlySet<number> } {
  const team = new Set([kernel]);
  for (const member of team) {
    const linked = new Set([
      ...member.reads.filter((name) => buffers.get(name)?.values.length === 0),
      ...member.writes,
    ]);
    for (const other of kernels) {
      if (
        [...other.writes, ...other.reads.filter((name) => buffers.get(name)?.values.length === 0)].some((name) =>
          linked.has(name),
        )
      )
        team.add(other);
    }
  }
  return {
    reads: new Set([...team].flatMap(({ reads, writes }) => [...reads, ...writes])),
    values: new Set([...team].flatMap(({ values }) => values)),
  };
}

const consistent = (program: Program<unknown>, what: string) =>
  assert.equal(faultsOf(programToJson(program)), [], what);

test("random graphs and their gradients", () => {
  forAll(graphs(), 60, ({ f, inputs }) => {
    const both = compile((...xs: Tensor[]) => valueAndGrad((...given: Tensor[]) => f(...given))(...xs));
    consistent(both.program(...inputs), "a random graph");
  });
});

test("each op, and its gradient", () => {
  for (const row of tested) {
    forAll(row.cases, 2, (drawn) => {
      const inputs = drawn.operands.map((operand) => constant(operand, row.dtypes[0] ?? "float64"));
      consistent(compile((...given: Tensor[]) => row.call(given, drawn.setting)).program(...inputs), nameOf(row));
      if (typeof row.gradient === "string" || !isDifferentiable(row, drawn)) return;
      const which = drawn.operands.flatMap(({ kind }, i) => (kind === "float" ? [i] : []));
      const gradients = compile((...given: Tensor[]) =>
        gradientsOf((...xs) => row.call(xs, drawn.setting), given, which).map((g) => g.detach()),
      );
      consistent(gradients.program(...inputs), `the gradient of ${nameOf(row)}`);
    });
  }
});

for (const { name, run, args } of [...scanRows, ...branchRows, ...implicitRows, ...callRows]) {
  test(`control flow: ${name}`, () => {
    const f = compile((list: readonly Tensor[], random: Random) => run(list, random));
    consistent(f.program(args, new Random(1)), name);
  });
}

test("what does not go together is found, and what is no program is an error", () => {
  const json = programToJson(linearStep());
  const without = (kernel: number) =>
    json.schedules.map((schedule) => ({
      ...schedule,
      kernels: schedule.kernels.map((each, k) => (k === kernel ? { ...each, values: each.values.slice(1) } : each)),
    }));
  assert.equal(faultsOf({ ...json, schedules: without(2) }).length, 2);
  assert.throws(() => programToJson(json as never), /^programToJson: takes the program of a compiled function/);
});

test.run();
