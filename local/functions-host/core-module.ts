import Module from 'node:module';
import type {
  CoreLog,
  FunctionCallback,
  FunctionMetadata,
  HookCallback,
  HookName,
  ProgrammingModel,
} from './core-types.ts';

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What an app has announced while it loaded. One per process, because the libraries remember the module they found. */
export class AppRegistry {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly hooks: Record<HookName, HookCallback[]> = {
    preInvocation: [],
    postInvocation: [],
    appStart: [],
    appTerminate: [],
    log: [],
  };
  model: ProgrammingModel | undefined;
  /** Set by the host that runs; before that, and between two hosts, messages of the libraries have no reader. */
  log: CoreLog = () => {};
  #closed = false;

  /** After the app's start the real worker refuses registrations; so do we. */
  close(): void {
    this.#closed = true;
  }

  addFunction(metadata: FunctionMetadata, callback: FunctionCallback): CoreDisposable {
    const { name } = metadata;
    if (this.#closed) throw new Error(`A function can only be registered while the app starts. Function: "${name}".`);
    if (this.functions.has(name)) throw new Error(`A function with the name "${name}" has already been registered.`);
    this.functions.set(name, { metadata: { ...metadata, functionId: metadata.functionId ?? name }, callback });
    return new CoreDisposable(() => this.functions.delete(name));
  }

  addHook(name: HookName, callback: HookCallback): CoreDisposable {
    const hooks = this.hooks[name];
    if (hooks === undefined) throw new RangeError(`Unrecognized hook "${name}".`);
    hooks.push(callback);
    return new CoreDisposable(() => {
      const index = hooks.indexOf(callback);
      if (index >= 0) hooks.splice(index, 1);
    });
  }
}

/** The `Disposable` of the core module; older than the one of the language, hence a class of its own. */
export class CoreDisposable {
  #undo: (() => void) | undefined;

  constructor(undo: () => void) {
    this.#undo = undo;
  }

  static from(...all: { dispose(): unknown }[]): CoreDisposable {
    return new CoreDisposable(() => {
      for (const one of all) one.dispose();
    });
  }

  dispose(): void {
    this.#undo?.();
    this.#undo = undefined;
  }
}

const MODULE_ID = '@azure/functions-core';
let installed: AppRegistry | undefined;

/**
 * Answers `require('@azure/functions-core')` in this process. Must come before the first import of `@azure/functions`:
 * the library remembers a failed look-up and then silently registers nothing. Hooking `require` is enough for ESM apps
 * too, since the libraries themselves are CommonJS.
 */
export function installCoreModule(): AppRegistry {
  if (installed !== undefined) return installed;
  const registry = new AppRegistry();
  const core = coreApi(registry);
  const load = Module.prototype.require;
  Module.prototype.require = Object.assign(function requireOrCore(this: NodeJS.Module, id: string): unknown {
    return id === MODULE_ID ? core : load.call(this, id);
  }, load);
  installed = registry;
  return registry;
}

function coreApi(registry: AppRegistry): object {
  return {
    version: '3.9.1-local',
    hostVersion: '4.1052.0-local',
    Disposable: CoreDisposable,
    registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) =>
      registry.addFunction(metadata, callback),
    registerHook: (name: HookName, callback: HookCallback) => registry.addHook(name, callback),
    setProgrammingModel: (model: ProgrammingModel) => {
      registry.model = model;
    },
    getProgrammingModel: () => registry.model,
    log: ((level, category, message) => registry.log(level, category, message)) satisfies CoreLog,
  };
}
