import type { Organization } from '../model/organization.ts';
import type { Faults } from './faults.ts';
import type { Statistics } from './statistics.ts';

/** What the handlers of one running organization share. */
export interface Site {
  readonly organization: Organization;
  readonly faults: Faults;
  readonly statistics: Statistics;
  readonly now: () => number;
  /** Makes a change: what it did is durable, and its notifications are on their way, when the promise resolves. */
  change<T>(what: () => T): Promise<T>;
  /** Checks a row of the registration tables before it is written; adds what the service adds. */
  readonly rules: WriteRules;
}

export interface WriteRules {
  /** Gives the values to write; `id` is null for a new row. */
  beforeWrite(entity: string, id: string | null, values: Record<string, unknown>): Record<string, unknown>;
}

/** `…/api/data/v9.2/` of the organization as it is called now. */
export function baseOf({ organization }: Pick<Site, 'organization'>): string {
  return `${organization.identity.url}${API_PATH}`;
}

export const API_PATH = '/api/data/v9.2/';

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text, or nothing. */
  readonly body?: string;
}

/** One request, its path below the API's base, decoded where it must be. */
export interface ApiRequest {
  readonly method: string;
  /** `accounts(…)/contact_customer_accounts/$ref`, without the query. */
  readonly path: string;
  readonly search: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export const jsonAnswer = (body: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status: 200,
  headers,
  body,
});
