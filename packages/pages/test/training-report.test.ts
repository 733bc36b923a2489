import { createHash } from "node:crypto";
import { ChainruleError } from "@chainrule/core";
import { type ReportData, ReportRecorder } from "@chainrule/nn";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type TrainingReportOptions, trainingReport } from "../src/index.js";
import { smallRun } from "./support/run.js";

const hostile = `</script><script>alert(1)</script><img src=x onerror="alert(2)">&'`;

test("nothing of the data is read as HTML, and the data come back from the page as they were", async () => {
  const { report, trainer } = smallRun({
    title: hostile,
    command: hostile,
    settings: { [hostile]: hostile },
    epochs: 1,
  });
  await trainer.run();
  const data = report.data();
  const html = trainingReport(data);
  assert.is(html.match(/<script/g)?.length, 2);
  assert.not.match(html, /<img/);
  assert.match(
    html,
    "<h1>&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=&quot;alert(2)&quot;&gt;&amp;&#39;</h1>",
  );
  const [, json = ""] = /<script type="application\/json" id="data">(.*)<\/script>/.exec(html) ?? [];
  assert.equal(JSON.parse(json), { report: JSON.parse(JSON.stringify(data)), isLive: false });
});

test("the policy allows this script and this style, and no connection", () => {
  const html = trainingReport(new ReportRecorder().data());
  const [, policy = ""] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html) ?? [];
  const hash = (text = "") => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  assert.match(policy, `script-src ${hash(/<script>([\s\S]*)<\/script>/.exec(html)?.[1])};`);
  assert.match(policy, `style-src ${hash(/<style>([\s\S]*?)<\/style>/.exec(html)?.[1])};`);
  assert.match(policy, "default-src 'none';");
  assert.match(policy, "connect-src 'none'");
  assert.not.match(policy, "unsafe");
});

test("the same data give the same bytes, and the language is that of the page", () => {
  const data = new ReportRecorder({ title: "a" }).data();
  assert.is(trainingReport(data, { lang: "ko" }), trainingReport(data, { lang: "ko" }));
  for (const lang of ["en", "ko", "ja"] as const)
    assert.match(trainingReport(data, { lang }), `<html lang="${lang}" data-theme="auto">`);
});

test("what is no data and no option is refused", () => {
  const data = new ReportRecorder().data();
  for (const [given, options, message] of [
    [{}, {}, /takes the data of a report, as new ReportRecorder\(\)\.data\(\) gives it, got/],
    [null, {}, /takes the data of a report/],
    [{ ...data, version: 2 }, {}, /takes the data of a report/],
    [data, { lang: "de" }, /lang "de": "en", "ko" or "ja" is meant/],
    [data, { lang: "toString" }, /lang "toString"/],
    [data, { language: "en" }, /unknown option language; .*lang/],
  ] as const) {
    assert.throws(
      () => trainingReport(given as ReportData, options as TrainingReportOptions),
      (error: unknown) => error instanceof ChainruleError && message.test(error.message),
      String(message),
    );
  }
});

test.run();
