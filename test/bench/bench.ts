import { apply } from './apply.ts';
import { cells } from './cells.ts';
import { crossing } from './crossing.ts';
import { endToEnd } from './end-to-end.ts';
import { Figures } from './figures.ts';
import { growth } from './growth.ts';
import { idle } from './idle.ts';
import { initialSync } from './initial-sync.ts';
import { memory } from './memory.ts';
import type { Part } from './part.ts';
import { refresh } from './refresh.ts';
import { time } from './time.ts';
import { webApi } from './web-api.ts';

const PARTS: readonly Part[] = [
  apply,
  growth,
  time,
  endToEnd,
  initialSync,
  idle,
  refresh,
  crossing,
  cells,
  memory,
  webApi,
];

/**
 * `npm run bench [-- <name> …]`: measures Freshet beside the limits of what it runs on, one JSON line for each figure. A
 * name chooses a part, or those measures of it whose names begin so: `apply`, `endToEnd.e50`, `crossing`.
 * Exit code 0 when all was measured, whatever came out.
 */
async function main(names: readonly string[]): Promise<void> {
  const figures = new Figures();
  const { FRESHET_DESTINATION: elsewhere } = process.env;
  const wanted = names.length === 0 ? PARTS.filter(({ onRequest }) => !onRequest) : partsOf(names);
  const parts = wanted.filter(({ anywhere }) => anywhere || !elsewhere);
  for (const part of wanted.filter((one) => !parts.includes(one)))
    console.error(`skipped: ${part.names[0]} is measured on the embedded PostgreSQL alone`);
  const chosen = (name: string) => names.length === 0 || names.some((wanted) => isOne(wanted, name));
  for (const part of parts) {
    await part.run(figures, chosen);
    figures.endProgress();
  }
  console.error(`\n${figures.table()}`);
}

function partsOf(names: readonly string[]): Part[] {
  const unknown = names.filter((wanted) => !PARTS.some((part) => part.names.some((name) => isOne(name, wanted))));
  if (unknown.length > 0) {
    const known = PARTS.flatMap((part) => part.names).join(', ');
    throw new Error(`there is no measure ${unknown.join(', ')}; there are ${known}`);
  }
  return PARTS.filter((part) => part.names.some((name) => names.some((wanted) => isOne(name, wanted))));
}

/** `endToEnd.e50` is one of `endToEnd`. */
function isOne(family: string, name: string): boolean {
  return name === family || name.startsWith(`${family}.`);
}

main(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
