import { createServer, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { z } from 'zod';
import type { RunningPart } from '../support/entry.ts';
import { close, HttpError, type JsonAnswer, jsonListener, listen, readText } from '../support/http.ts';
import { type Run, Runs } from './runs.ts';

export interface SynchronizationOptions {
  readonly port: number;
  readonly data: string;
  /** Runs statements in an environment's transactional database as its deploy user, all or none. */
  readonly execute: (environment: string, statements: readonly string[]) => Promise<void>;
}

const Asked = z.object({ OperationActivityId: z.string().min(1), EnvironmentId: z.string().min(1) });
const Customization = z.strictObject({
  command: z.literal('customize'),
  environment: z.string().min(1),
  statements: z.array(z.string().min(1)),
});

const RUNS = /^\/environments\/(?<environment>[^/]+)\/synchronization(\/(?<operation>[^/]+))?$/;

/**
 * Stands in for the database synchronization of the product: brings each environment's customizations into its database, and
 * fails where the data does not admit them. `POST …/synchronization` asks for one, `GET …/synchronization/<operation>` says
 * how it stands; `POST /_control` sets an environment's customizations.
 */
export async function startSynchronization(options: SynchronizationOptions): Promise<RunningPart> {
  const runs = await Runs.load(path.join(options.data, 'runs.json'));
  const service = new Service(runs, options.execute);
  for (const { environment, operation } of runs.underWay()) service.begin(environment, operation);
  const listener = jsonListener(
    (request) => service.answer(request),
    (error) => {
      console.error('synchronization: error', error);
      return { error: 'server_error' };
    },
  );
  const server = createServer(listener);
  const port = await listen(server, options.port);
  return {
    port,
    async stop() {
      await close(server);
      await service.settled();
    },
  };
}

class Service {
  readonly #runs: Runs;
  readonly #execute: SynchronizationOptions['execute'];
  readonly #working = new Set<Promise<void>>();

  constructor(runs: Runs, execute: SynchronizationOptions['execute']) {
    this.#runs = runs;
    this.#execute = execute;
  }

  async answer(request: IncomingMessage): Promise<JsonAnswer> {
    const { pathname } = new URL(request.url ?? '/', 'http://synchronization');
    if (request.method === 'POST' && pathname === '/_control') return this.#customize(await readText(request));
    const { environment, operation } = RUNS.exec(pathname)?.groups ?? {};
    if (environment && request.method === 'POST' && !operation) return this.#ask(environment, await readText(request));
    if (environment && request.method === 'GET' && operation) return this.#tell(environment, operation);
    throw new HttpError(404, { error: `${request.method} ${pathname} is not there` });
  }

  /** Goes on beside the answers. */
  begin(environment: string, operation: string): void {
    const work = this.#synchronize(environment, operation).finally(() => this.#working.delete(work));
    this.#working.add(work);
  }

  async settled(): Promise<void> {
    await Promise.all(this.#working);
  }

  async #ask(environment: string, text: string): Promise<JsonAnswer> {
    const { OperationActivityId: operation } = read(Asked, text);
    const known = this.#runs.find(environment, operation);
    if (known) return { status: 202, body: json(known) };
    const run: Run = { state: 'InProgress', message: null };
    await this.#runs.set(environment, operation, run);
    this.begin(environment, operation);
    return { status: 202, body: json(run) };
  }

  #tell(environment: string, operation: string): JsonAnswer {
    const run = this.#runs.find(environment, operation);
    if (!run) throw new HttpError(404, { error: `no synchronization ${operation} was asked for` });
    return { body: json(run) };
  }

  async #customize(text: string): Promise<JsonAnswer> {
    const { environment, statements } = read(Customization, text);
    await this.#runs.customize(environment, statements);
    return { body: { environment, statements } };
  }

  async #synchronize(environment: string, operation: string): Promise<void> {
    const run = await this.#execute(environment, this.#runs.customizationsOf(environment)).then(
      (): Run => ({ state: 'Completed', message: null }),
      (error: unknown): Run => ({ state: 'Failed', message: error instanceof Error ? error.message : String(error) }),
    );
    await this.#runs.set(environment, operation, run);
  }
}

const json = ({ state, message }: Run) => ({ Status: state, Message: message });

function read<T>(schema: z.ZodType<T>, text: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new HttpError(400, { error: error instanceof z.ZodError ? z.prettifyError(error) : 'the body is not JSON' });
  }
}
