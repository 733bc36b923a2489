/**
 * The words of a text, for the search: those of Chinese characters, kana and hangul also as pairs of neighbours, since a reader looks for
 * a part of what is written as one (역전파 in 오차역전파법). Hiragana is as katakana (りんご as リンゴ), and wide letters are as others. It
 * stands alone: the page gets its text.
 */
export function tokenize(text) {
  const words = [];
  const folded = text
    .normalize("NFKC")
    .replaceAll(/[\u3041-\u3096]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + 0x60));
  for (const word of folded.split(/[^\p{L}\p{N}_$]+/u)) {
    if (word === "") continue;
    for (const run of word.match(
      /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}ー]+|[^\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}ー]+/gu,
    ) ?? []) {
      if (run.length < 3 || /[\w$]/.test(run)) words.push(run);
      else for (let i = 0; i + 1 < run.length; i++) words.push(run.slice(i, i + 2));
    }
  }
  return words;
}
