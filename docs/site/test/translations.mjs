// Translated pages are of the English pages as they are.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { tokenize } from "../markdown/tokenize.mjs";
import { markdownIn, notWritten } from "../pages.mjs";
import { findings, sourceHash, withHash } from "../translations.mjs";
import { check, none, same } from "./checks.mjs";

export async function checkTranslations() {
  await check("no translated page lags behind its English one, and none that is promised is missing", () => {
    none(
      findings(),
      "lag, or are missing (node docs/site/translations.mjs --write FILE, when they have been brought up to date)",
    );
  });
  await check("sentences of Korean pages end as one speaks to a reader, all of them", () => {
    const folder = fileURLToPath(new URL("../ko/", import.meta.url));
    const plain = markdownIn(folder).flatMap((file) => {
      const prose = readFileSync(join(folder, file), "utf8").replaceAll(/^```.*?^```$/gms, "");
      return Array.from(
        prose.matchAll(/[^.\n]*(?<![니시])다\.(?=\s|$)/g),
        ([sentence]) => `ko/${file}: ${sentence.trim()}`,
      );
    });
    none(plain, "in 해라체 beside 합니다체");
  });
  await check("every page of the list is written", () => none(notWritten(), "in docs/site/pages.mjs, and no file"));
  await check("a page that lags, one that does not say, one of nothing and one that is missing are found", () => {
    const folder = mkdtempSync(join(tmpdir(), "translations-"));
    const write = (path, text) => {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    for (const page of ["good", "old", "silent", "missing"]) write(`en/guide/${page}.md`, `# ${page}\n`);
    write("ko/guide/good.md", withHash("# 좋다\n", sourceHash("# good\n")));
    write("ko/guide/old.md", withHash("# 옛\n", sourceHash("# older\n")));
    write("ko/guide/silent.md", "# 말 없음\n");
    write("ko/guide/lost.md", withHash("# 잃음\n", sourceHash("# lost\n")));
    const found = findings(folder, { guide: ["ko"] }, ["en", "ko"]);
    rmSync(folder, { recursive: true });
    same(found, [
      "ko/guide/lost.md is of no English page",
      "ko/guide/old.md lags behind en/guide/old.md",
      "ko/guide/silent.md does not say what it was made from",
      "ko/guide/missing.md is missing",
    ]);
  });
  await check("the search finds a part of what is written as one word", () => {
    const isIn = (part, word) => tokenize(part).every((each) => tokenize(word).some((other) => other.startsWith(each)));
    for (const [part, word] of [
      ["역전파", "오차역전파법을"],
      ["逆伝播", "誤差逆伝播法"],
      ["기울기", "기울기를"],
      ["logSum", "logSumExp(x)"],
    ])
      if (!isIn(part, word)) throw new Error(`${part} is not found in ${word}: ${tokenize(part)}, ${tokenize(word)}`);
    if (isIn("순전파", "오차역전파법")) throw new Error("순전파 is found in 오차역전파법");
  });
  await check("the hash takes the place of the one before, beside what else a page says", () => {
    same(withHash('---\ntitle: x\nsource: "1"\n---\n# a\n', "2"), '---\ntitle: x\nsource: "2"\n---\n# a\n');
    same(withHash("---\ntitle: x\n---\n# a\n", "2"), '---\nsource: "2"\ntitle: x\n---\n# a\n');
  });
}
