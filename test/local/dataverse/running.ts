import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Poster, QueueAddress, Waiting } from '../../../local/dataverse/notifications/outbox.ts';
import { type DataverseOptions, type RunningDataverse, startDataverse } from '../../../local/dataverse/running.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers of a foreign API, looked at by tests
  readonly body: any;
}

/** A running organization in a folder of its own, and a client of it. */
export interface Client extends RunningDataverse {
  readonly data: string;
  /** `target` is below `/api/data/v9.2/`, or a whole address. */
  call(method: string, target: string, body?: object, headers?: Record<string, string>): Promise<Answer>;
  get(target: string, headers?: Record<string, string>): Promise<Answer>;
  control(command: string, input?: object): Promise<Answer>;
}

export function temporaryFolder(): string {
  return mkdtempSync(path.join(tmpdir(), 'dataverse-'));
}

/** Every organization that a test starts is stopped, and its folder removed, by `stop`. */
export async function startClient(options: Partial<DataverseOptions> = {}): Promise<Client> {
  const data = options.data ?? temporaryFolder();
  const running = await startDataverse({ port: 0, data, ...options });
  return {
    ...clientOf(running.url),
    ...running,
    data,
    stop: async () => {
      await running.stop();
      if (!options.data) rmSync(data, { recursive: true, force: true });
    },
  };
}

export function clientOf(url: string): Pick<Client, 'call' | 'get' | 'control'> {
  const send = async (address: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(address, init);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false;
    return { status: response.status, headers: response.headers, body: isJson && text ? JSON.parse(text) : text };
  };
  const call: Client['call'] = (method, target, body, headers = {}) =>
    send(target.startsWith('http') ? target : `${url}/api/data/v9.2/${target}`, {
      method,
      headers: { Authorization: 'Bearer any', ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  return {
    call,
    get: (target, headers) => call('GET', target, undefined, headers),
    control: (command, input = {}) =>
      send(`${url}/_control`, { method: 'POST', body: JSON.stringify({ command, ...input }) }),
  };
}

/** A poster that keeps what it is given, and fails while it is told to. */
export class RecordingPoster implements Poster {
  readonly posted: Waiting[] = [];
  readonly addresses: QueueAddress[] = [];
  failing = false;
  attempts = 0;

  async post(address: QueueAddress, messages: readonly Waiting[]): Promise<void> {
    this.attempts++;
    if (this.failing) throw new Error('the queue does not answer');
    this.addresses.push(address);
    this.posted.push(...messages);
  }

  async close(): Promise<void> {}

  /** The bodies as JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies of a foreign format, looked at by tests
  bodies(): any[] {
    return this.posted.map(({ body }) => JSON.parse(body));
  }
}

const DEADLINE_MS = 15_000;
const LOOK_EVERY_MS = 20;

/** Waits until something is so; fails after a while. */
export async function eventually(isSo: () => boolean | Promise<boolean>, what = 'the condition'): Promise<void> {
  const until = Date.now() + DEADLINE_MS;
  while (!(await isSo())) {
    if (Date.now() > until) throw new Error(`${what} did not come true`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

const SAS_KEY = 'x'.repeat(44);

export const ENDPOINT = {
  name: 'Freshet test',
  contract: 6,
  connectionmode: 1,
  authtype: 2,
  messageformat: 2,
  userclaim: 1,
  namespaceformat: 2,
  namespaceaddress: 'sb://127.0.0.1:5671/',
  solutionnamespace: '127',
  path: 'notifications',
  saskeyname: 'Root',
  saskey: SAS_KEY,
};

export const idOf = ({ headers }: Answer): string =>
  /\(([0-9a-f-]{36})\)$/.exec(headers.get('OData-EntityId') ?? '')?.[1] ?? '';

/** Registers an endpoint and a step for each message of an entity (null: of none), as the documentation does. */
export async function register(
  client: Pick<Client, 'call' | 'get'>,
  steps: readonly (readonly [message: string, entity: string | null, more?: object])[],
  endpoint: object = ENDPOINT,
): Promise<{ endpointId: string; stepIds: string[] }> {
  const endpointId = idOf(await client.call('POST', 'serviceendpoints', endpoint));
  const stepIds: string[] = [];
  for (const [message, entity, more] of steps) {
    const messages = await client.get(`sdkmessages?$select=sdkmessageid,name&$filter=name eq '${message}'`);
    const filters = await client.get(
      `sdkmessagefilters?$select=sdkmessagefilterid&$filter=primaryobjecttypecode eq '${entity}' and sdkmessageid/name eq '${message}'`,
    );
    const answer = await client.call('POST', 'sdkmessageprocessingsteps', {
      name: `${message} of ${entity}`,
      stage: 40,
      mode: 1,
      rank: 1,
      supporteddeployment: 0,
      invocationsource: 0,
      asyncautodelete: true,
      'eventhandler_serviceendpoint@odata.bind': `/serviceendpoints(${endpointId})`,
      'sdkmessageid@odata.bind': `/sdkmessages(${messages.body.value[0].sdkmessageid})`,
      ...(entity === null
        ? {}
        : { 'sdkmessagefilterid@odata.bind': `/sdkmessagefilters(${filters.body.value[0].sdkmessagefilterid})` }),
      ...more,
    });
    stepIds.push(idOf(answer));
  }
  return { endpointId, stepIds };
}
