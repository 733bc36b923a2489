/**
 * z = (x + y)^2 as t = x + y, z = t^2: the chain rule, shown on the graph.
 *
 * z = (x + y)^2을 t = x + y와 z = t^2으로 나누고, 연쇄 법칙을 계산 그래프에서 봅니다.
 * z = (x + y)^2 を t = x + y、z = t^2 として: 連鎖律を計算グラフで見る。
 *
 * dz/dt = 2t goes back through the square; the addition hands it on unchanged, so dz/dx = dz/dy = 2 (x + y).
 */
import { join } from "node:path";
import { print, variable } from "@chainrule/core";
import { toSvg } from "@chainrule/pictures";
import { saveFile } from "../support/file.js";
import { readOptions } from "../support/options.js";
import { compare, note, section } from "../support/report.js";

const { out } = readOptions({ out: "out" });

const x = variable(3, { name: "x" });
const y = variable(4, { name: "y" });
const t = x.add(y).named("t");
const z = t.pow(2).named("z");
z.backward();

compare("z", z.item(), 49);
compare("dz/dz", z.grad?.item(), 1);
compare("dz/dt = 2t", t.grad?.item(), 14);
compare("dz/dx = 2 (x + y)", x.grad?.item(), 14);
compare("dz/dy = 2 (x + y)", y.grad?.item(), 14);

note("The square hands back 2t = 14, and the addition gives it to both, unchanged.");

section("The graph as text");
console.log(print(z).replaceAll(/^/gm, "  "));

section("The graph as a picture, values above and derivatives below the lines");
saveFile(join(out, "square-of-sum.svg"), toSvg(z, { title: "z = (x + y)²" }));
