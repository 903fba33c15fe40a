import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CONFIG = path.join(ROOT, '.dependency-cruiser.cjs');
const DEPCRUISE = path.join(ROOT, 'node_modules/.bin/depcruise');

/** An import that breaks a rule: the file that has it, and the file or package that it names. */
const BREACHES: readonly (readonly [rule: string, from: string, to: string])[] = [
  ['shared-knows-nobody', 'shared/export/knows-functions.ts', 'functions/a.ts'],
  ['shared-knows-nobody', 'shared/platform/log/knows-local.ts', 'local/a.ts'],
  ['use-cases-import-ports-only', 'shared/export/read/knows-destination.ts', 'shared/destination/postgres/a.ts'],
  ['use-cases-import-ports-only', 'shared/export/knows-queue.ts', 'shared/platform/queues/service-bus.ts'],
  ['use-cases-import-ports-only', 'shared/refresh/knows-control.ts', 'shared/control/sql/a.ts'],
  ['use-cases-import-ports-only', 'shared/refresh/knows-rules.ts', 'shared/environment-databases/sql/a.ts'],
  ['only-compose-names-adapters', 'functions/http/knows-control.ts', 'shared/control/sql/a.ts'],
  ['functions-know-no-local-part', 'functions/knows-local.ts', 'local/a.ts'],
  ['use-cases-import-no-driver', 'shared/export/knows-pg.ts', 'pg'],
  ['use-cases-import-no-driver', 'shared/export/knows-tedious.ts', 'tedious'],
  ['use-cases-import-no-driver', 'shared/export/knows-kysely.ts', 'kysely'],
  ['use-cases-import-no-driver', 'shared/export/knows-bus.ts', '@azure/service-bus'],
  ['use-cases-import-no-driver', 'shared/refresh/knows-blobs.ts', '@azure/storage-blob'],
  ['use-cases-import-no-driver', 'shared/refresh/knows-durable.ts', 'durable-functions'],
  ['ports-import-no-package', 'shared/platform/secrets/port.ts', 'zod'],
  ['no-circles', 'shared/export/circle-a.ts', 'shared/export/circle-b.ts'],
];
/** Imports that are as they should be. */
const GOOD: readonly (readonly [from: string, to: string])[] = [
  ['shared/export/knows-port.ts', 'shared/platform/queues/port.ts'],
  ['functions/knows-use-case.ts', 'shared/export/knows-port.ts'],
  ['functions/compose.ts', 'shared/control/sql/a.ts'],
  ['shared/export/circle-b.ts', 'shared/export/circle-a.ts'],
];

/** Below the project, so that packages are found as they are from the real rooms. */
let planted: string;
let violations: { rule: { name: string }; from: string }[];

beforeAll(async () => {
  await mkdir(path.join(ROOT, '.freshet'), { recursive: true });
  planted = await mkdtemp(path.join(ROOT, '.freshet', 'arrows-'));
  const imports = [...BREACHES.map(([, from, to]) => [from, to] as const), ...GOOD];
  for (const target of imports.map(([, to]) => to).filter(isFile)) await plant(target, 'export const something = 1;\n');
  for (const [from, to] of imports)
    await plant(from, `import * as it from '${specifier(from, to)}';\nexport const something = it;\n`);
  const report = await new Promise<string>((resolve, reject) => {
    const args = [DEPCRUISE, '--config', CONFIG, '--output-type', 'json', 'shared', 'functions', 'local'];
    execFile(process.execPath, args, { cwd: planted, maxBuffer: 2 ** 24 }, (error, stdout) =>
      stdout ? resolve(stdout) : reject(error),
    );
  });
  violations = (JSON.parse(report) as { summary: { violations: typeof violations } }).summary.violations;
});

afterAll(() => rm(planted, { recursive: true, force: true }));

const isFile = (name: string) => name.endsWith('.ts');

function specifier(from: string, to: string): string {
  if (!isFile(to)) return to;
  const relative = path.posix.relative(path.posix.dirname(from), to);
  return relative.startsWith('.') ? relative : `./${relative}`;
}

async function plant(name: string, text: string): Promise<void> {
  await mkdir(path.dirname(path.join(planted, name)), { recursive: true });
  await writeFile(path.join(planted, name), text);
}

describe('the arrows between the rooms', () => {
  it.each(BREACHES)('%s: %s may not import %s', (rule, from) => {
    expect(violations.filter((violation) => violation.from === from).map((violation) => violation.rule.name)).toContain(
      rule,
    );
  });

  it.each(GOOD.slice(0, 3))('%s may import %s', (from) => {
    expect(violations.filter((violation) => violation.from === from)).toEqual([]);
  });
});
