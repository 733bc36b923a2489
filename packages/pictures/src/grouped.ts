/** Lists of what has one key, in the order in which the keys come up. */
export function grouped<T, K>(list: Iterable<T>, key: (each: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const each of list) {
    const k = key(each);
    const group = groups.get(k);
    if (group === undefined) groups.set(k, [each]);
    else group.push(each);
  }
  return groups;
}
