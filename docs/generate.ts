import { writeFileSync } from 'node:fs';
import { ENDPOINTS } from '../functions/http/endpoints.ts';
import { openApi } from '../functions/http/openapi.ts';
import { httpStatus, REGISTER, registered } from '../shared/errors/register.ts';

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
  const text = JSON.stringify(openApi(ENDPOINTS), null, 2);
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

if (import.meta.main) {
  writeFileSync(new URL('errors.md', import.meta.url), errorsPage());
  writeFileSync(new URL('openapi.json', import.meta.url), openApiPage());
}
