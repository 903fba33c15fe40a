import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { StartFailure } from '../support/failure.ts';
import { type AppFunction, toAppFunction } from './app-function.ts';
import type { HostClock } from './clock.ts';
import { wait } from './clock.ts';
import { type AppRegistry, installCoreModule } from './core-module.ts';
import type {
  Capabilities,
  CoreInvocationContext,
  HookContext,
  HookName,
  LogCategory,
  LogLevel,
  ProgrammingModel,
  RpcInvocationResponse,
  RpcRetryContext,
  RpcTypedData,
} from './core-types.ts';
import { detailsOf, type HostLog, messageOf } from './log.ts';

/** What the genuine Node worker 3.9.1 announces before the app adds its own. */
const WORKER_CAPABILITIES: Readonly<Capabilities> = {
  RawHttpBodyBytes: 'true',
  RpcHttpTriggerMetadataRemoved: 'true',
  RpcHttpBodyOnly: 'true',
  IgnoreEmptyValuedRpcHttpHeaders: 'true',
  UseNullableValueDictionaryForHttp: 'true',
  WorkerStatus: 'true',
  TypedDataCollection: 'true',
  HandlesWorkerTerminateMessage: 'true',
};

export interface Invocation {
  readonly data: RpcTypedData;
  readonly triggerMetadata?: Record<string, RpcTypedData>;
  readonly retryContext?: RpcRetryContext;
  /** False where a failure is ordinary and its caller reports it itself. */
  readonly logFailure?: boolean;
}

export interface WorkerOptions {
  readonly log: HostLog;
  readonly clock: HostClock;
  /** Absent: handlers may run as long as they like. */
  readonly timeoutMs: number | undefined;
  /** The value of an extra input, by the type of its binding. */
  readonly extraInput: (type: string) => RpcTypedData;
}

/** The entry this process has loaded. The libraries keep their state per process, so there is never a second app. */
let loadedEntry: string | undefined;
let capabilitiesOfApp: Capabilities | undefined;

/**
 * The worker's side of the contract: loads the app, runs its hooks and invokes its functions, in the order of the
 * genuine worker (setupCoreModule.ts, WorkerInitHandler.ts, InvocationHandler.ts).
 */
export class Worker {
  readonly functions = new Map<string, AppFunction>();
  readonly #registry: AppRegistry;
  readonly #options: WorkerOptions;
  readonly #appHookData: HookContext = {};
  #running = 0;
  #whenIdle: (() => void)[] = [];

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#registry = installCoreModule();
    this.#registry.log = (level, category, message) => this.#write(level, category, message, {});
  }

  /** Loads the app, runs its appStart hooks, locks its registrations. */
  async start(entry: string, appFolder: string): Promise<void> {
    await load(entry);
    const model = this.#model();
    await this.#runHooks('appStart', { ...this.#hookData(), functionAppDirectory: appFolder });
    capabilitiesOfApp ??= await model.getCapabilities({ ...WORKER_CAPABILITIES });
    this.#registry.close();
    if ('HttpUri' in capabilitiesOfApp)
      throw new StartFailure('the app streams over HTTP', 'Leave out enableHttpStream');
    for (const [name, fn] of this.#registry.functions) this.functions.set(name, toAppFunction(fn));
  }

  /** Empty texts inside arrays are left out unless the app asks for them (reference of `typed-data.ts`). */
  get includesEmptyEntries(): boolean {
    return capabilitiesOfApp?.IncludeEmptyEntriesInMessagePayload?.toLowerCase() === 'true';
  }

  /** How many invocations are under way. */
  get running(): number {
    return this.#running;
  }

  async terminate(): Promise<void> {
    await this.#runHooks('appTerminate', this.#hookData());
  }

  /** Resolves to what the handler returned, as it crosses to the host; rejects with what the handler threw. */
  async invoke(fn: AppFunction, invocation: Invocation): Promise<RpcTypedData | null | undefined> {
    const invocationId = randomUUID();
    this.#running += 1;
    try {
      const response = await this.#withTimeout(fn, this.#run(fn, invocation, invocationId));
      return response.returnValue;
    } catch (error) {
      if (invocation.logFailure !== false) {
        this.#options.log('error', detailsOf(error), { functionName: fn.name, invocationId });
      }
      throw error;
    } finally {
      this.#running -= 1;
      if (this.#running === 0) for (const resolve of this.#whenIdle.splice(0)) resolve();
    }
  }

  /** Resolves once no invocation runs, or after `limitMs` at the latest; tells how many still run. */
  async drain(limitMs: number): Promise<number> {
    if (this.#running === 0) return 0;
    const idle = new AbortController();
    this.#whenIdle.push(() => idle.abort());
    await wait(this.#options.clock, limitMs, idle.signal);
    return this.#running;
  }

  async #run(fn: AppFunction, invocation: Invocation, invocationId: string): Promise<RpcInvocationResponse> {
    const core = this.#coreContext(fn, invocation, invocationId);
    const hookData = this.#hookData();
    const source: HookContext = { ...hookData };
    core.log = (level, category, message) =>
      this.#write(level, category, message, source, { functionName: fn.name, invocationId });
    const model = this.#model().getInvocationModel(core);
    const { context, inputs } = await model.getArguments();
    source.invocationContext = context;

    const pre = { ...hookData, invocationContext: context, functionCallback: fn.callback, inputs };
    core.state = 'preInvocationHooks';
    await this.#runHooks('preInvocation', pre);

    const post: HookContext = {
      ...hookData,
      invocationContext: context,
      inputs: pre.inputs,
      result: null,
      error: null,
    };
    core.state = 'invocation';
    try {
      post.result = await model.invokeFunction(context, pre.inputs, pre.functionCallback);
    } catch (error) {
      post.error = error;
    }
    core.state = 'postInvocationHooks';
    await this.#runHooks('postInvocation', post);
    core.state = undefined;
    if (post.error !== null && post.error !== undefined) throw post.error;
    return model.getResponse(context, post.result);
  }

  #coreContext(fn: AppFunction, invocation: Invocation, invocationId: string): CoreInvocationContext {
    const extra = fn.extraInputs.map(({ name, type }) => ({ name, data: this.#options.extraInput(type) }));
    return {
      invocationId,
      metadata: fn.metadata,
      state: undefined,
      log: () => {},
      request: {
        invocationId,
        functionId: fn.metadata.functionId ?? fn.name,
        inputData: [{ name: fn.triggerName, data: invocation.data }, ...extra],
        triggerMetadata: invocation.triggerMetadata ?? {},
        traceContext: { traceParent: newTraceParent(), traceState: '', attributes: {} },
        retryContext: invocation.retryContext,
      },
    };
  }

  #model(): ProgrammingModel {
    const { model } = this.#registry;
    if (model === undefined)
      throw new StartFailure('the app registers no function', 'Let --entry name its entry module');
    return model;
  }

  #hookData(): HookContext {
    return { hookData: {}, appHookData: this.#appHookData };
  }

  async #runHooks(name: HookName, context: HookContext): Promise<void> {
    for (const hook of this.#registry.hooks[name]) await hook(context);
  }

  /** A log hook may change level and text of a message, hence the object that travels through them. */
  #write(level: LogLevel, category: LogCategory, message: string, source: HookContext, who = {}): void {
    const entry = { ...source, level, category, message };
    for (const hook of this.#registry.hooks.log) hook(entry);
    if (entry.level !== 'trace' && entry.level !== 'debug' && entry.level !== 'none') {
      this.#options.log(entry.level, entry.message, who);
    }
  }

  /** The real host ends the worker when a function runs too long; here the invocation fails and the handler goes on. */
  async #withTimeout<T>(fn: AppFunction, work: Promise<T>): Promise<T> {
    const { timeoutMs, clock } = this.#options;
    if (timeoutMs === undefined) return work;
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const cancel = clock.at(clock.now() + timeoutMs, () =>
      reject(new Error(`Timeout value of ${timeoutMs / 1000} s was exceeded by function: Functions.${fn.name}`)),
    );
    try {
      return await Promise.race([work, timeout]);
    } finally {
      cancel();
    }
  }
}

async function load(entry: string): Promise<void> {
  if (loadedEntry !== undefined && loadedEntry !== entry) throw new Error('A process can run one app only.');
  loadedEntry = entry;
  try {
    await import(pathToFileURL(entry).href);
  } catch (error) {
    throw new StartFailure(`the app ${entry} cannot be loaded: ${messageOf(error)}`, 'Correct it, or --entry', error);
  }
}

/** W3C trace context, version 00, sampled. From UUIDs, because Node draws those from a reserve. */
function newTraceParent(): string {
  const hex = () => randomUUID().replaceAll('-', '');
  return `00-${hex()}-${hex().slice(0, 16)}-01`;
}
