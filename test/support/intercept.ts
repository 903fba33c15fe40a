import type { Batch, RetrySettlement } from '../../shared/destination/model.ts';
import type { Destination } from '../../shared/destination/port.ts';

/** A call of a destination's method, before it happens. */
export interface Call {
  readonly method: keyof Destination;
  readonly args: readonly unknown[];
  /** Of `apply`, trials included. */
  readonly batch: Batch | null;
  /** Of `settleRetries`, trials included. */
  readonly settlement: RetrySettlement | null;
  readonly trial: boolean;
}

/** The destination with `before` called ahead of everything asked of it; what that throws is the call's answer. */
export function intercept(destination: Destination, before: (call: Call) => void): Destination {
  return new Proxy(destination, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      const method = property as keyof Destination;
      if (method === 'refusal' || method === 'close') return value.bind(target);
      return async (...args: unknown[]) => {
        const batch = method === 'apply' ? (args[0] as Batch) : null;
        const settlement = method === 'settleRetries' ? (args[0] as RetrySettlement) : null;
        before({ method, args, batch, settlement, trial: args[1] === 'trial' });
        return Reflect.apply(value, target, args);
      };
    },
  });
}
