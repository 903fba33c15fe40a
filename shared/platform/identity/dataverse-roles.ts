import { FreshetError } from '../../errors/error.ts';
import { ExpiringCache } from '../clock/expiring.ts';
import type { Log } from '../log/port.ts';
import { reasonOf } from '../reason.ts';
import type { Credential } from './credential.port.ts';
import { fetchJson, type Http } from './fetch-json.ts';
import type { Caller, Roles } from './port.ts';

export interface DataverseRolesOptions extends Http {
  /** `url`: the organization's origin, such as `https://contoso.crm.dynamics.com`. */
  readonly organizations: readonly { readonly id: string; readonly url: string }[];
  readonly credential: Credential;
  readonly log: Log;
}

/** The template that System Administrator is made from in every organization and business unit. */
const SYSTEM_ADMINISTRATOR = '627090ff-40a3-4053-8790-584edc5be201';
const HAS_ROLE = `any(r:r/_roletemplateid_value eq ${SYSTEM_ADMINISTRATOR})`;

/** How long a role that was taken away may still be used. */
const YES_MS = 5 * 60_000;
/** Shorter, so that whoever has just been given the role need not wait. */
const NO_MS = 30_000;

const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Roles as the organizations know them: System Administrator, given to the caller or to a team of the caller. */
export class DataverseRoles implements Roles {
  readonly #options: DataverseRolesOptions;
  readonly #answers: ExpiringCache<boolean>;

  constructor(options: DataverseRolesOptions) {
    this.#options = options;
    this.#answers = new ExpiringCache(options.clock);
  }

  async administers(caller: Caller, candidates: readonly string[]): Promise<string[]> {
    // It becomes part of a filter; other issuers' ids are no users of Dataverse.
    if (!GUID.test(caller.id)) return [];
    const asked = this.#options.organizations.filter(({ id }) => candidates.includes(id));
    const answers = await Promise.allSettled(asked.map(({ id, url }) => this.#isAdministrator(caller.id, id, url)));
    const failures = answers.filter((answer) => answer.status === 'rejected');
    if (failures[0] && failures.length === asked.length) {
      throw new FreshetError('IDENTITY_UNAVAILABLE', { reason: reasonOf(failures[0].reason) }, failures[0].reason);
    }
    return asked.filter((_, i) => answers[i]?.status === 'fulfilled' && answers[i].value).map(({ id }) => id);
  }

  async #isAdministrator(user: string, organization: string, url: string): Promise<boolean> {
    try {
      return await this.#answers.get(`${organization} ${user}`, async () => {
        const value = (await this.#hasRole(user, url)) || (await this.#hasRoleByTeam(user, url));
        return { value, until: this.#options.clock.now() + (value ? YES_MS : NO_MS) };
      });
    } catch (error) {
      this.#options.log.write('warn', 'roles unknown', { organization, reason: reasonOf(error) });
      throw error;
    }
  }

  #hasRole(user: string, url: string): Promise<boolean> {
    const filter = `azureactivedirectoryobjectid eq ${user} and isdisabled eq false and systemuserroles_association/${HAS_ROLE}`;
    return this.#finds(url, 'systemusers', 'systemuserid', filter);
  }

  #hasRoleByTeam(user: string, url: string): Promise<boolean> {
    const isMember = `any(u:u/azureactivedirectoryobjectid eq ${user} and u/isdisabled eq false)`;
    const filter = `teammembership_association/${isMember} and teamroles_association/${HAS_ROLE}`;
    return this.#finds(url, 'teams', 'teamid', filter);
  }

  async #finds(url: string, entitySet: string, key: string, filter: string): Promise<boolean> {
    const { origin } = new URL(url);
    const { token } = await this.#options.credential.getToken(`${origin}/.default`);
    const query = `$select=${key}&$top=1&$filter=${encodeURIComponent(filter)}`;
    const { value } = await fetchJson(this.#options, `${origin}/api/data/v9.2/${entitySet}?${query}`, {
      headers: {
        Authorization: `Bearer ${token}`,
        Accept: 'application/json',
        'OData-Version': '4.0',
        'OData-MaxVersion': '4.0',
      },
    });
    if (!Array.isArray(value)) throw new Error(`${origin} answered without a list`);
    return value.length > 0;
  }
}
