import type { PreflightFinding } from '../../control/operation.ts';
import { conditionWords } from '../../environment-databases/conditions.ts';
import type { RunningJobsQuery } from '../../environment-databases/scrub-rules.ts';
import { isFreshetError } from '../../errors/error.ts';
import type { AllAsked } from './asked.ts';
import { refusal, refusalOf, warning } from './findings.ts';

/** Recurring import and export jobs that still run: refused in the target, a warning in the source. */
export async function jobFindings(
  query: RunningJobsQuery,
  sources: AllAsked,
  targets: AllAsked,
): Promise<PreflightFinding[]> {
  const misfits: PreflightFinding[] = [];
  const jobsOf = async ({ transactional }: AllAsked) => {
    if (!transactional) return [];
    return transactional.server.runningJobs(transactional.facts.id, query).catch((error: unknown) => {
      if (!isFreshetError(error, 'SCRUB_COLUMN_MISSING')) throw error;
      misfits.push(refusalOf(error));
      return [];
    });
  };
  const [ofTarget, ofSource] = [await jobsOf(targets), await jobsOf(sources)];
  return [
    ...misfits,
    ...(ofTarget && ofTarget.length > 0 ? [refusal('JOBS_STILL_RUNNING', { jobs: named(ofTarget) })] : []),
    ...(ofSource && ofSource.length > 0
      ? [
          warning(
            'SOURCE_JOBS_RUNNING',
            `Recurring import or export jobs of the source still run: ${named(ofSource)}.`,
            'Better wait until they are fully processed, so that no files are orphaned.',
          ),
        ]
      : []),
    howLookedFor(query, ofTarget),
  ];
}

/** Where recurring jobs are kept is not published: people have to see what the rule file takes for one. */
function howLookedFor({ table, where }: RunningJobsQuery, found: readonly string[] | null): PreflightFinding {
  const result = found === null ? `the target has no table ${table}` : `${found.length} were found in the target`;
  return warning(
    'JOBS_LOOKED_FOR',
    `Recurring import and export jobs that still run were looked for in ${table} where ${where.map(conditionWords).join(' and ')}: ${result}.`,
    'Where they are told otherwise, look yourself, and correct runningJobs in the rule file.',
  );
}

const NAMED_MAX = 10;

function named(names: readonly string[]): string {
  const more = names.length - NAMED_MAX;
  return `${names.slice(0, NAMED_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
