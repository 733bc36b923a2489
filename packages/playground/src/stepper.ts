// The page that steps through a graph: the build has made it of packages/pages, with a place for the data.

interface StepperData {
  readonly title: string;
  readonly lang: string;
}

let template: Promise<string> | null = null;

async function load(): Promise<string> {
  const response = await fetch(new URL("stepper.html", document.baseURI));
  if (!response.ok) throw new Error(`stepper.html: ${response.status} ${response.statusText}`);
  return response.text();
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string) => text.replace(/[&<>"]/g, (character) => entities[character] as string);

/**
 * The stepper's page with a program's data, of which nothing but JSON comes in.
 *
 * @throws Error when the page cannot be loaded, or the data are none
 */
export async function stepperPage(json: string): Promise<string> {
  template ??= load();
  template.catch(() => {
    template = null;
  });
  const data = JSON.parse(json) as StepperData;
  const written = JSON.stringify(data).replaceAll("<", "\\u003c");
  const fills: Readonly<Record<string, string>> = {
    TITLE: escaped(String(data.title)),
    LANG: escaped(String(data.lang)),
    DATA: written,
  };
  return (await template).replace(/\{\{(TITLE|LANG|DATA)\}\}/g, (_whole, name: string) => fills[name] as string);
}
