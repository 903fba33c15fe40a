/** What each of several statements is given, when one may be given at most `most`. */
export function* inStatements<T>(items: readonly T[], most = Number.POSITIVE_INFINITY): Generator<readonly T[]> {
  if (items.length > 0 && items.length <= most) return yield items;
  for (let start = 0; start < items.length; start += most) yield items.slice(start, start + most);
}
