import { engineMembers } from "../support/engine-members.js";
import type { Engine } from "./argument-values.js";

/** Something that can be called, and what it is called by. */
export interface Callable {
  readonly name: string;
  call(args: readonly unknown[]): unknown;
}

type Namespace = Readonly<Record<string, unknown>>;
type AnyFunction = (...args: unknown[]) => unknown;

/** Members that are there for the engine alone: they are given what it has checked. */
const internal = new Set([
  ...engineMembers,
  // of a node, which `apply` and `forward` call
  "shapeRule",
  "dtypeRule",
  "localForward",
  "localBackward",
  "fastBackward",
  "backwardInPlace",
  "backwardScalar",
  "nodeOf",
  "applied",
  "takes",
  "composed",
  "composition",
  "connect",
  "connectAll",
  "compute",
  "computeChecked",
  "computeNow",
  "orderOf",
  "freedom",
  "tensorsOf",
  "notDifferentiable",
  // private or protected ones
  "given",
  "each",
  "checked",
  "checkCount",
  "update",
  "initialState",
  "fill",
  "asked",
  "draw",
  "assignments",
  "checkAlike",
  "stateOf",
  "allocate",
]);

/** Classes whose objects the engine makes, and not its user; errors are made as JavaScript makes them. */
const made = (name: string) =>
  name.endsWith("Error") ||
  ["Tensor", "Node", "Layer", "Optimizer", "Activation", "CsvTable", "RandomGraph"].includes(name);

/** Everything that the modules export and that can be called, methods of their objects included. */
export function callablesOf(modules: readonly Namespace[], engine: Engine): readonly Callable[] {
  const nn = Object.assign({}, ...modules) as Namespace;
  const found: Callable[] = [];
  for (const module of modules) {
    for (const [name, value] of Object.entries(module)) {
      if (typeof value !== "function") continue;
      if (!isClass(value)) found.push({ name, call: (args) => (value as AnyFunction)(...args) });
      else {
        const Class = value as unknown as new (...args: unknown[]) => unknown;
        if (!made(name)) found.push({ name: `new ${name}`, call: (args) => new Class(...args) });
        if (!made(name) && typeof Class.prototype.localForward === "function") found.push(...appliedNode(name, Class));
        found.push(...statics(name, Class));
      }
    }
  }
  return [...found, ...receivers(engine, nn).flatMap(([name, make]) => methods(name, make))];
}

function isClass(value: object): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value));
}

/** A node made with the arguments, or with none, and applied to them. */
function appliedNode(name: string, Class: new (...args: unknown[]) => unknown): Callable[] {
  return ["apply", "forward"].map((method) => ({
    name: `new ${name}().${method}`,
    call: (args) => (new Class() as Record<string, AnyFunction>)[method]?.(...args),
  }));
}

function statics(name: string, Class: object): Callable[] {
  return Object.getOwnPropertyNames(Class).flatMap((member) => {
    const value: unknown = Object.getOwnPropertyDescriptor(Class, member)?.value;
    if (typeof value !== "function" || member === "prototype") return [];
    return [{ name: `${name}.${member}`, call: (args) => (value as AnyFunction).apply(Class, [...args]) }];
  });
}

/** Objects of each kind, made anew for each call. */
function receivers(engine: Engine, nn: Namespace): [string, () => object][] {
  const { compile, Generator, grad, gradcheck, Mul, Random, tensor, variable, vjp, zeros } = engine;
  const list: [string, () => object][] = [
    ["matrix", () => tensor([[1, 2], [3, 4]])], // biome-ignore format: a matrix
    ["scalar", () => tensor(2)],
    ["integers", () => tensor([1, 0, 2], { dtype: "int32" })],
    ["bools", () => tensor([true, false])],
    ["empty", () => zeros([0, 2])],
    ["variable", () => variable([1, 2])],
    ["result", () => variable([1, 2]).square().sum()],
    ["generator", () => new Generator(1)],
    ["random", () => new Random(1)],
    ["node", () => new Mul()],
    ["report", () => gradcheck((x) => engine.sum(x), [1])],
    ["vjp", () => vjp((x) => engine.square(x), [tensor([1, 2])])],
    [
      "compiled",
      () =>
        Object.assign(
          compile((x) => x),
          { call: undefined, apply: undefined, bind: undefined },
        ),
    ],
    ["gradient", () => ({ of: grad((x) => engine.square(x).sum()) })],
  ];
  const make = (name: string, ...args: unknown[]): (() => object) => {
    const Class = nn[name] as new (...args: unknown[]) => object;
    return () => new Class(...args);
  };
  if ("SGD" in nn) {
    list.push(
      ["SGD", () => make("SGD", { w: variable([1, 2]) })()],
      ["Affine", make("Affine", 2, 2, { random: new Random(1) })],
    );
    list.push(
      ["Sequential", () => make("Sequential", [make("ReLU")()])()],
      ["BatchSampler", make("BatchSampler", 3, 2, { random: new Random(1) })],
    );
    list.push(["ByteRows", make("ByteRows", new Uint8Array(4), [2, 2])]);
  }
  return list;
}

function methods(name: string, make: () => object): Callable[] {
  const names = new Set<string>();
  for (
    let of: object | null = make();
    of !== null && of !== Object.prototype && of !== Function.prototype;
    of = Object.getPrototypeOf(of) as object | null
  ) {
    for (const member of Object.getOwnPropertyNames(of)) {
      const descriptor = Object.getOwnPropertyDescriptor(of, member);
      if (typeof descriptor?.value === "function" && !internal.has(member)) names.add(member);
      if (descriptor?.set !== undefined) names.add(`${member} =`);
    }
  }
  return [...names].map((member) => ({
    name: `${name}.${member}`,
    call: (args) => {
      const of = make() as Record<string, unknown>;
      if (!member.endsWith(" =")) return (of[member] as AnyFunction)(...args);
      of[member.slice(0, -2)] = args[0];
      return undefined;
    },
  }));
}
