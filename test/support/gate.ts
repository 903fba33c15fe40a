/** Awaited before and after each operation of a port: a simulation puts other workers, faults or an end between any two. */
export type Gate = (operation: string, moment: 'before' | 'after') => Promise<void>;

/** Methods that answer at once, or piece by piece. */
const UNGATED = new Set<PropertyKey>(['refusal', 'list', 'containers', 'check']);

/** The port with a gate before and after each of its methods. */
export function gated<T extends object>(port: T, name: string, gate: Gate): T {
  return new Proxy(port, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (UNGATED.has(property)) return value.bind(target);
      return async (...args: unknown[]) => {
        const operation = `${name}.${String(property)}`;
        await gate(operation, 'before');
        const result: unknown = await Reflect.apply(value, target, args);
        await gate(operation, 'after');
        return result;
      };
    },
  });
}
