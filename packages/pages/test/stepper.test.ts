import { createHash } from "node:crypto";
import {
  ChainruleError,
  type GraphJSON,
  graphFromJson,
  graphOf,
  type Tensor,
  tensor,
  variable,
  zeros,
} from "@chainrule/core";
import { graphs } from "@chainrule/core/testing";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type StepperOptions, stepper } from "../src/index.js";
import { lossNodes } from "../src/stepper/ops.js";
import { walkBackward } from "../src/stepper/walk.js";
import { words } from "../src/stepper/words.js";
import { apple, closure, layer, shared } from "./support/graphs.js";

const test = suite("stepper");

function dataOf(html: string) {
  const [, json] = /<script type="application\/json" id="data">([^<]*)<\/script>/.exec(html) ?? [];
  return JSON.parse(json ?? "") as { title: string; lang: string; graph: GraphJSON; closures: Record<string, object> };
}

test("one HTML file, with its code, its style and a policy that allows no others", () => {
  const html = stepper(apple());
  assert.match(html, /^<!doctype html>\n<html lang="en" data-theme="auto">/);
  assert.is(html.match(/<script/g)?.length, 2);
  assert.is(html.match(/<\/script>/g)?.length, 2);
  const [, policy = ""] = /Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
  assert.match(policy, /^default-src 'none'; /);
  assert.match(policy, /connect-src 'none'/);
  assert.not.match(policy, /unsafe|\*|https?:/);
  for (const element of ["script", "style"]) {
    const [, text = ""] = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(html) ?? [];
    assert.ok(text.length > 100);
    const hash = createHash("sha256").update(text).digest("base64");
    assert.ok(policy.includes(`${element}-src 'sha256-${hash}'`), `the hash of the ${element}`);
  }
  // Nothing is loaded: no address is in it but the names of namespaces.
  const markup = html.replace(/<(script|style)>[\s\S]*?<\/\1>/g, "");
  assert.not.match(markup, /<style| style=| on\w+=/);
  assert.not.match(markup, /\b(src|href)="(?!data:)|url\(/);
});

test("the same graph gives the same text", () => {
  assert.is(stepper(apple()), stepper(apple()));
  assert.is(stepper(layer().loss, { lang: "ko" }), stepper(layer().loss, { lang: "ko" }));
});

test("names and titles end no element, and start none", () => {
  const name = "</script><img src=x onerror=alert(1)><!-- \u2028 ' \" &amp;";
  const x = variable(2, { name });
  const html = stepper(x.mul(x).named(name), { title: name });
  assert.is(html.match(/<\/script>/g)?.length, 2);
  assert.not.match(html, /<img|<!--/);
  assert.is(dataOf(html).title, name);
  assert.is(dataOf(html).graph.edges[0]?.name, name);
});

test("the page's words in three languages, each with all of them", () => {
  for (const [lang, own] of Object.entries(words)) {
    assert.equal(Object.keys(own), Object.keys(words.en), lang);
    const html = stepper(apple(), { lang: lang as "en" });
    assert.match(html, `<html lang="${lang}"`);
    assert.is(dataOf(html).title, own.titleOf("price"));
    assert.ok(html.includes(own.needsScript));
  }
  assert.match(
    stepper(apple(), { title: "A & B", theme: "dark" }),
    /data-theme="dark">[\s\S]*<title>A &amp; B<\/title>/,
  );
});

test("the graph in the page is the one that was given, losses of nn included", () => {
  const { loss } = layer();
  const { graph } = dataOf(stepper(loss, { names: { logits: loss.node?.input(0) as Tensor } }));
  const again = graphFromJson(graph, { ops: lossNodes });
  assert.is(again.outputs[0]?.item(), loss.item());
  assert.ok(again.graph.edges.some(({ label }) => label === "logits"));
  assert.ok(graph.nodes.every((node) => node.closure === undefined));
});

test("what JSON cannot hold comes along with what it gave", () => {
  const { graph, closures } = dataOf(stepper(closure()));
  const place = graph.nodes.findIndex((node) => node.closure !== undefined);
  assert.equal(Object.keys(closures), [String(place)]);
  // z = (2 x)^2 y: dz/du = 2 u y = 60, and the user's gradient twice that.
  assert.equal(closures[place], {
    seed: { dtype: "float64", shape: [], values: 60 },
    gradients: [{ dtype: "float64", shape: [], values: 120 }],
  });
  assert.equal(dataOf(stepper(apple())).closures, {});
});

test("bad arguments are refused, with the repair", () => {
  const x = variable(2);
  const chain = Array.from({ length: 201 }).reduce<Tensor>((t) => t.mul(1.5), x);
  const cases: [() => unknown, RegExp][] = [
    [() => stepper(chain), /^stepper: the graph has 201 nodes, more than maxNodes \(200\); step through a part of it/],
    [() => stepper(x), /^stepper: the graph has no nodes to step through; give what was computed from a variable/],
    [() => stepper(tensor(1).mul(2)), /no nodes/],
    [() => stepper([]), /^stepper: got an empty list/],
    [() => stepper("x" as never), /^stepper: takes tensors and numbers, got string/],
    [() => stepper(x.mul(2), { lang: "fr" } as never), /^stepper: lang "fr": "en" or "ko" or "ja" is meant/],
    [
      () => stepper(x.mul(2), { theme: "blue" } as never),
      /^stepper: theme "blue": "auto" or "light" or "dark" is meant/,
    ],
    [() => stepper(x.mul(2), { title: 5 } as never), /^stepper: title 5: a text is needed/],
    [() => stepper(x.mul(2), { maxNodes: 0 }), /^stepper: maxNodes 0: a whole number of at least 1/],
    [() => stepper(x.mul(2), { language: "ko" } as StepperOptions), /^stepper: .*language/],
    [() => (stepper as (...x: unknown[]) => unknown)(x.mul(2), {}, 3), /^stepper: /],
  ];
  for (const [call, message] of cases) {
    assert.throws(
      call,
      (error: Error) => error instanceof ChainruleError && message.test(error.message),
      String(message),
    );
  }
  assert.ok(stepper(chain, { maxNodes: 201 }).includes("</html>"));
});

// --- the walk ------------------------------------------------------------------------------------------------------------

const walked = (output: Tensor) =>
  walkBackward(graphOf(output), ({ node, output }, i, dout) => node.localBackward(dout, i, output.tensor));

test("the walk finds the gradients that backward finds, in any graph", () => {
  fc.assert(
    fc.property(graphs({ maxOps: 20 }), ({ f, inputs }) => {
      const leaves = inputs.map((input) => variable(input));
      const output = f(...leaves);
      if (output.node === null) return;
      const { gradients } = walked(output);
      output.backward();
      for (const { tensor, index } of graphOf(output).edges) {
        if (!tensor.isVariable) continue;
        const [a, b] = [gradients[index]?.toArray(), tensor.grad?.toArray()].map((each) => [each].flat(9) as number[]);
        assert.is(a?.length, b?.length);
        a?.forEach((value, i) => {
          const other = b?.[i] as number;
          assert.ok(Math.abs(value - other) <= 1e-9 * (1 + Math.abs(other)), `${value} and ${other}`);
        });
      }
    }),
  );
});

test("the walk keeps what each use gives, and knows no gradient behind what is not known", () => {
  const output = shared();
  const { edges } = graphOf(output);
  const walk = walked(output);
  const t = edges.find(({ label }) => label === "t");
  assert.equal(
    walk.uses[t?.index ?? 0]?.map(({ node, gradient }) => [node.node.name, gradient?.item()]),
    [
      ["Mul", 2],
      ["Square", 10],
    ],
  );
  assert.is(walk.gradients[t?.index ?? 0]?.item(), 12);
  const graph = graphOf(output);
  const half = walkBackward(graph, ({ node, output }, i, dout) =>
    node.name === "Square" ? undefined : node.localBackward(dout, i, output.tensor),
  );
  const known = (label: string) => half.gradients[edges.find((edge) => edge.label === label)?.index ?? 0];
  assert.is(known("z")?.item(), 1);
  assert.is(known("t"), undefined);
  assert.is(known("x"), undefined);
});

test("gradients of what was broadcast are added up, of what is 0 are zeros", () => {
  const [x, b] = [variable([[1, 2], [3, 4]]), variable([10, 20])]; // biome-ignore format: a matrix
  const output = x.add(b).add(variable(zeros([2, 1])).floor());
  const graph = graphOf(output);
  const walk = walked(output);
  const gradient = (shape: string) =>
    graph.edges
      .filter(({ tensor, maker }) => maker === null && String(tensor.shape) === shape)
      .map(({ index }) => walk.gradients[index]?.toArray());
  assert.equal(gradient("2"), [[2, 2]]);
  assert.equal(gradient("2,2"), [[[1, 1], [1, 1]]]); // biome-ignore format: a matrix
  assert.equal(gradient("2,1"), [[[0], [0]]]);
});

test.run();
