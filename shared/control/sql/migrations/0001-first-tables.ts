import { type CreateTableBuilder, type Kysely, sql } from 'kysely';
import type { ControlDialect } from '../dialect.ts';

type Type = keyof ControlDialect['types'];
/** The type of a column; `?` marks one that may be null. */
type Columns = Readonly<Record<string, Type | `${Type}?`>>;

/** Bells, feeds, pages, snapshots, shapes, profiles, subscriptions, organizations and counters; schema.ts says what each column is. */
export async function firstTables(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  await bells(db, dialect);
  await feeds(db, dialect);
  await pages(db, dialect);
  await snapshots(db, dialect);
  await shapes(db, dialect);
  await profiles(db, dialect);
  await subscriptions(db, dialect);
  await table(db, dialect, 'organizations', {
    organization_id: 'name',
    requests_paid_at: 'moment',
    execution_paid_at: 'moment',
  })
    .addPrimaryKeyConstraint('organizations_key', ['organization_id'])
    .execute();
  await table(db, dialect, 'counters', { name: 'name', amount: 'count' })
    .addPrimaryKeyConstraint('counters_key', ['name'])
    .execute();
}

async function bells(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  await table(db, dialect, 'bells', {
    key: 'name',
    scope: 'name?',
    rung: 'count',
    seen: 'count',
    pending_at: 'moment?',
    owner: 'name?',
    lease_until: 'moment',
    starts: 'count',
    notified_at: 'moment?',
  })
    .addPrimaryKeyConstraint('bells_key', ['key'])
    .execute();
  await db.schema.createIndex('bells_scope').on('bells').column('scope').execute();
}

async function feeds(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  const { count, flag } = dialect.types;
  await table(db, dialect, 'feeds', {
    organization_id: 'name',
    entity: 'name',
    head: 'count',
    tail: 'name',
    token: 'text?',
    next_link: 'text?',
    keys_link: 'text?',
    keys_need_columns: 'flag',
    metadata_version: 'text?',
    shape: 'name',
    slot_at: 'moment?',
    slot_for: 'name?',
    quiet: 'count',
    trouble: 'text?',
    reading_rung: 'count?',
    reading_at: 'moment?',
    looked_at: 'moment?',
  })
    .addColumn('passed', count, (column) => column.notNull().defaultTo(0))
    .addColumn('registered', flag, (column) => column.notNull().defaultTo(true))
    .addPrimaryKeyConstraint('feeds_key', ['organization_id', 'entity'])
    .execute();
}

async function pages(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  await table(db, dialect, 'pages', {
    id: 'name',
    organization_id: 'name',
    entity: 'name',
    number: 'count',
    previous: 'name',
    shape: 'name',
    audience: 'name?',
    snapshot_id: 'name?',
    begins: 'flag',
    ends: 'flag',
    notified_at: 'moment?',
    read_at: 'moment',
    entries: 'count',
    bytes: 'count',
    body: 'text?',
    blob: 'name?',
    sha256: 'name?',
    appended_at: 'moment',
    passed_at: 'moment?',
  })
    .addPrimaryKeyConstraint('pages_key', ['id'])
    .addUniqueConstraint('pages_number', ['organization_id', 'entity', 'number'])
    .execute();
  await db.schema.createIndex('pages_appended').on('pages').column('appended_at').execute();
  for (const column of ['snapshot_id', 'blob', 'passed_at']) {
    const index = db.schema.createIndex(`pages_${column}`).on('pages').column(column);
    await index.where(sql.ref(column), 'is not', null).execute();
  }
}

async function snapshots(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  await table(db, dialect, 'snapshots', {
    id: 'name',
    organization_id: 'name',
    entity: 'name',
    audience: 'name?',
    mark: 'count',
    link: 'text?',
    started: 'flag',
    end_number: 'count?',
    rows: 'count',
  })
    .addColumn('sequence', dialect.types.sequence, (column) => dialect.sequence(column.notNull()))
    .addPrimaryKeyConstraint('snapshots_key', ['id'])
    .execute();
  await db.schema.createIndex('snapshots_feed').on('snapshots').columns(['organization_id', 'entity']).execute();
}

async function shapes(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  await table(db, dialect, 'shapes', {
    organization_id: 'name',
    entity: 'name',
    shape: 'name',
    definition: 'text',
    saved_at: 'moment',
  })
    .addColumn('sequence', dialect.types.sequence, (column) => dialect.sequence(column.notNull()))
    .addPrimaryKeyConstraint('shapes_key', ['organization_id', 'entity', 'shape'])
    .execute();
}

async function profiles(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  await table(db, dialect, 'profiles', {
    id: 'name',
    organization_id: 'name',
    name_key: 'name',
    settings: 'text',
    state: 'name',
    trouble: 'text?',
    breaker: 'text?',
    probe_at: 'moment?',
    retry_at: 'moment?',
    created_at: 'moment',
    modified_at: 'moment',
    activated_at: 'moment?',
    looked_at: 'moment?',
  })
    .addPrimaryKeyConstraint('profiles_key', ['id'])
    .addUniqueConstraint('profiles_name', ['organization_id', 'name_key'])
    .execute();
}

async function subscriptions(db: Kysely<unknown>, dialect: ControlDialect): Promise<void> {
  await table(db, dialect, 'subscriptions', {
    profile_id: 'name',
    entity: 'name',
    organization_id: 'name',
    page: 'name',
    number: 'count',
    counters: 'text',
    shape: 'name?',
    snapshot_id: 'name?',
    last_export_at: 'moment?',
    lag_ms: 'moment?',
  })
    .addPrimaryKeyConstraint('subscriptions_key', ['profile_id', 'entity'])
    .execute();
  const byFeed = db.schema.createIndex('subscriptions_feed').on('subscriptions');
  await byFeed.columns(['organization_id', 'entity']).execute();
}

function table(
  db: Kysely<unknown>,
  { types }: ControlDialect,
  name: string,
  columns: Columns,
): CreateTableBuilder<string, string> {
  let builder: CreateTableBuilder<string, string> = db.schema.createTable(name);
  for (const [column, spec] of Object.entries(columns)) {
    const type = types[spec.replace('?', '') as Type];
    builder = builder.addColumn(column, sql`${type}`, (definition) =>
      spec.endsWith('?') ? definition : definition.notNull(),
    );
  }
  return builder;
}
