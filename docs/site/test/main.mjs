// Builds the site twice and looks at what came out.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const site = join(root, "docs/site");
const dist = join(site, "dist");
const first = join(site, "node_modules/.first");
/** Below a folder of a host, as a site of a project is. */
const base = "/chainrule/";

function build() {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "tools/run.mjs"), "site", "build"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, SITE_BASE: base },
  });
  if (status !== 0) {
    console.log(`${stdout}${stderr}`);
    process.exit(1);
  }
  return (performance.now() - start) / 1000;
}

const seconds = [build()];
rmSync(first, { recursive: true, force: true });
cpSync(dist, first, { recursive: true });
seconds.push(build());

// What these use is there only now.
const { check, none, report } = await import("./checks.mjs");
const { checkLinks } = await import("./links.mjs");
const { checkPrograms } = await import("./programs.mjs");
const { checkReference } = await import("./reference.mjs");
const { checkTranslations } = await import("./translations.mjs");
const { findChromium } = await import("../../../packages/core/dist/test/browser/chromium.js");

const filesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .map(String)
    .filter((file) => statSync(join(folder, file)).isFile())
    .sort();

await check("two builds give the same bytes", () => {
  const [a, b] = [filesIn(first), filesIn(dist)];
  const other = b.filter(
    (file) => !a.includes(file) || !readFileSync(join(first, file)).equals(readFileSync(join(dist, file))),
  );
  none([...a.filter((file) => !b.includes(file)), ...other], "not the same");
});
rmSync(first, { recursive: true });
await checkReference();
await checkTranslations();
const pages = await checkLinks(dist, base, existsSync(join(dist, "playground/index.html")));
await checkPrograms();
if (findChromium() === undefined)
  console.log("not in a browser: no Chromium in the PATH, nor in the variable CHROMIUM");
else {
  const { checkInBrowser } = await import("./browser.mjs");
  await checkInBrowser(dist, base);
}
const bytes = filesIn(dist).reduce((sum, file) => sum + statSync(join(dist, file)).size, 0);
console.log(
  `${pages} pages, ${(bytes / 1e6).toFixed(1)} MB, built in ${seconds.map((each) => each.toFixed(0)).join(" and ")} s`,
);
report();
