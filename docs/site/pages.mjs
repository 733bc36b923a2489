// The pages of the guides and of the book in their order, and the texts of the menus. A page's title is its first heading.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sections } from "./reference/groups.mjs";

export const root = fileURLToPath(new URL(".", import.meta.url));

/** The pages of the folders in the order in which they are read, in groups; each is a file, and each file is in the list. */
const groups = {
  guide: [
    { name: "begin", files: ["first-graph", "backward", "local-nodes", "looking-at-graphs"] },
    { name: "derivatives", files: ["writing-an-op", "gradient-checks", "higher-derivatives"] },
    { name: "training", files: ["compile", "training", "saving-and-loading", "in-the-browser", "speed-and-memory"] },
    { name: "comingFrom", files: ["coming-from-pytorch", "coming-from-jax", "coming-from-tfjs", "coming-from-numpy"] },
    { name: "more", files: ["errors", "how-it-works"] },
  ],
  book: [{ name: "book", files: ["ch03", "ch04", "ch05", "ch06", "ch07", "ch08"] }],
};

/** In which languages a folder is complete, which a test holds it to. Languages that are being written are not in it. */
export const complete = { guide: ["en", "ko"], book: ["en", "ko", "ja"] };

export const languages = [
  {
    code: "en",
    name: "English",
    texts: {
      groups: {
        begin: "Begin here",
        derivatives: "Derivatives",
        training: "Training and speed",
        comingFrom: "Coming from",
        more: "Errors, and how it works",
        book: "Chapters",
      },
      description: "Automatic differentiation on computational graphs, in TypeScript",
      guide: "Guides",
      book: "The book",
      reference: "Reference",
      playground: "Playground",
      outline: "On this page",
      previous: "Previous",
      next: "Next",
      appearance: "Appearance",
      toLight: "Switch to the light theme",
      toDark: "Switch to the dark theme",
      menu: "Menu",
      toTop: "To the top",
      language: "Language",
      skip: "Skip to the content",
      notFound: {
        title: "There is no such page",
        quote: "It may have moved; the search finds what is there.",
        linkText: "To the first page",
        linkLabel: "To the first page",
      },
      buttons: {
        copy: "Copy the code",
        linkTo: "Link to: ",
        lang: "en",
        edit: "Edit and run here",
        open: "Open in the playground",
        frame: "Playground",
        step: "Step through it here",
        openSteps: "Open step by step",
        steps: "Step by step",
      },
      search: undefined,
    },
  },
  {
    code: "ko",
    name: "한국어",
    texts: {
      groups: {
        begin: "시작하기",
        derivatives: "미분",
        training: "학습과 속도",
        comingFrom: "다른 라이브러리에서 왔다면",
        more: "오류, 그리고 내부 구조",
        book: "장",
      },
      description: "TypeScript로 만든 계산 그래프 자동 미분 엔진",
      guide: "가이드",
      book: "책",
      reference: "레퍼런스(영어)",
      playground: "플레이그라운드",
      outline: "이 페이지에서",
      previous: "이전",
      next: "다음",
      appearance: "화면 모드",
      toLight: "밝은 화면으로",
      toDark: "어두운 화면으로",
      menu: "메뉴",
      toTop: "맨 위로",
      language: "언어",
      skip: "본문으로 건너뛰기",
      notFound: {
        title: "페이지가 없습니다",
        quote: "주소가 바뀌었을 수 있습니다. 검색해 보세요.",
        linkText: "홈으로",
        linkLabel: "홈으로",
      },
      buttons: {
        copy: "코드 복사",
        linkTo: "이 절로 가는 링크: ",
        lang: "ko",
        edit: "여기서 고쳐서 실행하기",
        open: "플레이그라운드에서 열기",
        frame: "플레이그라운드",
        step: "여기서 한 단계씩 보기",
        openSteps: "한 단계씩 보는 페이지 열기",
        steps: "한 단계씩",
      },
      search: {
        button: { buttonText: "검색", buttonAriaLabel: "검색" },
        modal: {
          displayDetails: "자세히 보기",
          resetButtonTitle: "검색어 지우기",
          backButtonTitle: "검색 닫기",
          noResultsText: "결과가 없습니다:",
          footer: {
            selectText: "선택",
            selectKeyAriaLabel: "Enter 키",
            navigateText: "이동",
            navigateUpKeyAriaLabel: "위쪽 화살표",
            navigateDownKeyAriaLabel: "아래쪽 화살표",
            closeText: "닫기",
            closeKeyAriaLabel: "Esc 키",
          },
        },
      },
    },
  },
  {
    code: "ja",
    name: "日本語",
    texts: {
      groups: {
        begin: "はじめに",
        derivatives: "微分",
        training: "学習と速度",
        comingFrom: "ほかのライブラリから",
        more: "エラーと内部のしくみ",
        book: "章",
      },
      description: "TypeScript で書かれた計算グラフの自動微分エンジン",
      guide: "ガイド",
      book: "本の各章",
      reference: "リファレンス（英語）",
      playground: "プレイグラウンド",
      outline: "このページの内容",
      previous: "前へ",
      next: "次へ",
      appearance: "表示モード",
      toLight: "明るい表示にする",
      toDark: "暗い表示にする",
      menu: "メニュー",
      toTop: "先頭へ",
      language: "言語",
      skip: "本文へ移動",
      notFound: {
        title: "ページがありません",
        quote: "移動した可能性があります。検索してみてください。",
        linkText: "最初のページへ",
        linkLabel: "最初のページへ",
      },
      buttons: {
        copy: "コードをコピー",
        linkTo: "この節へのリンク: ",
        lang: "ja",
        edit: "ここで編集して実行",
        open: "プレイグラウンドで開く",
        frame: "プレイグラウンド",
        step: "ここでステップごとに見る",
        openSteps: "ステップごとに見るページを開く",
        steps: "ステップごとに",
      },
      search: {
        button: { buttonText: "検索", buttonAriaLabel: "検索" },
        modal: {
          displayDetails: "詳しく表示",
          resetButtonTitle: "検索語を消す",
          backButtonTitle: "検索を閉じる",
          noResultsText: "見つかりません:",
          footer: {
            selectText: "選択",
            selectKeyAriaLabel: "Enter キー",
            navigateText: "移動",
            navigateUpKeyAriaLabel: "上矢印",
            navigateDownKeyAriaLabel: "下矢印",
            closeText: "閉じる",
            closeKeyAriaLabel: "Esc キー",
          },
        },
      },
    },
  },
];

/** The pages that are written in a folder of a language and below it, as paths; the reference is made. */
export function markdownIn(folder) {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true }).map((file) => String(file).replaceAll("\\", "/"));
  return files.filter((file) => file.endsWith(".md") && !file.startsWith("reference/")).sort();
}

/** The pages of a folder in one language, in their order, as file names without ending. */
export function pagesOf(code, folder) {
  return groupsOf(code, folder).flatMap(({ files }) => files);
}

function groupsOf(code, folder) {
  const path = `${root}${code}/${folder}`;
  if (!existsSync(path)) return [];
  const written = readdirSync(path)
    .filter((file) => file.endsWith(".md") && file !== "index.md")
    .map((file) => file.slice(0, -".md".length));
  const known = groups[folder].flatMap(({ files }) => files);
  const lost = written.filter((file) => !known.includes(file));
  if (lost.length > 0) throw new Error(`in no group of docs/site/pages.mjs: ${lost.join(", ")} of ${code}/${folder}`);
  const chosen = groups[folder].map(({ name, files }) => ({
    name,
    files: files.filter((file) => written.includes(file)),
  }));
  return chosen.filter(({ files }) => files.length > 0);
}

/** What is listed and not written in English. */
export function notWritten() {
  return Object.entries(groups).flatMap(([folder, list]) =>
    list
      .flatMap(({ files }) => files)
      .filter((file) => !existsSync(`${root}en/${folder}/${file}.md`))
      .map((file) => `${folder}/${file}`),
  );
}

function titleOf(file) {
  const text = readFileSync(file, "utf8");
  return /^# (.+)$/m.exec(text)?.[1].replaceAll("`", "") ?? file;
}

/** The menu beside the pages. */
export function sidebarOf(code) {
  const { texts } = languages.find((language) => language.code === code);
  const base = code === "en" ? "" : `/${code}`;
  const menuOf = (folder) => {
    const hasIndex = existsSync(`${root}${code}/${folder}/index.md`);
    return [
      ...(hasIndex ? [{ text: titleOf(`${root}${code}/${folder}/index.md`), link: `${base}/${folder}/` }] : []),
      ...groupsOf(code, folder).map(({ name, files }) => ({
        text: texts.groups[name],
        items: files.map((file) => ({
          text: titleOf(`${root}${code}/${folder}/${file}.md`),
          link: `${base}/${folder}/${file}`,
        })),
      })),
    ];
  };
  const menu = { [`${base}/guide/`]: menuOf("guide"), [`${base}/book/`]: menuOf("book") };
  if (code === "en") menu["/reference/"] = referenceSidebar();
  return menu;
}

function referenceSidebar() {
  return [
    { text: "All names", link: "/reference/" },
    ...sections.map(({ title, pages }) => ({
      text: title,
      items: pages.map(({ path, title }) => ({ text: title, link: `/reference/${path}` })),
    })),
    { text: "What the errors say", link: "/reference/error-messages" },
  ];
}
