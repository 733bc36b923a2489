// TypeScript and JavaScript in colours, by TypeScript's own lexer: a tenth of the time, and of the HTML, of grammars for two themes.
import ts from "typescript";
import { escaped } from "../reference/links.mjs";

const { TokenClass } = ts;

/** Classes, which theme/code.css gives their colours. What is in none of them is plain. */
const classes = new Map([
  [TokenClass.Keyword, "k"],
  [TokenClass.Comment, "c"],
  [TokenClass.StringLiteral, "s"],
  [TokenClass.RegExpLiteral, "s"],
  [TokenClass.NumberLiteral, "n"],
  [TokenClass.BigIntLiteral, "n"],
]);

/** The lines of a program as HTML. */
export function linesOf(code) {
  const classifier = ts.createClassifier();
  let state = ts.EndOfLineState.None;
  return code.split("\n").map((line) => {
    const { entries, finalLexState } = classifier.getClassificationsForLine(line, state, true);
    state = finalLexState;
    let html = "";
    let at = 0;
    for (const { length, classification } of entries) {
      const text = line.slice(at, at + length);
      at += length;
      // What is called.
      const isCalled = classification === TokenClass.Identifier && line[at] === "(";
      const name = isCalled ? "f" : classes.get(classification);
      html += name === undefined ? escaped(text) : `<b class="${name}">${escaped(text)}</b>`;
    }
    return html;
  });
}

/** A block, as the theme of the site wants it. */
export function highlighted(code) {
  return `<pre class="vp-code" tabindex="0" v-pre><code>${linesOf(code.replace(/\n$/, "")).join("\n")}</code></pre>`;
}
