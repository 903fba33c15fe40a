import type { EnvironmentDatabases } from '../../shared/environment-databases/port.ts';
import { isFreshetError } from '../../shared/errors/error.ts';
import type { ErrorCode } from '../../shared/errors/register.ts';
import { type CopyEnd, type ScriptedDatabase, ScriptedDatabases, tracesOf } from '../support/scripted-databases.ts';
import { AZURE, addressOf, MACHINE, type ScriptedPlatform } from '../support/scripted-platforms.ts';
import { accessOf, administratorOf, DOORS, factsOf, RANGE_ROWS } from './environment-facts.ts';
import { jobsOf, rulesOf } from './environment-rules.ts';

/**
 * Every statement for the databases of an environment: all that their port can be asked is asked of both adapters that speak T-SQL.
 * What a restore of Azure SQL (the resource manager makes it, not a statement) asks behind it is what `find` and `shut` do.
 */
export async function environmentStatements(name: string): Promise<readonly string[]> {
  const statements = new Set<string>();
  for (const platform of PLATFORMS) {
    for (const ask of Object.values(OPERATIONS)) {
      const stages: Stage[] = [];
      await ask(async (wishes) => {
        const stage = await stageFor(platform, name, wishes);
        stages.push(stage);
        return stage;
      }, name);
      for (const { server } of stages) for (const one of server.statements) statements.add(one);
    }
  }
  return [...statements];
}

interface PlatformUnderList extends ScriptedPlatform {
  /** Servers of sources, by which a copy's statement differs. */
  readonly sources: readonly string[];
  /** How an earlier attempt may have left a copy. */
  readonly halves: readonly string[];
}

const PLATFORMS: readonly PlatformUnderList[] = [
  { ...MACHINE, sources: [MACHINE.host], halves: ['RESTORING', 'ONLINE'] },
  // A server that is reached by another name than Azure's has none that a statement could tell.
  { ...AZURE, sources: [AZURE.host, MACHINE.host], halves: ['COPYING', 'SUSPECT', 'ONLINE'] },
];

/** A server with one database of each kind, as it is before an operation. */
interface Stage {
  readonly server: ScriptedDatabases;
  readonly databases: EnvironmentDatabases;
  readonly open: ScriptedDatabase;
  readonly shut: ScriptedDatabase;
  readonly copy: ScriptedDatabase;
  readonly platform: PlatformUnderList;
  /** Where copies are made of. */
  source(server?: string): string;
}

const COPY = 'freshet_0123456789abcdef';
const NEXT_COPY = 'freshet_fedcba9876543210';

interface Wishes {
  readonly copyEnd?: CopyEnd;
  readonly rangeRows?: number;
}

async function stageFor(platform: PlatformUnderList, name: string, wishes: Wishes = {}): Promise<Stage> {
  const { copyEnd = 'whole', rangeRows = RANGE_ROWS.several } = wishes;
  const server = new ScriptedDatabases(factsOf(name));
  server.copyEnd = copyEnd;
  const doors = DOORS.map((connect, k) => ({ name: `${name} ${k}`, connect }));
  return {
    ...{ server, platform },
    open: server.add(name),
    shut: server.add(`${name} old`, { traces: tracesOf('shut', doors) }),
    copy: server.add(COPY, { traces: tracesOf('unscrubbed', doors) }),
    databases: await platform.open(server, rangeRows),
    source: (host = platform.host) => addressOf(host, name),
  };
}

type Begin = (wishes?: Wishes) => Promise<Stage>;
type Ask = (begin: Begin, name: string) => Promise<unknown>;

const unseen = () => undefined;
const never = new AbortController().signal;

/** One for each method of the port: the compiler knows of one that is missing. */
const OPERATIONS: Readonly<Record<keyof EnvironmentDatabases, Ask>> = {
  find: async (begin, name) => (await begin()).databases.find(name),
  async findById(begin) {
    const { databases, copy } = await begin();
    await databases.findById(copy.id);
  },
  listCopies: async (begin) => (await begin()).databases.listCopies(),
  freeBytes: async (begin) => (await begin()).databases.freeBytes(),
  administrators: async (begin) => (await begin()).databases.administrators(),
  async missingRights(begin) {
    const { databases, open } = await begin();
    await databases.missingRights(open.id);
  },
  async uncopied(begin) {
    const { databases, source } = await begin();
    await databases.uncopied(source());
  },
  async copy(begin) {
    const { platform } = await begin();
    for (const from of platform.sources) {
      const { databases, source } = await begin();
      await databases.copy(source(from), NEXT_COPY, unseen, never);
    }
    for (const state of platform.halves) {
      const { databases, source, server } = await begin();
      server.add(NEXT_COPY, { state });
      await databases.copy(source(), NEXT_COPY, unseen, never);
    }
    await failingCopies(begin);
  },
  async access(begin) {
    const { databases, open, shut } = await begin();
    for (const { id } of [open, shut]) await databases.access(id);
  },
  async giveAccess(begin, name) {
    const { databases, open, shut } = await begin();
    for (const { id } of [open, shut]) await databases.giveAccess(id, accessOf(name));
  },
  async shut(begin) {
    const { databases, open } = await begin();
    open.sessions = [51, 52];
    await databases.shut(open.id);
  },
  async open(begin) {
    const { databases, shut, copy } = await begin();
    await databases.open(shut.id);
    await refused(databases.open(copy.id), 'DATABASE_UNSCRUBBED');
  },
  async rename(begin, name) {
    const { databases, open, shut } = await begin();
    await databases.rename(open.id, `${name} new`);
    await databases.rename(shut.id, name);
    await refused(databases.rename(shut.id, `${name} new`), 'DATABASE_NAME_TAKEN');
  },
  async drop(begin) {
    const { databases, open, shut } = await begin();
    await databases.drop(shut.id);
    await refused(databases.drop(open.id), 'DATABASE_IN_SERVICE');
  },
  async restore(begin, name) {
    const { databases, open } = await begin();
    await refused(databases.restore({ id: open.id, name }, 0, NEXT_COPY), 'RESTORE_NOT_SUPPORTED');
  },
  async countRule(begin, name) {
    const { databases, copy } = await begin();
    for (const rule of rulesOf(name)) await databases.countRule(copy.id, rule);
  },
  async applyRule(begin, name) {
    const { databases, copy } = await begin({ rangeRows: RANGE_ROWS.several });
    for (const rule of rulesOf(name)) await databases.applyRule(copy.id, rule, unseen, never);
  },
  async verifyRule(begin, name) {
    const { databases, copy, source } = await begin({ rangeRows: RANGE_ROWS.one });
    for (const rule of rulesOf(name)) {
      await databases.applyRule(copy.id, rule, unseen, never);
      await databases.verifyRule(copy.id, rule, source());
    }
  },
  async unknownColumns(begin, name) {
    const { databases, copy } = await begin();
    await databases.unknownColumns(copy.id, rulesOf(name));
  },
  async runningJobs(begin, name) {
    const { databases, copy } = await begin();
    await databases.runningJobs(copy.id, jobsOf(name));
  },
  async resetAdministrator(begin, name) {
    const { databases, copy } = await begin();
    await databases.resetAdministrator(copy.id, administratorOf(name));
  },
  async finish(begin) {
    const { databases, copy } = await begin();
    await databases.finish(copy.id);
  },
  close: async (begin) => (await begin()).databases.close(),
};

/** Copies of Azure SQL that the service gives up; a machine's end with their statement. */
async function failingCopies(begin: Begin): Promise<void> {
  for (const copyEnd of ['gone', 'suspect'] as const) {
    const { databases, source, platform } = await begin({ copyEnd });
    if (platform.host !== AZURE.host) continue;
    await refused(databases.copy(source(), NEXT_COPY, unseen, never), 'DATABASE_REFUSED');
  }
}

async function refused(asked: Promise<unknown>, code: ErrorCode): Promise<void> {
  const error = await asked.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!isFreshetError(error) || error.code !== code) throw new Error(`not refused with ${code}`, { cause: error });
}
