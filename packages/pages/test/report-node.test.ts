import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChainruleError } from "@chainrule/core";
import { DataError, ReportRecorder } from "@chainrule/nn";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { ReportFile, serveReport } from "../src/node.js";
import { smallRun } from "./support/run.js";

const folder = mkdtempSync(join(tmpdir(), "report-"));
test.after(() => rmSync(folder, { recursive: true }));

test("the file is written when the run is over, in the place of another one, and nothing is left beside it", async () => {
  const path = join(folder, "report.html");
  writeFileSync(path, "an old one");
  const seen: string[] = [];
  const { trainer } = smallRun({
    targets: [new ReportFile(path, { lang: "ja" })],
    onStep: () => void seen.push(readFileSync(path, "utf8")),
    epochs: 2,
  });
  await trainer.run();
  assert.equal([...new Set(seen)], ["an old one"]);
  assert.match(readFileSync(path, "utf8"), /^<!doctype html>\n<html lang="ja" data-theme="auto">[\s\S]*"state":"done"/);
  assert.equal(readdirSync(folder), ["report.html"]);
});

test("a run that is stopped by an error leaves a report of what there was", async () => {
  const path = join(folder, "failed.html");
  const { trainer } = smallRun({
    targets: [new ReportFile(path)],
    onStep: () => {
      if (trainer.iteration === 15) throw new Error("no more");
    },
  });
  let thrown: unknown;
  await trainer.run().catch((error: unknown) => {
    thrown = error;
  });
  assert.match(String(thrown), "no more");
  assert.match(readFileSync(path, "utf8"), /"state":"failed","reason":"no more","resumedAt":0,"iteration":15,/);
});

test("a file that cannot be written is named", async () => {
  const { trainer } = smallRun({ targets: [new ReportFile(join(folder, "none", "report.html"))], epochs: 1 });
  let thrown: unknown;
  await trainer.run().catch((error: unknown) => {
    thrown = error;
  });
  assert.instance(thrown, DataError);
  assert.match((thrown as Error).message, /none.report\.html: cannot be written/);
  assert.not(existsSync(join(folder, "none")));
});

/** The answer to a request, with a Host of one's own. */
function asked(
  url: string,
  { method = "GET", host }: { readonly method?: string; readonly host?: string } = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, agent: false, ...(host !== undefined && { headers: { host } }) }, resolve);
    sent.on("error", reject);
    sent.end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += part;
  return text;
}

test("the page is served on the loopback address, to GET and to its own names alone", async () => {
  const live = await serveReport();
  const { port, hostname } = new URL(live.url);
  assert.is(hostname, "127.0.0.1");
  await live.update(new ReportRecorder({ title: "My run" }), "start");
  try {
    const page = await asked(live.url);
    assert.is(page.statusCode, 200);
    assert.match(String(page.headers["content-security-policy"]), "frame-ancestors 'none'");
    assert.is(page.headers["access-control-allow-origin"], undefined);
    const html = await textOf(page);
    assert.match(html, /<h1>My run<\/h1>/);
    assert.match(html, /connect-src 'self'/);
    const status = async (...given: Parameters<typeof asked>) => {
      const response = await asked(...given);
      response.resume();
      return response.statusCode;
    };
    assert.is(await status(live.url, { host: `localhost:${port}` }), 200);
    // As where a name of somebody else's leads here.
    for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1", `127.0.0.1:${port}.evil.example`]) {
      assert.is(await status(live.url, { host }), 403, host);
      assert.is(await status(`${live.url}events`, { host }), 403, host);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
      assert.is(await status(live.url, { method }), 405);
    for (const path of ["index.html", "../etc/passwd", "?x", "events/"])
      assert.is(await status(live.url + path), 404, path);
  } finally {
    await live.close();
  }
});

test("events bring the whole report, steps in between, and the end", async () => {
  const live = await serveReport({ port: 0, lang: "ko" });
  const { trainer, report } = smallRun({
    targets: [live],
    epochs: 4,
    // An epoch is longer than steps wait for each other: 12 of these.
    onStep: () => new Promise((resolve) => setTimeout(resolve, 50)),
  });
  const response = await asked(`${live.url}events`);
  const events: [string, { state?: string; iteration: number; from?: number; values?: unknown[] }][] = [];
  let text = "";
  response.setEncoding("utf8").on("data", (part: string) => {
    text += part;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(text.slice(0, end)) ?? [];
      if (event !== undefined && data !== undefined) events.push([event, JSON.parse(data)]);
      text = text.slice(end + 2);
    }
  });
  await trainer.run();
  await new Promise((resolve) => setTimeout(resolve, 50));
  await live.close();
  const states = events
    .filter(([event]) => event === "report")
    .map(([, { state, iteration }]) => `${state} ${iteration}`);
  assert.equal(states, [
    "waiting 0",
    "running 0",
    "running 0",
    "running 12",
    "running 24",
    "running 36",
    "running 48",
    "done 48",
  ]);
  const steps = events.filter(([event]) => event === "steps");
  assert.ok(steps.length >= 2, `${steps.length}`);
  for (const [, { iteration, from = 0, values = [] }] of steps) assert.is(from + values.length, iteration);
  assert.equal(events.at(-1)?.[1], JSON.parse(JSON.stringify(report.data())));
});

test("a port that is taken, and what is no port, is an error that says so", async () => {
  const live = await serveReport();
  const port = Number(new URL(live.url).port);
  let thrown: unknown;
  await serveReport({ port }).catch((error: unknown) => {
    thrown = error;
  });
  await live.close();
  assert.instance(thrown, ChainruleError);
  assert.match((thrown as Error).message, `serveReport: port ${port} cannot be had: `);
  for (const bad of [-1, 1.5, 65536, "80"]) {
    assert.throws(() => serveReport({ port: bad as number }), /serveReport: port .* whole number from 0 to 65535/);
  }
  assert.throws(() => serveReport({ host: "0.0.0.0" } as object), /unknown option host/);
  assert.throws(() => new ReportFile(""), /ReportFile: takes the path of a file/);
  assert.throws(() => new ReportFile("a", { lang: "xx" as "en" }), /ReportFile: lang "xx"/);
});

test.run();
