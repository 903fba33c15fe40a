import { copyText } from '../../shared/environment-databases/azuresql/copy.ts';
import type { ScrubRule } from '../../shared/environment-databases/scrub-rules.ts';
import { runningJobs } from '../../shared/environment-databases/sql/administer.ts';
import { countRule } from '../../shared/environment-databases/sql/scrub.ts';
import { tablesFor } from '../../shared/environment-databases/sql/tables.ts';
import {
  giveInnerAccess,
  readAccess,
  type SqlServerAccess,
} from '../../shared/environment-databases/sqlserver/access.ts';
import {
  backUp,
  blankBackup,
  percentOf,
  readBackup,
  restoreBackup,
} from '../../shared/environment-databases/sqlserver/backup.ts';
import {
  admitAll,
  denyDoors,
  giveDoors,
  killSession,
  otherSessions,
  readDoors,
  restrict,
} from '../../shared/environment-databases/sqlserver/doors.ts';
import { clearQueryStore, machinePlatform } from '../../shared/environment-databases/sqlserver/machine.ts';
import { readMark, removeMark, writeMark } from '../../shared/environment-databases/sqlserver/marks.ts';
import { RULES } from '../../shared/environment-databases/sqlserver/rules.ts';
import {
  dataBytes,
  dropDatabase,
  listDatabases,
  renameDatabase,
} from '../../shared/environment-databases/sqlserver/server.ts';
import { makeTraces, takeTracesOut } from '../../shared/environment-databases/sqlserver/traces.ts';
import { systemClock } from '../../shared/platform/clock/system.ts';
import { RecordingSession } from './recording.ts';

/** Every statement about a database, its users and a rule's table, all of which bear the name. */
export async function environmentStatements(name: string): Promise<readonly string[]> {
  const session = new RecordingSession([
    [
      /FROM sys\.tables t JOIN sys\.schemas s ON s\.schema_id = t\.schema_id\nWHERE t\.is_ms/,
      [{ id: 1, schema: name, name }],
    ],
    [/FROM sys\.columns c JOIN sys\.types/, columns(name)],
    [/FROM sys\.indexes/, [{ number: 1, column: 'RECID', nullable: false }]],
    [
      /default_schema_name/,
      [{ name: `${name} old`, type: 'S', schema: name, sid: '0x01', authentication: 'INSTANCE' }],
    ],
    [
      /x\.principal_id/,
      ['SCHEMA', 'ROLE', 'OBJECT'].map((kind) => ({ kind, schema: kind === 'OBJECT' ? name : null, name })),
    ],
  ]);
  await copying(session, name);
  await serving(session, name);
  await rules(session, name);
  return session.statements;
}

const columns = (name: string) =>
  [name, 'RECID'].map((one) => ({
    ...{ name: one, base: one === 'RECID' ? 'bigint' : 'nvarchar', bytes: 200, precision: 0, scale: 0, made: 0 },
  }));

async function copying(session: RecordingSession, name: string): Promise<void> {
  const backup = { database: name, place: `\\\\share\\${name}.bak` };
  const platform = machinePlatform({ clock: systemClock });
  await session.run(copyText('freshet_0123456789abcdef', { server: 'contoso', database: name }));
  await backUp(session, backup);
  await readBackup(session, backup);
  await restoreBackup(session, backup, name, [{ LogicalName: name, Type: 'D' }], { data: 'd:\\', log: 'l:\\' });
  await blankBackup(session, backup);
  await percentOf(session);
  for (const choice of [{ name }, { id: '1' }, { prefix: 'freshet_' }]) await listDatabases(session, platform, choice);
  await dataBytes(session);
  await renameDatabase(session, name, `${name} new`);
  await dropDatabase(session, name);
}

async function serving(session: RecordingSession, name: string): Promise<void> {
  const doors = (['G', 'W', 'D', ''] as const).map((connect) => ({ name, connect }));
  await readDoors(session);
  await denyDoors(session, doors);
  await giveDoors(session, doors);
  await restrict(session);
  await admitAll(session);
  await otherSessions(session);
  await killSession(session, 51);
  await readMark(session);
  await writeMark(session, { state: 'shut', doors });
  await makeTraces(session, 'seed', ['ENABLE TRIGGER [t] ON DATABASE']);
  await takeTracesOut(session);
  await removeMark(session);
  await clearQueryStore(session);
  await readAccess(session, new Map(), doors);
  await giveInnerAccess(session, accessOf(name), new Map());
}

function accessOf(name: string): SqlServerAccess {
  const user = { login: null, sid: null, type: 'S', schema: name, connect: 'G' } as const;
  return {
    dialect: 'sqlserver',
    users: [
      { ...user, name: `${name} 1`, kind: 'login', login: name },
      { ...user, name: `${name} 2`, kind: 'none', schema: null },
    ],
    roles: [name],
    members: [{ role: name, member: `${name} 1` }],
    permissions: (['DATABASE', 'OBJECT', 'SCHEMA', 'TYPE'] as const).flatMap((on) =>
      (['G', 'W', 'D'] as const).map((state) => ({
        ...{ state, on, name: on === 'DATABASE' ? 'VIEW DEFINITION' : 'CONTROL', to: name },
        schema: on === 'DATABASE' ? null : name,
        object: on === 'OBJECT' || on === 'TYPE' ? name : null,
        column: null,
      })),
    ),
  };
}

async function rules(session: RecordingSession, name: string): Promise<void> {
  const where = [
    { column: name, op: 'in' as const, value: ['a', 'b'] },
    { column: name, op: 'notLike' as const, value: '%x[_', ignoreCase: true as const },
    { column: 'RECID', op: '<>' as const, value: 7 },
    { column: name, op: 'notNull' as const },
  ];
  const base = { id: 'rule', title: 'A rule', table: name };
  const all: ScrubRule[] = [
    { ...base, action: 'delete', where },
    { ...base, action: 'set', column: name, value: 'x', where },
    { ...base, action: 'null', column: name },
    { ...base, action: 'mask', column: name, mask: 'hash', where },
  ];
  for (const rule of all) {
    await countRule(session, RULES, rule);
    for (const table of await tablesFor(session, RULES, rule, [])) {
      if (rule.action !== 'mask') await RULES.change(session, table, rule, null);
      await RULES.countRemaining(session, table, rule);
    }
  }
  await runningJobs(session, RULES, { table: name, name, where });
  await RULES.listColumns(session);
}
