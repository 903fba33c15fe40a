import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type AppFunction, hasTrigger } from './app-function.ts';
import type { HostClock } from './clock.ts';
import { WEBHOOK_PREFIX } from './durable/client-payload.ts';
import { Database } from './durable/database.ts';
import { DurableEngine } from './durable/engine.ts';
import { DurableManagement } from './durable/management.ts';
import type { HostJson } from './host-json.ts';
import { adminEndpoint } from './http/admin.ts';
import { HttpFront } from './http/front.ts';
import type { AccessKeys } from './http/keys.ts';
import { RouteTable } from './http/routes.ts';
import type { HostLog } from './log.ts';
import { ServiceBusListeners } from './service-bus/listeners.ts';
import { isDisabled, type Settings } from './settings.ts';
import { TimerListener } from './timer/listener.ts';
import { ScheduleStatusStore } from './timer/status-store.ts';
import type { Worker } from './worker.ts';

/** What the parts of a host share. */
export interface Base {
  readonly settings: Settings;
  readonly hostJson: HostJson;
  readonly clock: HostClock;
  readonly log: HostLog;
  readonly keys: AccessKeys;
  /** Absolute. */
  readonly data: string;
  readonly worker: Worker;
}

/** Everything that calls functions, ready to start. */
export interface Parts {
  readonly front: HttpFront;
  readonly database: Database;
  readonly engine: DurableEngine;
  readonly serviceBus: ServiceBusListeners;
  readonly timers: ReadonlyMap<string, TimerListener>;
  /** Path of the durable client's own address. */
  readonly rpcPath: string;
}

/** Throws on functions that cannot be served as they are registered; opens nothing before that is clear. */
export function createParts(base: Base): Parts {
  const { hostJson, keys, log, settings, worker, data } = base;
  const functions = [...worker.functions.values()].filter((fn) => !isDisabled(fn.name, settings));
  const serviceBus = new ServiceBusListeners(functions, { ...base, options: hostJson.extensions.serviceBus });
  const timers = createTimers(functions, base);
  const routes = new RouteTable(functions, hostJson.extensions.http.routePrefix);
  const database = new Database(path.join(data, 'durable.sqlite'));
  const engine = createEngine(functions, base, database);
  const taskHub = hostJson.extensions.durableTask.hubName;
  const management = new DurableManagement({ engine, database, taskHub, systemKey: keys.systemKey });
  // The SDK adds no key to its own calls, so the path itself is the secret, a new one for each process.
  const rpcPath = `/durabletask/${randomBytes(24).toString('base64url')}/`;
  const endpoints = [
    management.endpoint(rpcPath, 'anonymous'),
    management.endpoint(WEBHOOK_PREFIX, 'system'),
    adminEndpoint(
      timers,
      functions.map(({ name }) => name),
    ),
  ];
  const front = new HttpFront({ worker, routes, keys, endpoints, log });
  return { front, database, engine, serviceBus, timers, rpcPath };
}

function createTimers(functions: readonly AppFunction[], base: Base): Map<string, TimerListener> {
  const store = new ScheduleStatusStore(path.join(base.data, 'timers'));
  const invoke: Worker['invoke'] = (fn, invocation) => base.worker.invoke(fn, invocation);
  const timers = functions.filter((fn) => hasTrigger(fn, 'timerTrigger'));
  return new Map(timers.map((fn) => [fn.name, new TimerListener(fn, { ...base, store, invoke })]));
}

function createEngine(functions: readonly AppFunction[], base: Base, database: Database): DurableEngine {
  return new DurableEngine({
    functions: new Map(functions.map((fn) => [fn.name, fn])),
    invoke: (fn, invocation) => base.worker.invoke(fn, invocation),
    database,
    options: base.hostJson.extensions.durableTask,
    clock: base.clock,
    log: base.log,
  });
}
