import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');
const CONFIG = path.join(ROOT, '.dependency-cruiser.cjs');
const DEPCRUISE = path.join(ROOT, 'node_modules/.bin/depcruise');

/** Below the project, so that packages are found as they are from the real rooms. */
let planted: string;

beforeAll(async () => {
  await mkdir(path.join(ROOT, '.freshet'), { recursive: true });
  planted = await mkdtemp(path.join(ROOT, '.freshet', 'arrows-'));
});

afterAll(() => rm(planted, { recursive: true, force: true }));

/** Lays out a tiny project and answers with the rules that it breaks. */
async function brokenRules(files: Record<string, string>): Promise<string[]> {
  const folder = await mkdtemp(path.join(planted, 'case-'));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const rooms = [...new Set(Object.keys(files).map((name) => name.split('/')[0] ?? ''))];
  const report = await new Promise<string>((resolve, reject) => {
    const args = [DEPCRUISE, '--config', CONFIG, '--output-type', 'json', ...rooms];
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 2 ** 24 }, (error, stdout) =>
      stdout ? resolve(stdout) : reject(error),
    );
  });
  const { summary } = JSON.parse(report) as { summary: { violations: { rule: { name: string } }[] } };
  return summary.violations.map(({ rule }) => rule.name);
}

const EMPTY = 'export const something = 1;\n';

describe('the arrows between the rooms', () => {
  it.each([
    ['shared-knows-nobody', 'shared/export/a.ts', '../../functions/b.ts', 'functions/b.ts'],
    ['shared-knows-nobody', 'shared/platform/log/a.ts', '../../../local/b.ts', 'local/b.ts'],
    [
      'use-cases-import-ports-only',
      'shared/export/read/a.ts',
      '../../destination/postgres/b.ts',
      'shared/destination/postgres/b.ts',
    ],
    [
      'use-cases-import-ports-only',
      'shared/export/a.ts',
      '../platform/queues/service-bus.ts',
      'shared/platform/queues/service-bus.ts',
    ],
    ['use-cases-import-ports-only', 'shared/refresh/a.ts', '../control/sql/b.ts', 'shared/control/sql/b.ts'],
    ['only-compose-names-adapters', 'functions/http/a.ts', '../../shared/control/sql/b.ts', 'shared/control/sql/b.ts'],
    ['functions-know-no-local-part', 'functions/a.ts', '../local/b.ts', 'local/b.ts'],
  ])('%s: %s may not import %s', async (rule, from, specifier, to) => {
    expect(
      await brokenRules({
        [from]: `import { something } from '${specifier}';\nexport const x = something;\n`,
        [to]: EMPTY,
      }),
    ).toContain(rule);
  });

  it.each(['pg', 'mssql', 'kysely', '@azure/service-bus', '@azure/storage-blob', 'durable-functions'])(
    'use cases may not import the package %s',
    async (name) => {
      expect(
        await brokenRules({ 'shared/export/a.ts': `import * as it from '${name}';\nexport const x = it;\n` }),
      ).toContain('use-cases-import-no-driver');
    },
  );

  it('a port may not import a package', async () => {
    expect(
      await brokenRules({ 'shared/platform/queues/port.ts': "import { z } from 'zod';\nexport const x = z;\n" }),
    ).toContain('ports-import-no-package');
  });

  it('rooms may not import each other in a circle', async () => {
    const circle = {
      'shared/export/a.ts': "import { b } from './b.ts';\nexport const a = b;\n",
      'shared/export/b.ts': "import { a } from './a.ts';\nexport const b = a;\n",
    };
    expect(await brokenRules(circle)).toContain('no-circles');
  });

  it('a use case may import a port', async () => {
    const files = {
      'shared/export/a.ts': "import type { Queues } from '../platform/queues/port.ts';\nexport type X = Queues;\n",
      'shared/platform/queues/port.ts': 'export interface Queues {}\n',
    };
    expect(await brokenRules(files)).toEqual([]);
  });
});
