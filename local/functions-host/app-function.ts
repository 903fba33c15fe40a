import { StartFailure } from '../support/failure.ts';
import type { RegisteredFunction } from './core-module.ts';
import type { FunctionCallback, FunctionMetadata, RpcBindingInfo } from './core-types.ts';

/** A registered function, with its trigger and inputs looked up once. */
export interface AppFunction {
  readonly name: string;
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
  readonly triggerName: string;
  readonly trigger: RpcBindingInfo;
  /** Inputs beside the trigger: binding name and type. */
  readonly extraInputs: readonly { readonly name: string; readonly type: string }[];
}

const SUPPORTED_TRIGGERS = new Set([
  'httptrigger',
  'timertrigger',
  'servicebustrigger',
  'orchestrationtrigger',
  'activitytrigger',
]);

/**
 * Finds trigger and inputs of a function. What this host cannot do is refused here, at the start, instead of being
 * dropped silently while the app runs.
 */
export function toAppFunction({ metadata, callback }: RegisteredFunction): AppFunction {
  const bindings = Object.entries(metadata.bindings);
  const found = bindings.find(([, binding]) => /trigger$/i.test(binding.type));
  if (!found) throw new StartFailure(`the function ${metadata.name} has no trigger`, 'Give it one');
  const [triggerName, trigger] = found;
  if (!SUPPORTED_TRIGGERS.has(trigger.type.toLowerCase())) throw unsupported(metadata.name, trigger.type);
  const rest = bindings.filter(([name]) => name !== triggerName);
  const extraInputs = rest
    .filter(([, binding]) => binding.direction === 'in')
    .map(([name, { type }]) => ({ name, type }));
  for (const { type } of extraInputs) if (type !== 'durableClient') throw unsupported(metadata.name, type);
  for (const [, { direction, type }] of rest) {
    if (direction !== 'in' && type !== 'http') throw unsupported(metadata.name, `${type} output`);
  }
  return { name: metadata.name, metadata, callback, triggerName, trigger, extraInputs };
}

export function hasTrigger(fn: AppFunction, type: string): boolean {
  return fn.trigger.type.toLowerCase() === type.toLowerCase();
}

/** A text option of a binding, or undefined when the app did not give it. */
export function textOption(binding: RpcBindingInfo, name: string): string | undefined {
  const value = binding[name];
  return typeof value === 'string' ? value : undefined;
}

/** For what an app may use on the real host, but not here. */
export function unsupported(functionName: string, what: string): StartFailure {
  const trouble = `the function ${functionName} uses ${what}, which the local host does not support`;
  return new StartFailure(trouble, 'See local/functions-host/README.md for what it supports');
}
