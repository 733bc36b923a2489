import * as assert from "uvu/assert";

/** Asserts that two sets of names are the same; what is in one alone is listed, and what to do about it. */
export function sameNames(
  found: Iterable<string>,
  wanted: Iterable<string>,
  { missing, excess }: { readonly missing: string; readonly excess: string },
): void {
  const [own, all] = [new Set(found), new Set(wanted)];
  assert.equal(
    [
      ...[...all].filter((name) => !own.has(name)).map((name) => `${name} ${missing}`),
      ...[...own].filter((name) => !all.has(name)).map((name) => `${name} ${excess}`),
    ],
    [],
  );
}
