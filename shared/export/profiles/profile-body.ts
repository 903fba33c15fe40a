import { z } from 'zod';
import type { ProfileSettings } from '../../control/model.ts';
import { FreshetError } from '../../errors/error.ts';
import { ACTIVITY_POINTER } from '../organizations.ts';

/** Limits of the original's form (reference: data-export-api.md, section 6). */
export const RETRY_COUNT = { min: 0, max: 20, default: 12 } as const;
export const RETRY_INTERVAL_S = { min: 0, max: 3600, default: 5 } as const;
export const PREFIX_MAX_LENGTH = 14;
const NAME_MAX_LENGTH = 255;
const SCHEMA_MAX_LENGTH = 64;
const DEFAULT_SCHEMA = 'dbo';

const ALPHANUMERIC = /^[a-z0-9]*$/i;
export const LOGICAL_NAME = /^[a-z_][a-z0-9_]{0,127}$/i;

/** Clients send fields they know nothing of as null. */
const optional = <T extends z.ZodType>(type: T) => type.nullish();

/** What no database and no log takes: NUL and its like, and halves of surrogate pairs. */
const isText = (text: string) => text.isWellFormed() && !/\p{Cc}/u.test(text);

const textOrNumber = z.union([z.string(), z.number()], 'must be a text or a number');

const alphanumeric = (max: number) =>
  z.string().regex(ALPHANUMERIC, 'only letters and digits are allowed').max(max, `at most ${max} characters`);

const wholeNumber = ({ min, max }: { min: number; max: number }) =>
  z.number().int(`a whole number from ${min} to ${max}`).min(min, `at least ${min}`).max(max, `at most ${max}`);

const retryPolicy = z.object({
  MaxRetryCount: optional(wholeNumber(RETRY_COUNT)),
  IntervalInSeconds: optional(wholeNumber(RETRY_INTERVAL_S)),
  Backoff: optional(textOrNumber),
});

const entity = z.object({
  Type: z.string().regex(LOGICAL_NAME, 'a logical name of an entity, e.g. account'),
  Settings: z
    .unknown()
    .optional()
    .describe('Kept and given back. Adopt: true fills a table that stands already, if its shape fits.'),
});

/** The body of create, replace and validate, in the original's names; unknown fields are ignored. */
export const profileBody = z.object({
  Name: z
    .string()
    .trim()
    .min(1, 'must not be empty')
    .max(NAME_MAX_LENGTH, `at most ${NAME_MAX_LENGTH} characters`)
    .refine(isText, 'no control characters'),
  OrganizationId: z.guid('the id of an organization'),
  Entities: z
    .array(entity)
    .min(1, 'at least one entity')
    .refine(noRepeats, 'an entity is named twice')
    .refine(noActivityPointer, 'activitypointer cannot be exported: choose phonecall, appointment, email, task, …'),
  DestinationType: optional(textOrNumber),
  DestinationKeyVaultUri: z.string().min(1, 'must not be empty'),
  DestinationPrefix: optional(alphanumeric(PREFIX_MAX_LENGTH)),
  DestinationSchemaName: optional(alphanumeric(SCHEMA_MAX_LENGTH)),
  RetryPolicy: optional(retryPolicy),
  WriteDeleteLog: optional(z.boolean()),
});

/** Reads a profile's body. PROFILE_INVALID names every wrong field at once. Field names may come in any letter case. */
export function readProfileBody(body: unknown): ProfileSettings {
  const { settings, faults } = inspectProfileBody(body);
  if (faults.length > 0) throw new FreshetError('PROFILE_INVALID', { details: faults.map(faultText).join('; ') });
  return settings;
}

/** A rule that a field breaks, e.g. `Entities[2].Type`, `a logical name of an entity`. */
export interface Fault {
  readonly field: string;
  readonly rule: string;
}

export const faultText = ({ field, rule }: Fault): string => `${field}: ${rule}`;

/** What the body says, for checks that go on in spite of faults: harmless values stand in for wrong fields. BODY_NOT_JSON. */
export function inspectProfileBody(body: unknown): {
  readonly id: string | null;
  readonly settings: ProfileSettings;
  readonly faults: readonly Fault[];
  /** Top-level fields that stand in. */
  readonly wrong: ReadonlySet<string>;
} {
  if (body === null || typeof body !== 'object' || Array.isArray(body)) throw new FreshetError('BODY_NOT_JSON');
  const named = withKnownCase(body, FIELD_NAMES) as Record<string, unknown>;
  const { data, error } = profileBody.safeParse(named);
  const id = z.guid().safeParse(named.Id).data?.toLowerCase() ?? null;
  if (data) return { id, settings: settingsOf(data), faults: [], wrong: new Set() };
  const faults = error.issues.map((issue) => ({ field: fieldName(issue.path), rule: ruleOf(issue, named) }));
  const wrong = new Set(error.issues.map(({ path }) => String(path[0])));
  const standIns = { Name: '-', OrganizationId: NOBODY, Entities: [{ Type: '_' }], DestinationKeyVaultUri: '-' };
  const mended = Object.fromEntries([
    ...Object.entries(named).filter(([name]) => !wrong.has(name)),
    ...Object.entries(standIns).filter(([name]) => wrong.has(name)),
  ]);
  const settings = settingsOf(profileBody.parse(mended));
  const entities = wrong.has('Entities') ? readableEntities(named.Entities) : settings.entities;
  return { id, settings: { ...settings, entities }, faults, wrong };
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

/** Those of a faulty list that can be asked about. */
function readableEntities(list: unknown): ProfileSettings['entities'] {
  const items = Array.isArray(list) ? list.flatMap((item) => entity.safeParse(item).data ?? []) : [];
  const named = new Map(items.map((item) => [item.Type.toLowerCase(), item]));
  named.delete(ACTIVITY_POINTER);
  return [...named].map(([name, { Settings }]) => ({ entity: name, settings: Settings ?? null }));
}

/** Whether an entity's settings allow that a table which stands becomes its own. */
export function adopts(settings: unknown): boolean {
  if (typeof settings !== 'object' || settings === null) return false;
  return Object.entries(settings).some(([name, value]) => name.toLowerCase() === 'adopt' && value === true);
}

function settingsOf(body: z.infer<typeof profileBody>): ProfileSettings {
  return {
    name: body.Name,
    organizationId: body.OrganizationId.toLowerCase(),
    entities: body.Entities.map(({ Type, Settings }) => ({ entity: Type.toLowerCase(), settings: Settings ?? null })),
    destinationType: String(body.DestinationType ?? 'sqlazure'),
    keyVaultUri: body.DestinationKeyVaultUri,
    prefix: body.DestinationPrefix ?? '',
    schema: body.DestinationSchemaName || DEFAULT_SCHEMA,
    retry: {
      maxCount: body.RetryPolicy?.MaxRetryCount ?? RETRY_COUNT.default,
      intervalS: body.RetryPolicy?.IntervalInSeconds ?? RETRY_INTERVAL_S.default,
      backoff: body.RetryPolicy?.Backoff ?? 'Simple',
    },
    writeDeleteLog: body.WriteDeleteLog ?? false,
  };
}

const FIELD_NAMES = new Map(
  [...Object.keys(profileBody.shape), ...Object.keys(entity.shape), ...Object.keys(retryPolicy.shape)].map((name) => [
    name.toLowerCase(),
    name,
  ]),
);

/** The original bound names without regard to letter case; `Settings` belong to the client and stay as they are. */
function withKnownCase(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => withKnownCase(item, names));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      const name = names.get(key.toLowerCase()) ?? key;
      return [name, name === 'Settings' ? inner : withKnownCase(inner, names)];
    }),
  );
}

/** What is wrong, for a reader who knows the API and not the library. */
function ruleOf(issue: z.core.$ZodIssue, body: unknown): string {
  if (issue.code !== 'invalid_type' || issue.expected === 'int') return issue.message;
  const value = issue.path.reduce<unknown>(
    (inner, part) => (inner as Record<PropertyKey, unknown> | undefined)?.[part],
    body,
  );
  return value == null ? 'is missing' : `must be of type ${issue.expected}`;
}

/** `Entities[2].Type` */
function fieldName(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (name, part) => (typeof part === 'number' ? `${name}[${part}]` : name ? `${name}.${String(part)}` : String(part)),
    '',
  );
}

function noRepeats(entities: readonly { Type: string }[]): boolean {
  return new Set(entities.map(({ Type }) => Type.toLowerCase())).size === entities.length;
}

function noActivityPointer(entities: readonly { Type: string }[]): boolean {
  return entities.every(({ Type }) => Type.toLowerCase() !== ACTIVITY_POINTER);
}
