import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { controlStatements } from './control.ts';
import { destinationStatements, type Sample } from './destination.ts';
import { environmentStatements } from './environment-databases.ts';

/** Writes every T-SQL statement that Freshet can send into a file of its own, for a parser to read: `npm run sql:list -- --out DIR`. */

const SAMPLES: Readonly<Record<string, Sample>> = {
  sample: { schema: 'dbo', prefix: 'crm', entity: 'account' },
  'without-prefix': { schema: 'sales', prefix: '', entity: 'contact' },
  brackets: { schema: 'a]b', prefix: 'c[d', entity: `e]; DROP TABLE [dbo].[victim]; --` },
  quotes: { schema: `a"b`, prefix: `c'd`, entity: `e"; DROP TABLE "dbo"."victim"; --'` },
  long: { schema: 's'.repeat(140), prefix: 'p'.repeat(140), entity: 'e'.repeat(140) },
  unicode: { schema: 'スキーマ', prefix: 'é', entity: '名前 😀' },
};

/** Names of a refresh are those of databases and tables that stand: none is too long, not even with a word behind it. */
const STANDING_UNITS = 100;

const { values } = parseArgs({ options: { out: { type: 'string' } } });
if (values.out === undefined) {
  process.stderr.write('npm run sql:list -- --out DIR\n');
  process.exit(1);
}
rmSync(values.out, { recursive: true, force: true });
let written = 0;
for (const [name, sample] of Object.entries(SAMPLES)) {
  write(values.out, path.join('destination', name), await destinationStatements(sample));
  write(
    values.out,
    path.join('environment-databases', name),
    await environmentStatements(sample.entity.slice(0, STANDING_UNITS)),
  );
}
write(values.out, 'control', await controlStatements());
process.stdout.write(`${written} statements in ${values.out}\n`);

function write(out: string, folder: string, statements: readonly string[]): void {
  mkdirSync(path.join(out, folder), { recursive: true });
  for (const [k, statement] of statements.entries())
    writeFileSync(path.join(out, folder, `${String(k + 1).padStart(3, '0')}.sql`), `${statement}\n`);
  written += statements.length;
}
