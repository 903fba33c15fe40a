/**
 * What Freshet takes from a notification (RemoteExecutionContext; reference: dataverse.md, part 1): where to look, never
 * data. So a body that was cut for its size is as good as a whole one.
 */
export interface Notification {
  /** Lower-case UUID. */
  readonly organizationId: string;
  /** Lower-case logical name; `none` for Associate and Disassociate, which name a relationship instead. */
  readonly entity: string;
  /** As Dataverse writes it: `Create`, `Update`, …; empty when the body names none. */
  readonly message: string;
  /** Lower-case UUID. */
  readonly recordId: string | null;
  /** Associate and Disassociate: the relationship's schema name, when the body still has it. */
  readonly relationship: string | null;
  /** Milliseconds since 1970 UTC. */
  readonly operationCreatedOn: number | null;
  /** Dataverse cut parameters and images away, because the body was too large. */
  readonly cut: boolean;
}

/** A body that rings nothing, and why; never its contents. */
export interface Unprocessable {
  readonly reason: string;
  /** Lower-case UUID, if the body names one. */
  readonly organizationId?: string;
}

type Properties = Readonly<Record<string, unknown>>;

/** Far above the largest body that Dataverse sends (256 KB). */
const BODY_MAX_UNITS = 2 * 1024 * 1024;
/** A body may be a JSON text inside a JSON text, when something on its way encoded it once more. */
const ENCODINGS_MAX = 2;

const NO_ENTITY = 'none';
const NIL = '00000000-0000-0000-0000-000000000000';
const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/;
const NAME = /^\w{1,128}$/;
/** The offset is cosmetic, the milliseconds are UTC. The slashes are still escaped where a body was encoded twice. */
const DATE = /^\\?\/Date\((-?\d{1,16})(?:[+-]\d{4})?\)\\?\/$/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})?$/;

/** Reads a notification's body: text, bytes, or JSON that the host has parsed already. Never throws. */
export function parseNotification(body: unknown): Notification | Unprocessable {
  const json = decode(body);
  if (json === undefined) return { reason: 'the body is not JSON, or too large' };
  const context = propertiesOf(json);
  if (!context) return { reason: 'the body is not a JSON object' };
  const organizationId = guidOf(own(context, 'OrganizationId'));
  if (!organizationId) return { reason: 'the body names no organization' };

  const message = textOf(own(context, 'MessageName')) ?? '';
  const target = propertiesOf(parameter(context, 'InputParameters', 'Target'));
  const entity = entityOf(context, message, target);
  if (!entity) return { reason: 'the body names no entity', organizationId };
  return {
    organizationId,
    entity,
    message,
    recordId: recordIdOf(context, target),
    relationship: linksRecords(message) ? relationshipOf(context) : null,
    operationCreatedOn: instantOf(own(context, 'OperationCreatedOn')),
    cut: listOf(own(context, 'InputParameters')).length === 0,
  };
}

/** True for the messages about many-to-many links, which belong to no entity of their own. */
export function linksRecords(message: string): boolean {
  return message === 'Associate' || message === 'Disassociate';
}

function entityOf(context: Properties, message: string, target: Properties | null): string | null {
  const primary = nameOf(own(context, 'PrimaryEntityName'))?.toLowerCase();
  if (primary && primary !== NO_ENTITY) return primary;
  if (linksRecords(message)) return NO_ENTITY;
  return nameOf(target && own(target, 'LogicalName'))?.toLowerCase() ?? null;
}

function recordIdOf(context: Properties, target: Properties | null): string | null {
  return (
    guidOf(own(context, 'PrimaryEntityId')) ??
    guidOf(target && own(target, 'Id')) ??
    guidOf(parameter(context, 'OutputParameters', 'id'))
  );
}

function relationshipOf(context: Properties): string | null {
  const relationship = propertiesOf(parameter(context, 'InputParameters', 'Relationship'));
  return nameOf(relationship && own(relationship, 'SchemaName'));
}

/** The JSON of a body, or undefined when there is none. */
function decode(body: unknown): unknown {
  let json = body instanceof Uint8Array ? new TextDecoder().decode(body.subarray(0, BODY_MAX_UNITS + 1)) : body;
  for (let encodings = 0; typeof json === 'string'; encodings += 1) {
    if (encodings === ENCODINGS_MAX || json.length > BODY_MAX_UNITS) return undefined;
    json = parsed(json);
  }
  return json;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch {
    return undefined;
  }
}

/** The value of `key` in one of the context's lists of `{key, value}`. */
function parameter(context: Properties, list: string, key: string): unknown {
  const entry = listOf(own(context, list))
    .map(propertiesOf)
    .find((candidate) => candidate && own(candidate, 'key') === key);
  return entry ? own(entry, 'value') : undefined;
}

function propertiesOf(value: unknown): Properties | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Properties) : null;
}

/** Inherited names (`constructor`, `__proto__`) are no properties of a body. */
function own(properties: Properties, name: string): unknown {
  return Object.hasOwn(properties, name) ? unwrapped(properties[name]) : undefined;
}

/** A library that writes bodies anew wraps primitives: `{"__type":"Guid:#System","__value":"…"}`. */
function unwrapped(value: unknown): unknown {
  const wrapper = propertiesOf(value);
  return wrapper && Object.hasOwn(wrapper, '__value') ? wrapper.__value : value;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function nameOf(value: unknown): string | null {
  return typeof value === 'string' && NAME.test(value) ? value : null;
}

function guidOf(value: unknown): string | null {
  const guid = typeof value === 'string' ? GUID.exec(value.toLowerCase())?.[1] : undefined;
  return guid === undefined || guid === NIL ? null : guid;
}

function instantOf(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const date = DATE.exec(value);
  const iso = ISO_DATE.exec(value);
  const ms = date ? Number(date[1]) : iso ? Date.parse(iso[1] ? value : `${value}Z`) : Number.NaN;
  return Number.isNaN(new Date(ms).getTime()) ? null : ms;
}
