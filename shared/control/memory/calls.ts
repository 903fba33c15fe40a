import type { Calls } from '../calls.port.ts';
import { admitted } from '../rules/calls.ts';
import type { AtOnce, Memory } from './state.ts';

export function memoryCalls(memory: Memory): AtOnce<Calls> {
  return {
    admit(limits) {
      const { waitMs, moments } = admitted(limits, memory.state.calls, memory.now());
      for (const [key, kept] of moments) memory.state.calls.set(key, kept);
      return waitMs;
    },
  };
}
