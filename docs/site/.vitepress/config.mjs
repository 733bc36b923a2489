import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { blocks } from "../markdown/blocks.mjs";
import { englishAddresses, sectionsOf, withoutPictures } from "../markdown/search.mjs";
import { tokenize } from "../markdown/tokenize.mjs";
import { languages, pagesOf, sidebarOf } from "../pages.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
/** What `main.mjs` has drawn before. */
const pictures = new Map(JSON.parse(readFileSync(`${root}/node_modules/.made/pictures.json`, "utf8")));

/** A node, as pictures of graphs have it. */
const icon =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><circle cx="16" cy="16" r="14" fill="#2457a6"/>' +
  '<path d="M10.5 10.5l11 11m0-11l-11 11" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>';

/** What addresses begin with: "/docs/" for a site in a folder of a host. */
const base = process.env["SITE_BASE"] ?? "/";

export default defineConfig({
  title: "chainrule",
  description: "Automatic differentiation on computational graphs, in TypeScript",
  srcDir: root,
  srcExclude: ["node_modules/**", "*.md", "test/**"],
  outDir: `${root}/dist`,
  cacheDir: `${root}/node_modules/.vitepress`,
  base,
  head: [["link", { rel: "icon", href: `data:image/svg+xml,${encodeURIComponent(icon)}` }]],
  // English is what stands at the root.
  rewrites: { "en/:rest*": ":rest*" },
  locales: Object.fromEntries(
    languages.map(({ code, name, texts }) => [
      code === "en" ? "root" : code,
      {
        label: name,
        lang: code,
        description: texts.description,
        themeConfig: {
          nav: [
            ...["guide", "book"].flatMap((folder) => entrance(code, folder, texts[folder])),
            { text: texts.reference, link: "/reference/", activeMatch: "/reference/" },
            { text: texts.playground, link: "/playground/index.html", target: "_self" },
          ],
          sidebar: sidebarOf(code),
          outline: { label: texts.outline },
          docFooter: { prev: texts.previous, next: texts.next },
          darkModeSwitchLabel: texts.appearance,
          lightModeSwitchTitle: texts.toLight,
          darkModeSwitchTitle: texts.toDark,
          sidebarMenuLabel: texts.menu,
          returnToTopLabel: texts.toTop,
          langMenuLabel: texts.language,
          skipToContentLabel: texts.skip,
          notFound: texts.notFound,
          home: prefix(code, "/"),
        },
      },
    ]),
  ),
  themeConfig: {
    search: {
      provider: "local",
      options: {
        locales: Object.fromEntries(
          languages.map(({ code, texts }) => [code === "en" ? "root" : code, { translations: texts.search }]),
        ),
        _render(src, env, md) {
          env.isIndex = true;
          return withoutPictures(md.render(src, env));
        },
        miniSearch: {
          options: { tokenize },
          _splitIntoSections: sectionsOf,
          searchOptions: { prefix: true, fuzzy: 0.15, combineWith: "AND", boost: { title: 6, titles: 1, text: 1 } },
        },
      },
    },
  },
  markdown: {
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
    // A line whose colours take longer than half a second, on a busy machine, would be left without them: another page each time.
    shikiSetup(shiki) {
      const { codeToHtml } = shiki;
      shiki.codeToHtml = (code, options) => codeToHtml(code, { ...options, tokenizeTimeLimit: 0 });
    },
    config: (md) => blocks(md, { pictures, base }),
  },
  transformPageData(page) {
    const { frontmatter, filePath } = page;
    if (page.description === "" && frontmatter.layout !== "home") page.description = descriptionOf(filePath);
    // The first page of a language leads to English pages where there are no others.
    if (frontmatter.layout !== "home") return;
    for (const each of [...(frontmatter.hero?.actions ?? []), ...(frontmatter.features ?? [])])
      each.link = written(each.link);
  },
  // test/links.test.mjs looks at all links of what was built, those to anchors and to pictures, too.
  ignoreDeadLinks: true,
  // One page at a time, so that the index of the search is in the same order each time.
  buildConcurrency: 1,
  vite: {
    build: { chunkSizeWarningLimit: 2000 },
    plugins: [
      englishAddresses(base),
      {
        // What renders the pages runs once, here: nothing has to be left out of it.
        name: "whole-server-bundle",
        config: ({ build }) => (build?.ssr ? { build: { minify: false, rollupOptions: { treeshake: false } } } : {}),
      },
    ],
  },
});

/** The first paragraph of a page, which is what other sites show of it; without links and marks. */
function descriptionOf(file) {
  const [, text = ""] = /^# .+\n\n((?:.+\n)+)/m.exec(readFileSync(`${root}/${file}`, "utf8")) ?? [];
  return text
    .trim()
    .replaceAll(/\[([^\]]*)\]\([^)]*\)|[`*]/g, "$1")
    .replaceAll(/\s+/g, " ");
}

function prefix(code, link) {
  return code === "en" ? link : `/${code}${link}`;
}

/** A link, or that to the English page where the one in the language has not been written. */
function written(link) {
  const [, code, page] = /^\/(ko|ja)(\/.+)$/.exec(link) ?? [];
  return code === undefined || existsSync(`${root}/${code}${page}.md`) ? link : page;
}

/** The menu's way into a folder: its index, or its first page; none, where there is no page in this language. */
function entrance(code, folder, text) {
  const [first] = pagesOf(code, folder);
  if (first === undefined) return [];
  const page = existsSync(`${root}/${code}/${folder}/index.md`) ? "" : first;
  return [
    {
      text,
      link: prefix(code, `/${folder}/${page}`),
      activeMatch: `${prefix(code, "")}/${folder}/`.replace(/^\/$/, ""),
    },
  ];
}
