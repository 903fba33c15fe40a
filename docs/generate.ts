import { writeFileSync } from 'node:fs';
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

if (import.meta.main) writeFileSync(new URL('errors.md', import.meta.url), errorsPage());
