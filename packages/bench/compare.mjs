/** The numbers in nested lists and records, in the order of their names. */
export function numbersIn(value) {
  if (typeof value === "number") return [value];
  if (Array.isArray(value)) return value.flatMap(numbersIn);
  return Object.keys(value)
    .sort()
    .flatMap((key) => numbersIn(value[key]));
}

/** The greatest difference of the numbers in two results, as a part of the number that is expected, or of 1; NaN where the forms differ. */
export function difference(actual, expected) {
  const [ours, theirs] = [numbersIn(actual), numbersIn(expected)];
  if (ours.length !== theirs.length) return Number.NaN;
  let greatest = 0;
  for (const [i, value] of ours.entries()) {
    const apart = Math.abs(value - theirs[i]) / Math.max(1, Math.abs(theirs[i]));
    if (!(apart <= greatest)) greatest = apart;
  }
  return greatest;
}
