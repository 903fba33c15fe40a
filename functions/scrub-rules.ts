import { readFileSync } from 'node:fs';
import { parseScrubRules, type ScrubRules } from '../shared/environment-databases/scrub-rules.ts';
import { FreshetError } from '../shared/errors/error.ts';
import { DEFAULT_RULES } from '../shared/refresh/default-rules.ts';

/**
 * The default rules, and those of the customer's file after them: its policy for columns without a rule and its query for
 * running jobs stand instead of the default ones. SCRUB_RULES_INVALID, also when the file is not there: nothing may be copied
 * by fewer rules than somebody believes.
 */
export function scrubRules(file: string | null): ScrubRules {
  if (file === null) return DEFAULT_RULES;
  const own = parseScrubRules(read(file));
  return parseScrubRules({ ...own, rules: [...DEFAULT_RULES.rules, ...own.rules] });
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new FreshetError('SCRUB_RULES_INVALID', { reason: 'the file of FRESHET_SCRUB_RULES cannot be read' }, error);
  }
}
