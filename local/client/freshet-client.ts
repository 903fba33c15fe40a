import type { ProfileJson } from '../../shared/export/profiles/profile-json.ts';
import type { schemaHistory } from '../../shared/export/profiles/schema-history.ts';
import type { statistics } from '../../shared/export/profiles/statistics.ts';
import type { lastReconciliation } from '../../shared/export/reconcile/request.ts';
import { bearerOf } from './bearer.ts';

export type { ProfileJson };
export type StatisticsJson = Awaited<ReturnType<typeof statistics>>;
export type SchemaEventJson = Awaited<ReturnType<typeof schemaHistory>>[number];
export type ReconciliationJson = Awaited<ReturnType<typeof lastReconciliation>>;

/** Freshet's API as an administrator's script uses it: a token from the issuer, then plain requests. */
export class FreshetClient {
  readonly #app: string;
  readonly #authorization: () => Promise<string>;

  /** `app` and `issuer`: origins without a slash at their end. */
  constructor({ app, issuer }: { app: string; issuer: string }) {
    this.#app = app;
    this.#authorization = bearerOf(issuer, { roles: ['SystemAdministrator'] });
  }

  createProfile(profile: object): Promise<ProfileJson> {
    return this.#call('POST', '/crm/exporter/profiles', profile);
  }

  listProfiles(): Promise<ProfileJson[]> {
    return this.#call('GET', '/crm/exporter/profiles');
  }

  activate(id: string): Promise<ProfileJson> {
    return this.#call('POST', `/crm/exporter/profiles/${id}/activate`);
  }

  /** Tries failed records again; answers with how many. */
  resyncFailed(id: string): Promise<{ Records: number }> {
    return this.#call('POST', `/crm/exporter/profiles/${id}/resyncfailed`);
  }

  async remove(id: string): Promise<void> {
    await this.#call('DELETE', `/crm/exporter/profiles/${id}`);
  }

  status(id: string): Promise<ProfileJson> {
    return this.#call('GET', `/crm/exporter/profiles/${id}?status=true`);
  }

  statistics(id: string): Promise<StatisticsJson> {
    return this.#call('GET', `/crm/exporter/profiles/${id}/statistics`);
  }

  schemaHistory(id: string): Promise<SchemaEventJson[]> {
    return this.#call('GET', `/crm/exporter/profiles/${id}/schemahistory`);
  }

  /** The address of the profile's failures, for a storage client. */
  failures(id: string): Promise<string> {
    return this.#call('GET', `/crm/exporter/profiles/${id}/failures`);
  }

  reconcile(id: string): Promise<ReconciliationJson> {
    return this.#call('POST', `/crm/exporter/profiles/${id}/reconcile`);
  }

  lastReconciliation(id: string): Promise<ReconciliationJson> {
    return this.#call('GET', `/crm/exporter/profiles/${id}/reconcile`);
  }

  async #call<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(`${this.#app}${path}`, {
      method,
      headers: { authorization: await this.#authorization(), 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}
