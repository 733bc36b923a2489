// What stands behind the # of the address: `code` (packed), `example`, `lang`, `theme`, `embed`.
import { compressToEncodedURIComponent, decompressFromEncodedURIComponent } from "lz-string";

/** By name; a name without a value has the empty text. Not by URLSearchParams, which takes the + of packed code for a space. */
export function readFragment(hash = location.hash): Readonly<Record<string, string>> {
  const parts = hash.replace(/^#/, "").split("&").filter(Boolean);
  return Object.fromEntries(
    parts.map((part) => [part.split("=", 1)[0], part.slice(part.indexOf("=") + 1 || part.length)]),
  );
}

/** The program of an address; null where there is none, or it cannot be unpacked. */
export function codeOf({ code = "" }: Readonly<Record<string, string>>): string | null {
  // Of what is cut off, nothing comes out, as of an empty program.
  return code === packed("") ? "" : decompressFromEncodedURIComponent(code) || null;
}

/** The address of this page with a fragment of these parts. */
export function addressWith(parts: Readonly<Record<string, string>>): string {
  const fragment = Object.entries(parts).map(([name, value]) => (value === "" ? name : `${name}=${value}`));
  return `${location.href.replace(/#.*/, "")}#${fragment.join("&")}`;
}

export const packed = compressToEncodedURIComponent;
