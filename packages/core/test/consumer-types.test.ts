import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import oldest from "typescript-5.4";
import { test } from "uvu";
import * as assert from "uvu/assert";

// What is published, as the compilers of consumers read it: the oldest that is supported and the newest, each way to resolve
// modules, and with the declarations themselves checked (`skipLibCheck: false`).

const root = fileURLToPath(new URL("../../../../", import.meta.url));

const program = `
import { compile, grad, matmul, type Program, type Tensor, tensor, variable } from "@chainrule/core";
import { Affine, type Layer } from "@chainrule/nn";
import { toSvg } from "@chainrule/pictures";

export const product: Tensor<[2, 1]> = matmul(tensor([[1, 2], [3, 4]]), tensor([[1], [2]]));
export const method: Tensor<[2]> = variable([[1, 2], [3, 4]]).mul(2).sum({ axis: 0 });
export const slope: Tensor = grad((x: Tensor) => x.square().sum())(tensor([1, 2]));
export const step = compile((x: Tensor<[2]>) => x.exp());
export const picture: string = toSvg(product);
export const bytes = (program: Program<Tensor>): Uint8Array => program.module;
export const layer: Layer = new Affine(2, 3);
// @ts-expect-error inner sizes 2 and 3 differ
matmul(tensor([[1, 2]]), tensor([[1], [2], [3]]));
// @ts-expect-error what is the engine's own is not declared
product.slot;
`;

const folder = mkdtempSync(join(tmpdir(), "consumer-"));
mkdirSync(join(folder, "node_modules/@chainrule"), { recursive: true });
for (const name of ["core", "nn", "pictures", "pages"])
  symlinkSync(join(root, "packages", name), join(folder, "node_modules/@chainrule", name), "junction");
writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
writeFileSync(join(folder, "index.ts"), program);

const options = { target: "es2022", strict: true, noEmit: true, types: [], skipLibCheck: false };

function compile(compiler: string, module: string, moduleResolution: string): Promise<string> {
  const config = join(folder, `${compiler}.json`);
  writeFileSync(
    config,
    JSON.stringify({ compilerOptions: { ...options, module, moduleResolution }, files: ["index.ts"] }),
  );
  const tsc = join(root, "node_modules", compiler, "bin/tsc");
  return new Promise((resolve) => execFile(process.execPath, [tsc, "-p", config], (_, stdout) => resolve(stdout)));
}

const runs = {
  oldest: compile("typescript-5.4", "node16", "node16"),
  newest: compile("typescript", "esnext", "bundler"),
};

for (const [name, output] of Object.entries(runs)) {
  test(`a program compiles with the ${name} compiler, and so do the declarations`, async () => {
    assert.is(await output, "");
  });
}

test('each way to resolve modules finds the declarations, without "exports", too', () => {
  const { ModuleKind, ModuleResolutionKind, resolveModuleName, sys } = oldest;
  const { Node10, Node16, NodeNext, Bundler } = ModuleResolutionKind;
  for (const moduleResolution of [Node10, Node16, NodeNext, Bundler]) {
    for (const name of ["core", "nn", "pictures", "pages"]) {
      const from = join(folder, "index.ts");
      const mode = moduleResolution === Node10 ? undefined : ModuleKind.ESNext;
      const { resolvedModule } = resolveModuleName(
        `@chainrule/${name}`,
        from,
        { moduleResolution },
        sys,
        undefined,
        undefined,
        mode,
      );
      assert.is(resolvedModule?.resolvedFileName, join(root, "packages", name, "dist/lib/index.d.ts"));
    }
  }
});

test("no part of the compiler and of the walk is among the published types", () => {
  const lib = join(root, "packages/core/dist/lib");
  const files = readdirSync(lib, { recursive: true })
    .map(String)
    .filter((file) => file.endsWith(".d.ts"));
  const text = files.map((file) => readFileSync(join(lib, file), "utf8")).join("\n");
  assert.match(text, /class Tensor\b/);
  assert.not.match(text, /(class|interface) (Executable|Traced|Deferred|Code|VectorMath|LoopKernel|Scheduler|Trace)\b/);
});

test.after(() => rmSync(folder, { recursive: true }));
test.run();
