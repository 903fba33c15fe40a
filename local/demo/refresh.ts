import type pg from 'pg';
import { LcsClient, type OperationDetails } from '../client/lcs-client.ts';
import { watchOperation } from '../client/refresh-progress.ts';
import { VaultClient } from '../client/vault-client.ts';
import { withClient } from '../environments/databases.ts';
import { LOCAL_ENVIRONMENTS, PRODUCTION_ID, PROJECT_ID, SANDBOX_ID } from '../environments/definitions.ts';
import { ensureEnvironments } from '../environments/ensure.ts';
import { urlOf } from '../environments/server.ts';
import { userOf } from '../environments/users.ts';
import type { Installation } from '../supervisor/start-all.ts';
import { customize } from '../synchronization/client.ts';
import { ProgressDisplay, table } from '../terminal/progress.ts';

const WITHIN_MS = 300_000;

/** A customization that the sandbox has, and whose table cannot take the refreshed data: the addresses there are all empty. */
const MAILING_LIST = [
  'CREATE TABLE IF NOT EXISTS dbo.contosomailinglist (locator varchar(255) PRIMARY KEY)',
  'INSERT INTO dbo.contosomailinglist SELECT locator FROM dbo.logisticselectronicaddress WHERE type = 2',
];

/** Refreshes the sandbox from production and signs it off, then rolls a second refresh back. True when all went as told. */
export async function demonstrateRefresh(installation: Installation): Promise<boolean> {
  const { functions, identity, synchronization } = installation.addresses;
  const client = new LcsClient({ app: functions, issuer: identity });
  console.log('\nMaking the environments PROD and UAT with their databases …');
  await ensureEnvironments(installation);
  await showPreflight(client);
  const before = await lookIntoSandbox(installation);

  console.log('\nRefresh of UAT from PROD:');
  const first = await refresh(client);
  if (first.OperationStatus !== 'Completed') return told(first);
  const after = await lookIntoSandbox(installation);
  showScrubbed(first);
  showSandbox(before, after);
  const signedOff = await client.signOff(
    activityOf(first),
    first.StepsToAcknowledge.map(({ Id }) => Id),
  );
  console.log(`\nSign-off: ${signedOff.IsSuccess ? 'done' : signedOff.ErrorMessage}`);

  await testInSandbox(installation);
  const tested = await lookIntoSandbox(installation);
  console.log(
    '\nSomebody enters an address for a test. A customization of UAT cannot take the next data: the second refresh, and its rollback:',
  );
  await customize(synchronization, SANDBOX_ID, MAILING_LIST);
  const second = await refresh(client);
  told(second);
  if (second.OperationStatus !== 'Failed') return false;
  await client.rollBack(activityOf(second));
  const back = await watchOperation(client, activityOf(second), new ProgressDisplay(), WITHIN_MS);
  const rolledBack = await lookIntoSandbox(installation);
  showSandbox(tested, rolledBack);
  console.log(`\nThe end of the runbook log:\n${lastLines(await client.runbookLog(activityOf(second)), 8)}`);
  return back.OperationStatus === 'RollbackCompleted' && JSON.stringify(tested) === JSON.stringify(rolledBack);
}

async function refresh(client: LcsClient): Promise<OperationDetails> {
  const begun = await client.refresh(PROJECT_ID, PRODUCTION_ID, SANDBOX_ID);
  if (!begun.IsSuccess) throw new Error(`the refresh was refused: ${begun.ErrorMessage}`);
  const activity = { project: PROJECT_ID, environment: SANDBOX_ID, activity: begun.OperationActivityId };
  return watchOperation(client, activity, new ProgressDisplay(), WITHIN_MS);
}

const activityOf = ({ ActivityId }: OperationDetails) => ({
  project: PROJECT_ID,
  environment: SANDBOX_ID,
  activity: ActivityId,
});

async function showPreflight(client: LcsClient): Promise<void> {
  const { Findings } = await client.preflight(PROJECT_ID, PRODUCTION_ID, SANDBOX_ID);
  console.log('\nWhat the dry run finds:');
  for (const { Severity, Message } of Findings) console.log(`  ${Severity.toLowerCase()}: ${Message}`);
}

function showScrubbed({ Scrubbed }: OperationDetails): void {
  const rows = Scrubbed.map(({ Title, Table, Rows, Skipped, Verified }) => [
    Title,
    Table,
    Rows,
    Skipped ? 'not there' : Verified ? 'verified' : 'NOT VERIFIED',
  ]);
  console.log(`\nWhat was not copied:\n\n${table(['element', 'table', 'rows', ''], rows)}`);
}

/** What somebody sees who enters the sandbox as its own user; by queries that are not the scrub's. */
const LOOK = {
  'sales orders': 'SELECT count(*) FROM dbo.salestable',
  'e-mail addresses': "SELECT count(*) FROM dbo.logisticselectronicaddress WHERE locator ~ '@'",
  'users who may sign in': 'SELECT count(*) FROM dbo.userinfo WHERE enable = 1',
  'batch jobs that could run': 'SELECT count(*) FROM dbo.batchjob WHERE status <> 0',
  documents: 'SELECT count(*) FROM dbo.docuvalue',
} as const;

type Sight = Readonly<Record<string, number>>;

async function lookIntoSandbox(installation: Installation): Promise<Sight> {
  return inSandbox(installation, 'axdbreadonlyuser', async (inside) => {
    const seen: Record<string, number> = {};
    for (const [what, query] of Object.entries(LOOK)) seen[what] = Number((await inside.query(query)).rows[0]?.count);
    return seen;
  });
}

async function testInSandbox(installation: Installation): Promise<void> {
  await inSandbox(installation, 'axruntimeuser', (inside) =>
    inside.query(
      `INSERT INTO dbo.logisticselectronicaddress (location, type, locator) VALUES (1, 2, 'tester@uat.example')`,
    ),
  );
}

async function inSandbox<T>(
  { addresses }: Installation,
  user: string,
  work: (inside: pg.Client) => Promise<T>,
): Promise<T> {
  const { identity, keyVault, postgres } = addresses;
  const sandbox = LOCAL_ENVIRONMENTS.find(({ id }) => id === SANDBOX_ID);
  if (!sandbox) throw new Error('there is no sandbox');
  const vault = await VaultClient.connect({ identity, ...keyVault });
  const password = (await vault.get(`${sandbox.name}-${user}`)) ?? '';
  const login = { database: sandbox.databases.transactional, user: userOf(sandbox.name, user), password };
  return withClient(urlOf(postgres.control, login), work);
}

function showSandbox(before: Sight, after: Sight): void {
  const rows = Object.keys(LOOK).map((what) => [what, before[what] ?? 0, after[what] ?? 0]);
  console.log(`\n${table(['in UAT, seen by its own user', 'before', 'after'], rows)}`);
}

/** Says how an operation ended; false, for it did not end well. */
function told({ OperationStatus, Failure }: OperationDetails): false {
  console.log(`\n${OperationStatus}${Failure ? ` at “${Failure.Step}”: ${Failure.Code}: ${Failure.Message}` : ''}`);
  return false;
}

const lastLines = (text: string, count: number): string =>
  text
    .trimEnd()
    .split('\n')
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');
