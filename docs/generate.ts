import { writeFileSync } from 'node:fs';
import { OPERATIONS } from '../functions/http/endpoints.ts';
import { openApi } from '../functions/http/openapi.ts';
import { httpStatus, REGISTER, registered } from '../shared/errors/register.ts';
import { type Following, RUNBOOK, RUNBOOK_STEPS } from '../shared/refresh/runbook/plan.ts';
import { OPERATION_EVENTS, STATE_TABLE } from '../shared/refresh/states.ts';

/** The page of all errors, out of the register: `npm run docs` writes it, a test holds it against the register. */
export function errorsPage(): string {
  const codes = (Object.keys(REGISTER) as (keyof typeof REGISTER)[]).toSorted();
  const sections = codes.map((code) => {
    const { class: kind, message, cause, remedy } = registered(code);
    return [
      `## ${code}`,
      '',
      `${message}`,
      '',
      `- **Cause:** ${cause}`,
      `- **Remedy:** ${remedy}`,
      `- **Class:** ${kind} (HTTP ${httpStatus(code)} where it is an answer)`,
      '',
    ].join('\n');
  });
  return [
    '# Errors',
    '',
    'Every error of Freshet by its stable code, as the API, the logs and the failure blobs show it. Made from the register in',
    'shared/errors by `npm run docs`.',
    '',
    'Classes: **retry** passes by itself · **smaller** the batch was too big · **row** a record is bad · **stop** a person is needed ·',
    '**bug** our mistake · **input** the caller’s mistake.',
    '',
    ...sections,
  ].join('\n');
}

/** The API's description, as the app serves it. */
export function openApiPage(): string {
  const text = JSON.stringify(openApi(OPERATIONS), null, 2);
  return `${text.replace(/^.*\[\n(?:\s+"[^"\n]*",?\n)+\s+\],?$/gm, onOneLine)}\n`;
}

const LINE_MAX = 120;

/** A list of names as the formatter writes it. */
function onOneLine(list: string): string {
  const line = list
    .replace(/\[\n\s+/, '[')
    .replace(/,\n\s+/g, ', ')
    .replace(/\n\s+\]/, ']');
  return line.length <= LINE_MAX ? line : list;
}

/** The states of an operation and the steps of its runbook, out of the tables that the refresh goes by. */
export function refreshStatesPage(): string {
  const arrows = Object.entries(STATE_TABLE).flatMap(([state, events]) =>
    Object.entries(events).map(([event, next]) => `  ${state} --> ${next}: ${event}`),
  );
  const rows = Object.entries(STATE_TABLE).map(
    ([state, events]) => `| ${state} | ${OPERATION_EVENTS.map((event) => events[event] ?? '').join(' | ')} |`,
  );
  const steps = RUNBOOK_STEPS.map((step) => {
    const { title, next, failed, abortable } = RUNBOOK[step];
    return `| \`${step}\` | ${title} | ${followingText(next)} | ${followingText(failed)} | ${abortable ? 'yes' : ''} |`;
  });
  return [
    '# The states of a refresh, and its runbook',
    '',
    'Made from shared/refresh/states.ts and shared/refresh/runbook/plan.ts by `npm run docs`.',
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> NotStarted: refresh',
    ...arrows,
    '```',
    '',
    '## State × event',
    '',
    `| State | ${OPERATION_EVENTS.join(' | ')} |`,
    `|---${'|---'.repeat(OPERATION_EVENTS.length)}|`,
    ...rows,
    '',
    'What is empty cannot happen. A refresh of the target may begin after SignedOff, RollbackCompleted or Aborted.',
    '',
    '## The runbook',
    '',
    '| Step | What it does | Then | When it has failed for good | May be aborted |',
    '|---|---|---|---|---|',
    ...steps,
    '',
    'A step is tried again while its trouble may pass. `discard` ends with _abort_ when nothing had failed.',
    '',
  ].join('\n');
}

function followingText(following: Following | 'again'): string {
  if (following === 'end') return 'nothing more';
  if (following === 'again') return 'is tried again';
  return 'step' in following ? `\`${following.step}\`` : `_${following.event}_`;
}

if (import.meta.main) {
  writeFileSync(new URL('refresh-states.md', import.meta.url), refreshStatesPage());
  writeFileSync(new URL('errors.md', import.meta.url), errorsPage());
  writeFileSync(new URL('openapi.json', import.meta.url), openApiPage());
}
