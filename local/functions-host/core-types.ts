/**
 * The part of `@azure/functions-core` that the programming model and this host talk through. The module is not on npm:
 * the worker of the real host provides it at run time, and so does `core-module.ts`. Names are those of its type
 * declarations (Azure/azure-functions-nodejs-worker, types-core/index.d.ts).
 */

/** One value on its way between host and worker. Exactly one field is set; none means "no value". */
export interface RpcTypedData {
  string?: string;
  json?: string;
  bytes?: Uint8Array;
  int?: number;
  double?: number;
  http?: RpcHttpData;
  collectionString?: { string: string[] };
  collectionBytes?: { bytes: Uint8Array[] };
  collectionSint64?: { sint64: RpcLong[] };
}

/** A 64-bit number as the gRPC library of the real worker hands it out. */
export interface RpcLong {
  low: number;
  high: number;
  unsigned: boolean;
}

export interface RpcNullable<T> {
  value: T;
}

export interface RpcHttpData {
  method?: string;
  url?: string;
  statusCode?: string;
  headers?: Record<string, string>;
  nullableHeaders?: Record<string, RpcNullable<string>>;
  nullableQuery?: Record<string, RpcNullable<string>>;
  nullableParams?: Record<string, RpcNullable<string>>;
  body?: RpcTypedData | null;
  cookies?: RpcHttpCookie[];
}

export interface RpcHttpCookie {
  name: string;
  value: string;
  domain?: RpcNullable<string>;
  path?: RpcNullable<string>;
  expires?: RpcNullable<{ seconds: number }>;
  secure?: RpcNullable<boolean>;
  httpOnly?: RpcNullable<boolean>;
  /** `none` means "not given", `explicitNone` means `SameSite=None`. */
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
  maxAge?: RpcNullable<number>;
}

/** A trigger, an input or an output of a function with the options the app gave it. */
export interface RpcBindingInfo {
  readonly type: string;
  readonly direction: 'in' | 'out' | 'inout';
  readonly [option: string]: unknown;
}

/** A duration, rounded to whole seconds by the programming model. */
export interface RpcDuration {
  seconds: number;
}

export interface RpcRetryOptions {
  retryStrategy: 'fixedDelay' | 'exponentialBackoff';
  /** -1 retries for ever. */
  maxRetryCount: number;
  delayInterval?: RpcDuration;
  minimumInterval?: RpcDuration;
  maximumInterval?: RpcDuration;
}

export interface FunctionMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, RpcBindingInfo>>;
  readonly retryOptions?: RpcRetryOptions;
}

export type FunctionCallback = (...inputs: unknown[]) => unknown;

export interface RpcRetryContext {
  retryCount: number;
  maxRetryCount: number;
  exception?: { message: string; source: string; stackTrace: string };
}

export interface RpcInvocationRequest {
  invocationId: string;
  functionId: string;
  /** The trigger first, then the extra inputs under the names of their bindings. */
  inputData: { name: string; data: RpcTypedData }[];
  triggerMetadata: Record<string, RpcTypedData>;
  traceContext: { traceParent: string; traceState: string; attributes: Record<string, string> };
  retryContext?: RpcRetryContext;
}

export interface RpcInvocationResponse {
  invocationId: string;
  outputData?: { name: string; data: RpcTypedData }[];
  returnValue?: RpcTypedData | null;
}

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none';
export type LogCategory = 'user' | 'system' | 'customMetric';
export type CoreLog = (level: LogLevel, category: LogCategory, message: string) => void;

export interface CoreInvocationContext {
  invocationId: string;
  metadata: FunctionMetadata;
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  request: RpcInvocationRequest;
  log: CoreLog;
}

/** What the programming model makes of one invocation; `context` is opaque to the host. */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>;
  invokeFunction(context: unknown, inputs: unknown[], callback: FunctionCallback): Promise<unknown>;
  getResponse(context: unknown, result: unknown): Promise<RpcInvocationResponse>;
}

export type Capabilities = Record<string, string>;

export interface ProgrammingModel {
  name: string;
  version: string;
  getInvocationModel(context: CoreInvocationContext): InvocationModel;
  getCapabilities(defaults: Capabilities): Promise<Capabilities>;
}

export type HookName = 'preInvocation' | 'postInvocation' | 'appStart' | 'appTerminate' | 'log';
/** Hooks of each name share data per invocation (`hookData`) and per app (`appHookData`). */
export type HookContext = Record<string, unknown>;
export type HookCallback = (context: HookContext) => unknown;
