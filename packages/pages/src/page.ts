/** The code of a page, minified, with the hash of each text by which a content security policy allows it. Printed by the build. */
export interface Client {
  readonly script: string;
  readonly scriptHash: string;
  readonly style: string;
  readonly styleHash: string;
}

export interface PageOptions {
  readonly title: string;
  /** As in `<html lang>`. */
  readonly lang: string;
  /** For the style, as `data-theme`. */
  readonly theme?: "auto" | "light" | "dark";
  readonly client: Client;
  /** What the page shows, as JSON; its code reads it from the element `data`. */
  readonly data: unknown;
  /** What there is before the code runs, and without it. */
  readonly body: string;
  /** What the page may connect to, such as `'self'`; nothing by default. */
  readonly connect?: string;
}

/**
 * One HTML file that needs nothing else: code and style are in it, and its own content security policy lets nothing run but these two,
 * and nothing be loaded.
 */
export function page({ title, lang, theme = "auto", client, data, body, connect = "'none'" }: PageOptions): string {
  const policy = [
    "default-src 'none'",
    `script-src '${client.scriptHash}'`,
    `style-src '${client.styleHash}'`,
    "img-src data: blob:",
    `connect-src ${connect}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return [
    "<!doctype html>",
    `<html lang="${escaped(lang)}" data-theme="${theme}">`,
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    '<link rel="icon" href="data:,">',
    `<title>${escaped(title)}</title>`,
    `<style>${client.style}</style>`,
    "</head>",
    "<body>",
    body,
    `<script type="application/json" id="data">${inScript(JSON.stringify(data))}</script>`,
    `<script>${client.script}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

/** Text as the content of an element, or the value of an attribute. */
export function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return text.replace(/[&<>"']/g, (character) => entities[character] as string);
}

/** JSON that cannot end the element that it stands in. */
function inScript(json: string): string {
  return json.replaceAll("<", "\\u003c");
}
