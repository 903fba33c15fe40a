import { DATABASE_ROLES, type DatabaseRole, type Environment } from '../../control/environment.ts';
import type { PreflightFinding } from '../../control/operation.ts';
import { ADMIN_ROWS } from '../../environment-databases/administrator.ts';
import type { EnvironmentDatabases } from '../../environment-databases/port.ts';
import type { ScrubRule, ScrubRules } from '../../environment-databases/scrub-rules.ts';
import { isFreshetError } from '../../errors/error.ts';
import type { ErrorCode } from '../../errors/register.ts';
import type { RefreshPorts } from '../ports.ts';
import { ROLE_TITLES } from '../runbook/databases.ts';
import { unknownColumnsError } from '../runbook/scrub.ts';
import { type AllAsked, type Asked, askAll } from './asked.ts';
import { refusal, refusalOf, warning } from './findings.ts';
import { jobFindings } from './jobs.ts';

/** A row of the list of what is not copied. */
export interface NotCopied {
  readonly rule: string;
  readonly title: string;
  /** The element of the document; null for rules of one's own. */
  readonly element: string | null;
  readonly table: string;
  readonly action: ScrubRule['action'];
  /** Rows that the rule would touch; null: the source has no such table. */
  readonly rows: number | null;
}

/** What the databases themselves say. */
export interface DatabasesExamined {
  readonly findings: readonly PreflightFinding[];
  readonly notCopied: readonly NotCopied[];
  /** Of what would be copied; null when the source could not be asked. */
  readonly bytes: number | null;
}

/** Looks at the databases of both environments as they are now. Writes nothing, and names everything found at once. */
export async function examineDatabases(
  ports: RefreshPorts,
  source: Environment,
  target: Environment,
): Promise<DatabasesExamined> {
  const findings: PreflightFinding[] = [];
  const opened: EnvironmentDatabases[] = [];
  try {
    const sources = await askAll(ports, source, opened, findings);
    const targets = await askAll(ports, target, opened, findings);
    findings.push(...(await rightsRefusals(targets)), ...(await uncopiedRefusals(sources, targets)));
    findings.push(...sizeRefusals(sources, target), ...(await roomFindings(sources, targets)));
    findings.push(...(await jobFindings(ports.rules.runningJobs, sources, targets)));
    findings.push(...(await administratorFindings(sources)));
    findings.push(...(await readerWarnings(targets)));
    const counted = await countRules(ports.rules, sources, findings);
    return { findings, notCopied: counted, bytes: bytesOf(sources) };
  } finally {
    for (const server of opened) await server.close().catch(() => undefined);
  }
}

function bytesOf({ transactional, financialReporting }: AllAsked): number | null {
  return transactional && financialReporting ? transactional.facts.bytes + financialReporting.facts.bytes : null;
}

/** What a step would be denied. */
async function rightsRefusals(targets: AllAsked): Promise<PreflightFinding[]> {
  const refusals: PreflightFinding[] = [];
  for (const role of DATABASE_ROLES) {
    const asked = targets[role];
    const missing = asked ? await asked.server.missingRights(asked.facts.id) : [];
    const text = `the runbook of the ${ROLE_TITLES[role]} lacks ${missing.join(', ')}.`;
    if (missing.length > 0) refusals.push(refusal('DATABASE_FORBIDDEN', { text }));
  }
  return refusals;
}

/** What the copying would find out in its middle. */
async function uncopiedRefusals(sources: AllAsked, targets: AllAsked): Promise<PreflightFinding[]> {
  const refusals: PreflightFinding[] = [];
  for (const role of DATABASE_ROLES) {
    const [source, target] = [sources[role], targets[role]];
    const objects = source && target ? await target.server.uncopied(source.connection) : [];
    if (objects.length > 0) refusals.push(refusal('COPY_UNSUPPORTED', { objects: objects.join(', ') }));
  }
  return refusals;
}

function sizeRefusals(sources: AllAsked, { settings }: Environment): PreflightFinding[] {
  return DATABASE_ROLES.flatMap((role) => {
    const { maxBytes: max } = settings.databases[role];
    const bytes = sources[role]?.facts.bytes;
    if (max === null || bytes === undefined || bytes < max) return [];
    return [refusal('SOURCE_TOO_LARGE', { database: ROLE_TITLES[role], bytes, max })];
  });
}

/** Room for the copies beside what is there; both where one server holds both. */
async function roomFindings(sources: AllAsked, targets: AllAsked): Promise<PreflightFinding[]> {
  const needed = (role: DatabaseRole) => sources[role]?.facts.bytes ?? 0;
  const { transactional, financialReporting } = targets;
  if (!transactional || !financialReporting) return [];
  const together = await isOneServer(transactional, financialReporting);
  const demands: (readonly [Asked, number])[] = together
    ? [[transactional, needed('transactional') + needed('financialReporting')]]
    : [
        [transactional, needed('transactional')],
        [financialReporting, needed('financialReporting')],
      ];
  const findings: PreflightFinding[] = [];
  for (const [{ server }, bytes] of demands) {
    const free = await server.freeBytes();
    if (free === null) findings.push(roomNotChecked(bytes));
    else if (free < bytes) findings.push(refusal('NO_ROOM_FOR_COPIES', { free, needed: bytes }));
  }
  return findings;
}

function roomNotChecked(bytes: number): PreflightFinding {
  return warning(
    'ROOM_NOT_CHECKED',
    `The target’s server does not tell how much room it has: the copies need ${bytes} bytes beside the old databases.`,
    'Look whether the server has that much.',
  );
}

async function isOneServer(one: Asked, other: Asked): Promise<boolean> {
  const found = await one.server.findById(other.facts.id);
  return found?.name === other.facts.name;
}

/** Without the user Admin in the source nobody could administer the target. */
async function administratorFindings({ transactional }: AllAsked): Promise<PreflightFinding[]> {
  if (!transactional) return [];
  const findings: PreflightFinding[] = [];
  const admins = await countRule(ADMIN_ROWS, [transactional], findings);
  if (findings.length > 0) return findings;
  if (admins === 0) return [refusal('ADMIN_MISSING')];
  if (admins !== null) return [];
  return [
    warning(
      'NO_USERS',
      `The source has no table ${ADMIN_ROWS.table}: no administrator is reset.`,
      'Look whether its secret names the right database.',
    ),
  ];
}

async function readerWarnings(targets: AllAsked): Promise<PreflightFinding[]> {
  const administrators = new Set<string>();
  const copies = new Set<string>();
  for (const role of DATABASE_ROLES) {
    const asked = targets[role];
    if (!asked) continue;
    for (const name of await asked.server.administrators()) administrators.add(name);
    for (const { name } of await asked.server.listCopies()) copies.add(name);
  }
  return [
    ...(administrators.size > 0
      ? [
          warning(
            'READABLE_BY_ADMINISTRATORS',
            `Server administrators can read the copy before it is scrubbed: ${[...administrators].sort().join(', ')}.`,
            'Nobody else can; take the right away from those who should not.',
          ),
        ]
      : []),
    ...(copies.size > 0
      ? [
          warning(
            'COPIES_LEFT',
            `Other operations keep databases on the target’s server: ${[...copies].sort().join(', ')}.`,
            'Sign those operations off, or roll them back, and their databases are dropped.',
          ),
        ]
      : []),
  ];
}

/** What each rule would touch in the source; rules that do not fit its tables are refusals. */
async function countRules(
  { rules, unknownColumns }: ScrubRules,
  sources: AllAsked,
  findings: PreflightFinding[],
): Promise<NotCopied[]> {
  const asked = DATABASE_ROLES.flatMap((role) => sources[role] ?? []);
  const notCopied: NotCopied[] = [];
  for (const rule of rules) {
    if (rule.action === 'keep') continue;
    const rows = await countRule(rule, asked, findings);
    const { id, title, element = null, table, action } = rule;
    notCopied.push({ rule: id, title, element, table, action, rows });
    if (rows === null && !rule.optional && asked.length === DATABASE_ROLES.length)
      findings.push(refusal('SCRUB_TABLE_MISSING', { rule: id, table }));
  }
  if (unknownColumns === 'halt') {
    for (const { server, facts } of asked) {
      const unknown = await server.unknownColumns(facts.id, rules);
      if (unknown.length > 0) findings.push(refusalOf(unknownColumnsError(unknown)));
    }
  }
  return notCopied;
}

/** The rule does not fit the table: refusals, so that all of them are told at once. */
const UNFIT_RULES: ReadonlySet<ErrorCode> = new Set([
  'SCRUB_COLUMN_MISSING',
  'SCRUB_COLUMN_NOT_WRITABLE',
  'SCRUB_TYPE_UNFIT',
  'SCRUB_VALUE_UNFIT',
]);

async function countRule(
  rule: ScrubRule,
  asked: readonly Asked[],
  findings: PreflightFinding[],
): Promise<number | null> {
  let rows: number | null = null;
  for (const { server, facts } of asked) {
    try {
      const touched = await server.countRule(facts.id, rule);
      if (touched !== null) rows = (rows ?? 0) + touched;
    } catch (error) {
      if (!isFreshetError(error) || !UNFIT_RULES.has(error.code)) throw error;
      findings.push(refusalOf(error));
    }
  }
  return rows;
}
