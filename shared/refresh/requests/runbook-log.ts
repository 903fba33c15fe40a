import type { Operation } from '../../control/operation.ts';
import type { RefreshPorts } from '../ports.ts';
import { readRunbookLog } from '../runbook/log.ts';
import { RUNBOOK } from '../runbook/plan.ts';
import { zip } from '../zip.ts';
import { fetchStatus, type OperationRef } from './operations.ts';

/** The whole runbook log as one text, in the order of its turns. OPERATION_NOT_FOUND. */
export async function runbookLog(ports: RefreshPorts, ref: OperationRef): Promise<string> {
  const operation = await fetchStatus(ports, ref);
  const parts = await readRunbookLog(ports.blobs, operation.id);
  return [heading(operation), ...parts.map(({ text }) => text)].join('\n');
}

/** The same as a zip: a file for each turn, and what the operation came to. */
export async function runbookLogZip(ports: RefreshPorts, ref: OperationRef): Promise<Uint8Array> {
  const operation = await fetchStatus(ports, ref);
  const parts = await readRunbookLog(ports.blobs, operation.id);
  const { rules: _, turn: __, ...told } = operation;
  return zip(
    [
      { name: 'operation.txt', content: Buffer.from(heading(operation)) },
      { name: 'operation.json', content: Buffer.from(JSON.stringify(told, null, 2)) },
      ...parts.map(({ name, text }) => ({ name: `steps/${name}`, content: Buffer.from(text) })),
    ],
    operation.createdAt,
  );
}

/** What people want to know first. */
function heading({ name, id, state, by, createdAt, endedAt, failure, done }: Operation): string {
  const moment = (ms: number | null) => (ms === null ? 'not yet' : new Date(ms).toISOString());
  const failed = failure
    ? [
        `Failed in: ${RUNBOOK_TITLES.get(failure.step) ?? failure.step} (${failure.step})`,
        `Reason: ${failure.message} (${failure.code})`,
        `What to do: ${failure.remedy}`,
      ]
    : [];
  return [
    `${name}, operation ${id}: ${state}`,
    `Asked for by ${by.name} at ${moment(createdAt)}; ended: ${moment(endedAt)}`,
    ...failed,
    ...done.map(
      ({ title, table, rows, skipped, verified }) =>
        `${title}: ${skipped ? 'no such table' : `${rows} rows of ${table}`}${verified ? ', verified' : ''}`,
    ),
    '',
  ].join('\n');
}

const RUNBOOK_TITLES = new Map<string, string>(Object.entries(RUNBOOK).map(([step, { title }]) => [step, title]));
