import { z } from 'zod';
import type { Registered, RegisteredEntity, Registration } from '../registration.port.ts';
import { loadAll } from './answers.ts';
import { WebApiClient, type WebApiOptions } from './client.ts';
import { OTHER } from './errors.ts';
import { findSteps } from './messages.ts';
import { addStep, enableStep, loadSteps, planSteps, removeStep } from './steps.ts';

/** The queue that Dataverse posts notifications to. */
export interface NotificationQueue {
  /** `sb://<namespace>.servicebus.windows.net/` */
  readonly address: string;
  readonly path: string;
  /** A policy that may send, and its key. */
  readonly keyName: string;
  readonly key: string;
}

export interface RegistrationOptions extends WebApiOptions {
  /** Names this installation of Freshet among others that may read the same organization; at most 60 characters. */
  readonly installation: string;
  readonly queue: NotificationQueue;
}

interface Endpoint {
  readonly id: string;
  readonly name: string;
}

/** Values of `serviceendpoint` for a queue that takes JSON by a SAS key (reference: dataverse.md, section 3.1). */
const QUEUE_ENDPOINT = {
  contract: 6,
  connectionmode: 1,
  authtype: 2,
  messageformat: 2,
  userclaim: 1,
  namespaceformat: 2,
};

const endpointAnswer = z.object({ serviceendpointid: z.string() });

/** Keeps one endpoint and its steps in an organization, through the Web API (reference: dataverse.md, part 3). */
export class WebApiRegistration implements Registration {
  readonly #client: WebApiClient;
  readonly #name: string;
  readonly #queue: NotificationQueue;

  constructor({ installation, queue, ...options }: RegistrationOptions) {
    this.#client = new WebApiClient(options);
    this.#name = `Freshet ${installation}`;
    this.#queue = queue;
  }

  async ensure(entities: readonly RegisteredEntity[]): Promise<Registered> {
    const { steps, unregistered } = await findSteps(this.#client, entities);
    const endpoint = await this.#ensureEndpoint();
    const { add, enable, remove } = planSteps(steps, await loadSteps(this.#client, endpoint.id));
    for (const step of add) await addStep(this.#client, endpoint, step);
    for (const step of enable) await enableStep(this.#client, step);
    for (const step of remove) await removeStep(this.#client, step);
    return { unregistered };
  }

  async remove(): Promise<void> {
    const endpoint = await this.#findEndpoint();
    if (!endpoint) return;
    for (const step of await loadSteps(this.#client, endpoint.id)) await removeStep(this.#client, step);
    await this.#client.send({ method: 'DELETE', path: `serviceendpoints(${endpoint.id})`, subject: OTHER });
  }

  /** The key can be written but not read, and an imported solution does not carry it: so it is written each time. */
  async #ensureEndpoint(): Promise<Endpoint> {
    const { address, path, keyName, key } = this.#queue;
    const { hostname } = new URL(address);
    const values = {
      ...QUEUE_ENDPOINT,
      name: this.#name,
      namespaceaddress: address,
      solutionnamespace: hostname.split('.')[0],
      path,
      saskeyname: keyName,
      saskey: key,
    };
    const found = await this.#findEndpoint();
    if (found) {
      const target = `serviceendpoints(${found.id})`;
      await this.#client.send({ method: 'PATCH', path: target, body: values, subject: OTHER });
      return found;
    }
    await this.#client.send({ method: 'POST', path: 'serviceendpoints', body: values, subject: OTHER });
    const made = await this.#findEndpoint();
    if (!made) throw this.#client.unreadable('an endpoint just made is not there');
    return made;
  }

  async #findEndpoint(): Promise<Endpoint | null> {
    const name = this.#name.replaceAll("'", "''");
    const path = `serviceendpoints?$select=serviceendpointid&$filter=name eq '${encodeURIComponent(name)}'`;
    const [found] = await loadAll(this.#client, { path, subject: OTHER }, endpointAnswer);
    return found ? { id: found.serviceendpointid, name: this.#name } : null;
  }
}
