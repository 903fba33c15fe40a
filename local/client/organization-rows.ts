import { systemClock } from '../../shared/platform/clock/system.ts';
import { endpointCredential } from '../../shared/platform/identity/endpoint-credential.ts';
import type { Addresses } from '../supervisor/addresses.ts';

/** Rows of the organization, written through its Web API as any client writes them. */
export class OrganizationRows {
  readonly #url: string;
  readonly #token: () => Promise<string>;

  constructor({ dataverse, identity }: Pick<Addresses, 'dataverse' | 'identity'>) {
    this.#url = `${dataverse}/api/data/v9.2`;
    const credential = endpointCredential({ url: `${identity}/token`, fetch: globalThis.fetch, clock: systemClock });
    this.#token = async () => (await credential.getToken(`${dataverse}/.default`)).token;
  }

  /** Answers with the row's id. */
  async create(set: string, row: object): Promise<string> {
    const answer = await this.#send('POST', set, row);
    const id = /\(([0-9a-f-]{36})\)$/i.exec(answer.headers.get('OData-EntityId') ?? '')?.[1];
    if (id === undefined) throw new Error(`the organization made a row of ${set} and did not tell its id`);
    return id.toLowerCase();
  }

  async delete(set: string, id: string): Promise<void> {
    await this.#send('DELETE', `${set}(${id})`);
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${this.#url}/${path}`, {
      method,
      headers: { authorization: `Bearer ${await this.#token()}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  }
}
