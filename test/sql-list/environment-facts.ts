import type { Administrator } from '../../shared/environment-databases/model.ts';
import type { SqlServerAccess } from '../../shared/environment-databases/sqlserver/access.ts';
import type { Answers, Heard } from '../support/recording-server.ts';

/** What the databases of the list hold: tables with every kind of key, columns of every type, users of every kind. */

/** Rows of each table, and those of one range: there is a first, a middle and a last one, or only one. */
const ROWS = 12;
export const RANGE_ROWS = { several: 5, one: 20 } as const;
/** Of a table whose sample is thinned, as the server counts them along. */
const MANY_ROWS = 100_000;
/** Rows of one answer, in turn: they go to the server as parameters, filled up or not, or by a bulk load. */
const ANSWERED_ROWS: readonly number[] = [1, 3, 70];

interface Column {
  readonly name: string;
  readonly base: string;
  readonly bytes?: number;
}

interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  readonly key: readonly string[];
  readonly isReferenced?: boolean;
}

/** Types of columns that values come from and go to, each in its own way. */
export const TYPES: readonly string[] = [
  ...['bit', 'tinyint', 'smallint', 'int', 'bigint', 'decimal', 'numeric', 'money', 'smallmoney', 'float', 'real'],
  ...['date', 'time', 'datetime', 'datetime2', 'smalldatetime', 'datetimeoffset'],
  ...['char', 'varchar', 'nchar', 'nvarchar', 'text', 'ntext', 'sysname'],
  ...['binary', 'varbinary', 'image', 'timestamp', 'uniqueidentifier', 'xml'],
];
const KEY_TYPES: readonly string[] = ['bigint', 'decimal', 'char', 'nvarchar', 'date', 'datetime2', 'uniqueidentifier'];

/** Columns are named after their types. */
export const columnOf = (name: string, type: string): string => `${name} ${type}`;
/** The column that rules of the list change, but for those of every type. */
export const textColumn = (name: string): string => columnOf(name, 'nvarchar');

export const tableNames = (name: string) => ({
  keyless: `${name} keyless`,
  oneColumn: `${name} one`,
  severalColumns: `${name} several`,
  /** Its only key is what the rules change. */
  ownKey: `${name} own`,
  everyType: `${name} types`,
});

function tablesOf(name: string): Table[] {
  const names = tableNames(name);
  const value: Column = { name: textColumn(name), base: 'nvarchar' };
  const id: Column = { name: 'RECID', base: 'bigint' };
  const keys = KEY_TYPES.map((base): Column => ({ name: `${name} key ${base}`, base }));
  return [
    { name: names.keyless, columns: [value], key: [] },
    { name: names.oneColumn, columns: [id, value], key: ['RECID'] },
    {
      ...{ name: names.severalColumns, columns: [...keys, value], isReferenced: true },
      key: keys.map((column) => column.name),
    },
    { name: names.ownKey, columns: [value], key: [value.name] },
    {
      name: names.everyType,
      columns: [id, ...TYPES.map((base) => ({ name: columnOf(name, base), base }))],
      key: ['RECID'],
    },
    ...Object.entries(ADMINISTRATED).map(([table, columns]) => ({
      ...{ name: table, key: [] },
      columns: columns.map((column) => ({ name: column, base: 'nvarchar' })),
    })),
  ];
}

/** Where the administrator and the tenant stand. */
const ADMINISTRATED: Readonly<Record<string, readonly string[]>> = {
  UserInfo: ['ID', 'SID', 'NETWORKALIAS', 'NETWORKDOMAIN', 'IDENTITYPROVIDER', 'ENABLE'],
  SysServiceConfigurationSetting: ['NAME', 'VALUE'],
  PowerBIConfig: ['TENANTID'],
  ProvisioningMessageTable: ['TENANTID'],
};

export const administratorOf = (name: string): Administrator => ({
  ...{ sid: name, alias: name, domain: name, identityProvider: name, tenantId: name },
});

/** The answers for databases that bear all these. */
export function factsOf(name: string): Answers {
  const tables = tablesOf(name);
  const tableOf = ({ values: { id } }: Heard): Table | undefined => tables[Number(id) - 1];
  return [
    ...tableFacts(name, tables, tableOf),
    ...rowFacts(),
    ...userFacts(name),
    [/sp_getapplock/, [{ result: 0 }]],
    [/SUM\(CAST\(size/, [{ bytes: 8_192 }]],
    [/InstanceDefaultBackupPath/, [{ name, folder: 'd:\\backups' }]],
    [/InstanceDefaultDataPath'\) AS nvarchar\(260\)\) AS data/, [{ data: 'd:\\data\\', log: 'l:\\' }]],
    [/FILELISTONLY/, ['D', 'L', 'D', 'F', 'S'].map((Type) => ({ LogicalName: `${name} ${Type}`, Type }))],
    [/FROM sys\.triggers/, [null, name].map((table) => ({ schema: table, name: `${name} trigger`, table }))],
    [/FROM \[freshet_runbook\]\.\[progress\] p/, [{ schema: name, name: tableNames(name).oneColumn }]],
  ];
}

function tableFacts(name: string, tables: readonly Table[], tableOf: (heard: Heard) => Table | undefined): Answers {
  return [
    [/SELECT t\.object_id AS id/, tables.map((table, k) => ({ id: k + 1, schema: name, name: table.name }))],
    [
      /FROM sys\.columns c JOIN sys\.types/,
      (heard) =>
        (tableOf(heard)?.columns ?? []).map(({ name: column, base }) => ({
          ...{ name: column, base, bytes: base.startsWith('varbinary') ? -1 : 200, precision: 10, scale: 2, made: 0 },
        })),
    ],
    [
      /FROM sys\.indexes/,
      (heard) => (tableOf(heard)?.key ?? []).map((column) => ({ number: 1, column, nullable: false })),
    ],
    [/FROM sys\.partitions/, (heard) => [{ rows: tableOf(heard)?.isReferenced ? MANY_ROWS : ROWS }]],
    [/FROM sys\.foreign_keys/, (heard) => (tableOf(heard)?.isReferenced ? [{ there: 1 }] : [])],
    [/AS \[column\] FROM sys\.columns c/, [{ schema: name, table: name, column: name }]],
  ];
}

/** Rows bear their numbers, in each column of a key. */
function rowFacts(): Answers {
  let asked = 0;
  const several = () => {
    const count = ANSWERED_ROWS[asked % ANSWERED_ROWS.length] ?? 1;
    asked += 1;
    return Array.from({ length: count }, (_, k) => ({ ...keyOf(k + 1), value: String(1_000 + k), n: 2 }));
  };
  return [
    [/OFFSET \d+ ROWS/, endOfRange],
    [/\) AS tried WHERE/, [{ there: 1 }]],
    [/SELECT .* AS value.* FROM .*(WHERE|GROUP BY) /s, several],
    [/COUNT_BIG\(\*\) AS \[rows\] FROM (?!@|#)/, [{ rows: ROWS }]],
    [/@@ROWCOUNT/, [{ rows: 2 }]],
  ];
}

const keyOf = (row: number): object => Object.fromEntries(KEY_TYPES.map((_, k) => [`k${k}`, String(row)]));

function endOfRange({ text, values }: Heard): object[] {
  const row = Number(values.p1 ?? 0) + Number(/OFFSET (\d+) ROWS/.exec(text)?.[1]) + 1;
  return row <= ROWS ? [keyOf(row)] : [];
}

export const DOORS = ['G', 'W', 'D', ''] as const;
const KINDS = ['SCHEMA', 'ROLE', 'OBJECT', 'CERTIFICATE', 'FULLTEXT CATALOG'];

function userFacts(name: string): Answers {
  const { roles, members, permissions } = accessOf(name);
  const standing = { schema: name, sid: '0x01' };
  return [
    [/AS connect FROM sys\.database_principals/, DOORS.map((connect, k) => ({ name: `${name} ${k}`, connect }))],
    [
      /default_schema_name AS/,
      [
        { ...standing, name: `${name} login`, type: 'S', authentication: 'INSTANCE' },
        { ...standing, name: `${name} password`, type: 'S', authentication: 'DATABASE' },
        { ...standing, name: `${name} external`, type: 'X', authentication: 'EXTERNAL' },
        { ...standing, name: `${name} certified`, type: 'C', authentication: 'NONE', schema: null },
      ],
    ],
    [/is_fixed_role = 0 AND principal_id <> 0/, roles.slice(1).map((role) => ({ name: role }))],
    [/FROM sys\.database_role_members m\nJOIN/, members],
    [/FROM sys\.database_permissions p JOIN/, permissions.map((one) => ({ ...one, to: roles[0] }))],
    [/x\.principal_id/, KINDS.map((kind) => ({ kind, schema: kind === 'OBJECT' ? name : null, name }))],
    [/sys\.(server_principals|sql_logins) WHERE sid/, [{ sid: '0x01', name }]],
  ];
}

/** Users of every kind, and permissions on whatever a permission is on. */
export function accessOf(name: string): SqlServerAccess {
  const kinds = ['login', 'external', 'password', 'none'] as const;
  const users = kinds.flatMap((kind) =>
    [name, null].map((schema, k) => ({
      ...{ name: `${name} ${kind} ${k}`, kind, schema, connect: DOORS[kinds.indexOf(kind)] ?? 'G' },
      ...{ login: kind === 'login' ? name : null, sid: kind === 'external' ? '0x0A' : null },
      type: kind === 'external' ? 'X' : 'S',
    })),
  );
  const securables = (['DATABASE', 'SCHEMA', 'OBJECT', 'TYPE'] as const).map((on) => ({
    ...{ on, schema: on === 'DATABASE' ? null : name, column: null },
    object: on === 'OBJECT' || on === 'TYPE' ? name : null,
  }));
  const column = { on: 'OBJECT' as const, schema: name, object: name, column: textColumn(name) };
  const permissions = (['G', 'W', 'D'] as const).flatMap((state) =>
    [...securables, column].map((securable) => ({ state, ...securable, ...rightOn(securable), to: name })),
  );
  const roles = [name, `${name} role`];
  return {
    dialect: 'sqlserver',
    users,
    roles,
    members: [{ role: roles[1] ?? '', member: users[0]?.name ?? '' }],
    permissions,
  };
}

/** Columns are selected from; databases have no CONTROL that a runbook would meet. */
function rightOn({ on, column }: { readonly on: string; readonly column: string | null }): { name: string } {
  if (column !== null) return { name: 'SELECT' };
  return { name: on === 'DATABASE' ? 'VIEW DEFINITION' : 'CONTROL' };
}
