/** The numbers of a version or a release, wherever they stand in its text (`10.0.21`, `Release 8.1`, `July 2017 (7.3)`). */
export function numbersOf(version: string): number[] {
  const found = version.match(/\d+(?:\.\d+)+/)?.[0] ?? version.match(/\d+/)?.[0] ?? '0';
  return found.split('.').map(Number);
}

/** Below 0: `a` is older; 0: the same; numbers that one does not name are 0. */
export function compareVersions(a: string, b: string): number {
  const [one, other] = [numbersOf(a), numbersOf(b)];
  for (let index = 0; index < Math.max(one.length, other.length); index++) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
