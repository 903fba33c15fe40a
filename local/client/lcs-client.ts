import type { z } from 'zod';
import type { EnvironmentBody } from '../../functions/http/lcs/environment-body.ts';
import type {
  databaseList,
  environmentPage,
  fetchStatus,
  historyPage,
  lcsResult,
  operationDetails,
  preflightResult,
} from '../../functions/http/lcs/shapes.ts';
import { bearerOf, type Person } from './bearer.ts';

export type { EnvironmentBody };
export type OperationResult = z.infer<typeof lcsResult>;
export type OperationStatus = z.infer<typeof fetchStatus>;
export type OperationDetails = z.infer<typeof operationDetails>;
export type EnvironmentRow = z.infer<typeof environmentPage>['Data'][number];

/** The environment that an operation concerns (of a refresh, the target), and the operation. */
export interface Activity {
  readonly project: number;
  readonly environment: string;
  readonly activity: string;
}

const OWNER: Person = { roles: ['ProjectOwner'], name: 'Project owner' };

/** The Lifecycle Services API as its users' scripts call it: nothing but the header Authorization, and no body. */
export class LcsClient {
  readonly #app: string;
  readonly #authorization: () => Promise<string>;

  /** `app` and `issuer`: origins without a slash at their end. */
  constructor({ app, issuer, person = OWNER }: { app: string; issuer: string; person?: Person }) {
    this.#app = app;
    this.#authorization = bearerOf(issuer, person);
  }

  refresh(project: number, source: string, target: string): Promise<OperationResult> {
    return this.#call('POST', `/databasemovement/v1/refresh/project/${project}/source/${source}/target/${target}`);
  }

  status(activity: Activity): Promise<OperationStatus> {
    return this.#call('GET', `/databasemovement/v1/fetchstatus/${pathOf(activity)}`);
  }

  details(activity: Activity): Promise<OperationDetails> {
    return this.#call('GET', `/databasemovement/v1/operation/${pathOf(activity)}`);
  }

  preflight(project: number, source: string, target: string): Promise<z.infer<typeof preflightResult>> {
    return this.#call('GET', `/databasemovement/v1/preflight/project/${project}/source/${source}/target/${target}`);
  }

  rollBack(activity: Activity): Promise<OperationResult> {
    return this.#call('POST', `/databasemovement/v1/rollback/${pathOf(activity)}`);
  }

  signOff(activity: Activity, acknowledged: readonly string[] = []): Promise<OperationResult> {
    return this.#call('POST', `/databasemovement/v1/signoff/${pathOf(activity)}`, { AcknowledgedSteps: acknowledged });
  }

  abort(activity: Activity): Promise<OperationResult> {
    return this.#call('POST', `/databasemovement/v1/abort/${pathOf(activity)}`);
  }

  async runbookLog(activity: Activity): Promise<string> {
    return (await this.#send('GET', `/databasemovement/v1/runbooklog/${pathOf(activity)}`)).text();
  }

  databases(project: number): Promise<z.infer<typeof databaseList>> {
    return this.#call('GET', `/databasemovement/v1/databases/project/${project}`);
  }

  history(project: number, environment: string): Promise<z.infer<typeof historyPage>> {
    return this.#call('GET', `/environmentinfo/v1/history/project/${project}/environment/${environment}`);
  }

  /** All pages. */
  async environments(project: number): Promise<EnvironmentRow[]> {
    const rows: EnvironmentRow[] = [];
    for (let page = 1; ; page += 1) {
      const path = `/environmentinfo/v1/detail/project/${project}/?page=${page}`;
      const answer = await this.#call<z.infer<typeof environmentPage>>('GET', path);
      rows.push(...answer.Data);
      if (!answer.ResultHasMorePages) return rows;
    }
  }

  async register(project: number, environment: string, body: EnvironmentBody): Promise<void> {
    const path = `/environmentinfo/v1/environment/project/${project}/environment/${environment}`;
    const answer = await this.#call<OperationResult>('PUT', path, body);
    if (!answer.IsSuccess) throw new Error(`${body.EnvironmentName} was not registered: ${answer.ErrorMessage}`);
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    return (await (await this.#send(method, path, body)).json()) as T;
  }

  async #send(method: string, path: string, body?: object): Promise<Response> {
    const answer = await fetch(`${this.#app}${path}`, {
      method,
      headers: { authorization: await this.#authorization() },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
    return answer;
  }
}

const pathOf = ({ project, environment, activity }: Activity): string =>
  `project/${project}/environment/${environment}/operationactivity/${activity}`;
