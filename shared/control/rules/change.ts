/** The row with those facts replaced that the change names; null is a value, undefined says nothing. */
export function changed<T extends object>(row: T, change: Partial<T>): T {
  return { ...row, ...said(change) };
}

/** The facts that a change names. */
export function said<T extends object>(change: T): Partial<T> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<T>;
}
