import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { FaultSettings } from '../http/faults.ts';
import { NO_FAULTS } from '../http/faults.ts';
import type { Control } from '../http/server.ts';
import type { EntityDefinition } from '../model/definitions.ts';
import { DataverseError } from '../model/errors.ts';
import { readDefinition } from '../model/read-definition.ts';
import type { Values } from '../model/row.ts';
import { ensureMessages } from '../registration/messages.ts';
import type { IdentityChanges, Parts } from '../running.ts';
import { seedEntity, seedRows } from '../sample/seed.ts';
import { checksum } from './checksum.ts';
import { withAttribute, withLength, withOption, withoutAttribute } from './redefine.ts';
import { statusOf } from './status.ts';

type Command = (parts: Parts, input: unknown) => unknown;

/** A command: what it takes, and what it does. */
function command<T extends z.ZodRawShape>(
  shape: T,
  run: (parts: Parts, input: z.output<z.ZodObject<T>>) => unknown,
): Command {
  const schema = z.strictObject(shape);
  return (parts, input) => run(parts, schema.parse(input) as z.output<z.ZodObject<T>>);
}

const entity = z.string();
const stateName = z.string().regex(/^[\w-]{1,64}$/);
const probability = z.number().min(0).max(1);
const weight = z.number().min(0).default(0);
const json = z.record(z.string(), z.unknown());

const COMMANDS: Readonly<Record<string, Command>> = {
  define: command({ definitions: z.array(json) }, ({ site }, { definitions }) =>
    site.change(() => {
      site.organization.define(...definitions.map((definition) => readDefinition(definition)));
      ensureMessages(site.organization);
    }),
  ),
  addAttribute: command({ entity, attribute: json }, (parts, input) =>
    redefine(parts, input.entity, (definition) => withAttribute(definition, input.attribute)),
  ),
  widenAttribute: command({ entity, attribute: z.string(), maxLength: z.int().positive() }, (parts, input) =>
    redefine(parts, input.entity, (definition) => withLength(definition, input.attribute, input.maxLength)),
  ),
  removeAttribute: command({ entity, attribute: z.string() }, (parts, input) =>
    redefine(parts, input.entity, (definition) => withoutAttribute(definition, input.attribute)),
  ),
  recompute: command({ entity, id: z.uuid(), values: json }, ({ site }, input) =>
    site.change(() => site.organization.recompute(input.entity, input.id, input.values as Values)),
  ),
  removeEntity: command({ entity }, ({ site }, input) => site.change(() => site.organization.undefine(input.entity))),
  addOption: command({ entity, attribute: z.string(), option: json }, (parts, input) =>
    redefine(parts, input.entity, (definition) => withOption(definition, input.attribute, input.option)),
  ),
  seed: command({ entity: entity.optional(), rows: z.int().positive() }, ({ site, sampler }, { entity: one, rows }) =>
    site.change(() =>
      one ? seedEntity(site.organization, one, rows, sampler) : seedRows(site.organization, rows, sampler),
    ),
  ),
  startStream: command(
    {
      rate: z.number().positive().max(20_000),
      entities: z.array(entity).optional(),
      mix: z
        .object({ create: weight, update: weight, delete: weight, recreate: weight, associate: weight })
        .default({ create: 20, update: 60, delete: 10, recreate: 5, associate: 5 }),
      seed: z.int().default(1),
      count: z.int().positive().optional(),
    },
    ({ site, stream, store }, options) => {
      for (const name of options.entities ?? []) site.organization.table(name);
      stream.start(options);
      store.setSetting('stream', stream.status());
      return stream.status();
    },
  ),
  stopStream: command({}, ({ stream, store }) => {
    stream.stop();
    store.setSetting('stream', stream.status());
    return stream.status();
  }),
  notifications: command(
    {
      lost: probability.optional(),
      doubled: probability.optional(),
      delayed: probability.optional(),
      delayMs: z.number().min(0).optional(),
      off: z.boolean().optional(),
    },
    (parts, changes) =>
      setFaults(parts, { notifications: { ...parts.site.faults.settings.notifications, ...given(changes) } }),
  ),
  throttle: command(
    {
      probability: probability.default(0),
      requests: z.int().min(0).default(0),
      forMs: z.number().min(0).default(0),
      retryAfterSeconds: z.number().min(0).default(5),
      limit: z.int().positive().nullable().default(null),
    },
    (parts, { forMs, ...rest }) =>
      setFaults(parts, { throttle: { ...rest, until: forMs > 0 ? parts.site.now() + forMs : 0 } }),
  ),
  pageLatency: command({ ms: z.number().min(0).max(600_000) }, (parts, { ms }) =>
    setFaults(parts, { pageLatencyMs: ms }),
  ),
  administrationMode: command({ on: z.boolean(), backgroundOperations: z.boolean().optional() }, (parts, input) =>
    setFaults(parts, {
      administrationMode: input.on,
      backgroundOperations: input.backgroundOperations ?? !input.on,
    }),
  ),
  backgroundOperations: command({ on: z.boolean() }, (parts, { on }) => setFaults(parts, { backgroundOperations: on })),
  disabled: command({ on: z.boolean() }, (parts, { on }) => setFaults(parts, { disabled: on })),
  clearFaults: command({}, (parts) => setFaults(parts, NO_FAULTS)),
  expireTokens: command({ entity: entity.optional() }, ({ site }, input) =>
    site.change(() => site.organization.expireTokens(input.entity)),
  ),
  retention: command({ days: z.number().positive() }, ({ site, store }, { days }) => {
    site.organization.retentionMs = days * 86_400_000;
    store.setSetting('retentionMs', site.organization.retentionMs);
    const values = { expirechangetrackingindays: Math.ceil(days) };
    return site.change(() => {
      for (const id of site.organization.table('organization').rows.keys())
        site.organization.update('organization', id, values);
    });
  }),
  variants: command(
    {
      tokenMoment: z.enum(['start', 'end']).optional(),
      recreated: z.enum(['both', 'row']).optional(),
      metadataExpiresTokens: z.boolean().optional(),
      tokenAhead: z.enum(['refuse', 'accept']).optional(),
      tokenColumns: z.enum(['any', 'same']).optional(),
    },
    ({ site, store }, changes) => {
      site.organization.variants = { ...site.organization.variants, ...given(changes) };
      store.setSetting('variants', site.organization.variants);
      return site.organization.variants;
    },
  ),
  saveState: command({ name: stateName }, ({ store }, { name }) => store.saveState(name)),
  restoreState: command({ name: stateName }, ({ store, site }, { name }) => {
    const state = store.readState(name);
    if (!state) throw new DataverseError(404, '0x80040217', `There is no saved state ${name}.`);
    site.organization.restoreState(state);
  }),
  move: command({ url: z.url().optional(), geo: z.string().optional() }, (parts, { url, geo }) =>
    changeIdentity(parts, given({ url: url?.replace(/\/+$/, ''), geo })),
  ),
  organizationId: command({ id: z.uuid(), environmentId: z.uuid().optional() }, (parts, { id, environmentId }) =>
    changeIdentity(parts, given({ organizationId: id.toLowerCase(), environmentId: environmentId?.toLowerCase() })),
  ),
  holdTransaction: command(
    { ms: z.number().min(0).max(600_000), entity: entity.optional(), id: z.string().optional() },
    hold,
  ),
  restoreRow: command({ entity, id: z.uuid() }, ({ site }, input) =>
    site.change(() => site.organization.restore(input.entity, input.id).self),
  ),
  checksum: command({ entity }, ({ site }, input) => checksum(site.organization, input.entity)),
  status: command({}, (parts) => statusOf(parts)),
};

/** `GET` gives the status, `POST` runs a command: `{"command": "…", …}`. */
export function controlOf(parts: Parts): Control {
  return async (method, body) => {
    if (method === 'GET') return { status: 200, body: statusOf(parts) };
    try {
      const { command: name, ...input } = json.parse(JSON.parse(body));
      const run = typeof name === 'string' && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
      if (!run)
        return {
          status: 400,
          body: { error: `There is no such command. Commands: ${Object.keys(COMMANDS).join(', ')}` },
        };
      return { status: 200, body: (await run(parts, input)) ?? { ok: true } };
    } catch (error) {
      if (error instanceof DataverseError) return { status: error.status, body: { error: error.message } };
      if (error instanceof z.ZodError || error instanceof SyntaxError)
        return { status: 400, body: { error: error.message } };
      throw error;
    }
  };
}

/** Without what was left out, so that spreading it overwrites nothing. */
function given<T extends object>(changes: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}

function redefine({ site }: Parts, name: string, change: (definition: EntityDefinition) => EntityDefinition) {
  const { organization } = site;
  return site.change(() => organization.define(change(organization.table(name).definition)));
}

function setFaults({ site, store, outbox }: Parts, changes: Partial<FaultSettings>): FaultSettings {
  site.faults.settings = { ...site.faults.settings, ...changes };
  store.setSetting('faults', site.faults.settings);
  outbox.kick();
  return site.faults.settings;
}

function changeIdentity({ site, store }: Parts, changes: IdentityChanges) {
  const known = store.setting<IdentityChanges>('identity') ?? {};
  store.setSetting('identity', { ...known, ...changes });
  site.organization.identity = { ...site.organization.identity, ...changes };
  return site.organization.identity;
}

/** Changes a row in a transaction that commits later; meanwhile no token passes it. */
function hold(
  { site, sampler }: Parts,
  { ms, entity: name = 'account', id }: { ms: number; entity?: string | undefined; id?: string | undefined },
) {
  const { organization } = site;
  const row = id ? organization.row(name, id).self : sampler.anyRow(name);
  const transaction = organization.begin();
  const held = row ? row.id : transaction.create(name, sampler.row(name));
  if (row) transaction.update(name, row.id, sampler.changes(name));
  void sleep(ms, undefined, { ref: false }).then(() => site.change(() => transaction.commit()));
  return { entity: name, id: held, version: transaction.firstVersion };
}
