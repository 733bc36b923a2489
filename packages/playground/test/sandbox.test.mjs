// What a program cannot do: hang the page, reach it, reach the network, keep anything.
import { createServer } from "node:http";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { closePages, commonPage, ended, open, openPage, results, runProgram, texts } from "./support.mjs";

const test = suite("sandbox");

test.before(async (context) => Object.assign(context, await open()));
test.after.each(closePages);
test.after(async (context) => context.close?.());

const button = (page, name) => page.getByRole("button", { name, exact: true });

/** Runs programs that each try what they must not be able to do, by what it is called. */
async function refused(page, attempts) {
  const tries = Object.entries(attempts).map(
    ([name, code]) =>
      `try { ${code}; console.log("reached", ${JSON.stringify(name)}); } catch { console.log("refused", ${JSON.stringify(name)}); }`,
  );
  await runProgram(page, tries.join("\n"), "done");
  assert.equal(
    await texts(page),
    Object.keys(attempts).map((name) => `refused ${name}`),
  );
}

test("the stop button ends a program that never ends, and the next one runs", async (context) => {
  const { page } = await commonPage(context);
  await runProgram(page, 'console.log("begun"); while (true) {}', null);
  await page.waitForFunction(() => document.querySelector(".entry")?.textContent.startsWith("begun"));
  assert.is(await page.locator(".code-view .status").textContent(), "Running ...");
  // The page answers meanwhile.
  await page.getByLabel("Language").selectOption("ko");
  await page.getByRole("button", { name: "중지" }).click();
  await ended(page, "stopped");
  await page.getByLabel("언어").selectOption("en");
  await runProgram(page, "1 + 1;", "done");
  assert.equal(await texts(page), ["2"]);
});

test("what timers do can be stopped, too, and is the program's until the last has run", async (context) => {
  const { page } = await commonPage(context);
  await runProgram(page, 'console.log("begun"); setTimeout(() => { while (true) {} }, 1);', "waiting");
  await button(page, "Stop").click();
  await ended(page, "stopped");
  await runProgram(
    page,
    "let i = 0; setInterval(() => { for (let k = 0; k < 50; k++) console.log(i++); }, 1);",
    "waiting",
  );
  await page.getByText(/ more are not shown/).waitFor();
  await button(page, "Stop").click();
  assert.ok(await button(page, "Stop").isDisabled());
  const code = `const wait = () => new Promise<void>((done) => setTimeout(done, 20));
const never = setTimeout(() => console.log("never"), 50);
clearTimeout(never);
void (async () => { for (let i = 0; i < 3; i++) { await wait(); console.log(i); } })();`;
  await runProgram(page, code, "done");
  assert.equal(await texts(page), ["0", "1", "2"]);
  assert.ok(await button(page, "Stop").isDisabled());
});

test("a change runs in the place of a program that never ends", async (context) => {
  const { page } = await commonPage(context);
  await runProgram(page, "while (true) {}", null);
  await runProgram(page, "3 + 4;", "done");
  assert.equal(await texts(page), ["7"]);
});

test("a flood of prints is cut, and what fills the memory is ended", async (context) => {
  const { page } = await commonPage(context);
  await runProgram(page, "for (let i = 0; i < 5000; i++) console.log(i);", "done");
  assert.is((await results(page)).length, 1000);
  assert.match(await page.locator(".result").textContent(), /4000 more are not shown/);
  await runProgram(page, 'const text = "x".repeat(1e6); while (true) console.log(text);', null);
  await page.waitForTimeout(500);
  await button(page, "Stop").click();
  await ended(page, "stopped");
  await runProgram(page, "const all: number[][] = []; while (true) all.push(Array(1e6).fill(all.length));", null);
  await page.waitForTimeout(1000);
  await button(page, "Stop").click();
  await ended(page, "stopped");
  await runProgram(page, "5;", "done");
  assert.equal(await texts(page), ["5"]);
});

test("it has no way to post messages of its own", async (context) => {
  const { page, complaints } = await commonPage(context);
  const attempts = [
    "postMessage(1)",
    "self.postMessage(1)",
    "DedicatedWorkerGlobalScope.prototype.postMessage.call(self, 1)",
    "MessagePort.prototype.postMessage.call(self, 1)",
    "Worker.prototype.postMessage.call(self, 1)",
  ];
  await refused(page, Object.fromEntries(attempts.map((code) => [code, code])));
  assert.equal(complaints, []);
});

test("texts are texts, and names of tensors too", async (context) => {
  const { page, complaints } = await commonPage(context);
  const bad = "<img src=/stolen onerror='hit = 1'><script>hit = 1</script>";
  const code = `import { variable } from "@chainrule/core";
const x = variable(1, { name: ${JSON.stringify(bad)} });
const y = x.mul(x).named(${JSON.stringify(bad)});
console.log(${JSON.stringify(bad)});
plot({ [${JSON.stringify(bad)}]: [1, 2] }, { title: ${JSON.stringify(bad)} });
y;
throw Object.assign(new Error(${JSON.stringify(bad)}), { name: ${JSON.stringify(bad)} });`;
  await runProgram(page, code, "failed");
  await page.locator(".graph img").waitFor();
  await page.waitForTimeout(200);
  assert.is(await page.evaluate(() => globalThis.hit), undefined);
  assert.is(await page.locator(".result img, .result script").count(), 0);
  assert.is(context.requests.filter(({ path }) => path === "/stolen").length, 0);
  assert.equal(complaints, []);
});

test("it has no page above it, and no storage", async (context) => {
  const { page } = await commonPage(context);
  const attempts = {
    document: "document.title",
    window: "window.parent.location.href",
    parent: "parent.document.body",
    top: "top.location = 'http://127.0.0.1/'",
    localStorage: "localStorage.setItem('a', 'b')",
    cookie: "document.cookie = 'a=b'",
    indexedDB:
      "await new Promise((good, bad) => { const open = indexedDB.open('a'); open.onsuccess = good; open.onerror = () => bad(new Error('refused')); })",
    caches: "await caches.open('a')",
    files: "await navigator.storage.getDirectory()",
    locks: "await navigator.locks.request('a', () => 1)",
  };
  await refused(page, attempts);
});

test("it cannot speak to another tab of the page", async (context) => {
  const { page, context: tabs } = await commonPage(context);
  const other = await tabs.newPage();
  await other.goto(context.site.origin);
  await other.evaluate(() => {
    globalThis.heard = 0;
    new BroadcastChannel("a").onmessage = () => {
      globalThis.heard++;
    };
  });
  await runProgram(
    page,
    'try { new BroadcastChannel("a").postMessage("b"); } catch {} await new Promise((done) => setTimeout(done, 300));',
    "done",
  );
  assert.is(await other.evaluate(() => globalThis.heard), 0);
});

test("nothing of it reaches the network", async (context) => {
  const heard = [];
  const server = createServer(({ url }, response) => {
    heard.push(url);
    response
      .writeHead(200, { "access-control-allow-origin": "*", "content-type": "text/javascript" })
      .end("export {};");
  });
  server.on("upgrade", ({ url }, socket) => {
    heard.push(url);
    socket.destroy();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    const at = `127.0.0.1:${server.address().port}`;
    const { page } = await commonPage(context);
    const before = context.requests.length;
    const attempts = {
      fetch: `await fetch("http://${at}/fetch")`,
      "fetch without cors": `await fetch("http://${at}/no-cors", { mode: "no-cors" })`,
      "fetch of the page": `await fetch("${context.site.origin}index.html?stolen", { mode: "no-cors" })`,
      XMLHttpRequest: `await new Promise((good, bad) => { const request = new XMLHttpRequest(); request.onload = good; request.onerror = bad; request.open("GET", "http://${at}/xhr"); request.send(); })`,
      WebSocket: `await new Promise((good, bad) => { const socket = new WebSocket("ws://${at}/socket"); socket.onopen = good; socket.onerror = () => bad(new Error()); })`,
      EventSource: `await new Promise((good, bad) => { const source = new EventSource("http://${at}/events"); source.onopen = good; source.onerror = bad; })`,
      importScripts: `importScripts("http://${at}/scripts")`,
      "import()": `await import(["http:", "", "${at}", "module"].join("/"))`,
      "import() of data": `await import(["data:text/javascript", "export {}"].join(","))`,
      eval: `eval("1")`,
      Function: `new Function("return 1")()`,
      Image: `new Image().src = "http://${at}/image"`,
      font: `await new FontFace("a", "url(http://${at}/font)").load()`,
      worker: `await new Promise((good, bad) => { const worker = new Worker("http://${at}/worker"); worker.onmessage = good; worker.onerror = bad; })`,
      "a worker of its own": `await new Promise((good, bad) => { const text = "fetch('http://${at}/nested').then(() => postMessage(1), () => postMessage(0))"; const worker = new Worker(URL.createObjectURL(new Blob([text]))); worker.onmessage = ({ data }) => (data === 1 ? good(1) : bad(0)); worker.onerror = bad; })`,
      beacon: `if (!navigator.sendBeacon("http://${at}/beacon")) throw 0`,
      WebTransport: `await new WebTransport("https://${at}/transport").ready`,
      RTCPeerConnection: `new RTCPeerConnection()`,
    };
    await refused(page, attempts);
    await page.waitForTimeout(200);
    assert.equal(heard, []);
    // What the page fetches for its programs is all that its own server has seen.
    const asked = context.requests
      .slice(before)
      .filter(({ path }) => !path.startsWith("/engine/") && !path.startsWith("/page/"));
    assert.equal(asked, []);
  } finally {
    server.close();
  }
});

test("one run knows nothing of the one before", async (context) => {
  const { page } = await commonPage(context);
  await runProgram(page, "Object.assign(globalThis, { left: 1 }); Array.prototype.map = () => [];", "done");
  await runProgram(page, "String((globalThis as { left?: number }).left); [1].map((x) => x + 1);", "done");
  assert.equal(await texts(page), ['"undefined"', "[2]"]);
});

test("a program that has no engine is told so", async (context) => {
  const init = (page) => page.route("**/engine/tensor-*.js", (route) => route.abort());
  const { page } = await openPage(context, "", { init });
  assert.match(await page.locator(".code-view .status").textContent(), /The engine could not be loaded/);
  assert.ok(await button(page, "Run").isEnabled());
});

test.run();
