import type { RegisteredError } from '../register.ts';

/** Errors of environments and operations. The first group are a preflight's refusals, with the remedies of the document. */
export const REFRESH_ERRORS = {
  TARGET_IS_PRODUCTION: {
    class: 'input',
    message: 'The target {environment} is a production environment.',
    cause: 'A refresh erases the databases of its target; only sandboxes are refreshed.',
    remedy: 'Choose a sandbox as the target.',
  },
  TARGET_IS_DEVELOPER: {
    class: 'input',
    message: 'The target {environment} is a developer environment.',
    cause:
      'Developer environments have no databases of their own that could be exchanged; only sandboxes are refreshed.',
    remedy: 'Choose a sandbox as the target.',
  },
  SAME_ENVIRONMENT: {
    class: 'input',
    message: 'Source and target are the same environment, {environment}.',
    cause: 'The call names one environment twice.',
    remedy: 'Name two environments.',
  },
  PREVIOUS_NOT_SIGNED_OFF: {
    class: 'input',
    message: 'The previous servicing operation of {environment} is not signed off: {operation} ({state}), by {by}.',
    cause: 'Any previous package deployment or database refresh must be signed off before the next one begins.',
    remedy: 'Sign the previous operation off (after a failure: roll it back), then try again.',
  },
  ENVIRONMENT_BUSY: {
    class: 'input',
    message: 'Another operation has {environment}: {operation} ({state}), by {by}.',
    cause:
      'The target of an operation belongs to it alone until it is signed off or rolled back, and a source is read until the new databases are in service.',
    remedy:
      'Wait until that operation has ended (one that is completed: sign it off, one that failed: roll it back), then try again.',
  },
  PLATFORM_TOO_OLD: {
    class: 'input',
    message: '{environment} runs platform update {update}.',
    cause: 'A refresh cannot be completed for environments that run platform update 12 (November 2017) or earlier.',
    remedy: 'Update the environment to a supported platform update.',
  },
  TARGET_RELEASE_NEWER: {
    class: 'input',
    message: 'The application release of the target ({target}) is newer than that of the source ({source}).',
    cause: 'A refresh does not execute the data upgrade, so data could be lost.',
    remedy:
      'Refresh before the sandbox is upgraded to the newer release; once it is upgraded, an older database cannot be restored into it.',
  },
  TARGET_RELEASE_OLDER: {
    class: 'input',
    message: 'The application release of the target ({target}) is older than that of the source ({source}).',
    cause: 'A refresh does not execute the data upgrade, so data could be lost.',
    remedy: 'Upgrade the target sandbox before the refresh; or deallocate, delete and redeploy it.',
  },
  FINANCIAL_REPORTING_OLDER: {
    class: 'input',
    message:
      'Financial Reporting (MRApplicationService) of the target, {target}, is older than {source} of the source.',
    cause: 'The source’s Financial Reporting database cannot be used by an older version.',
    remedy:
      'Go to the Update tiles of the target, save the updates to the asset library, apply this package to the target, and verify the version.',
  },
  FINANCIAL_REPORTING_OLDER_8_0: {
    class: 'input',
    message:
      'Financial Reporting (MRApplicationService) of the target, {target}, is older than {source} of the source.',
    cause: 'The source’s Financial Reporting database cannot be used by an older version (release 8.0 or earlier).',
    remedy:
      'Look in the environment history of the source for a “Platform and application binary package” that the target did not get, apply it to the target, and verify the version.',
  },
  TENANT_DIFFERS: {
    class: 'input',
    message: 'The target or its administrator belongs to the tenant {target}, the source to {source}.',
    cause:
      'The tenant of the refreshed environment will be that of its administrator, as its web.config names him where that is told.',
    remedy: 'Refresh within one tenant, or set FRESHET_REFRESH_ALLOW_OTHER_TENANT when this is wanted.',
  },
  DATABASE_UNREACHABLE: {
    class: 'input',
    message: 'The {database} of {environment} cannot be used: {reason}',
    cause: 'Its server, its secret or its login does not let the runbook in, or there is no such database.',
    remedy: 'Mend what is named, then try again.',
  },
  SOURCE_TOO_LARGE: {
    class: 'input',
    message: 'The {database} of the source has {bytes} bytes, and that of the target may have {max}.',
    cause: 'The target’s maximum size is smaller than the source.',
    remedy: 'Raise the maximum size of the target’s database, or make the source smaller.',
  },
  NO_ROOM_FOR_COPIES: {
    class: 'input',
    message: 'The target’s server has room for {free} bytes, and the copies need {needed}.',
    cause: 'The old databases stay beside the copies until the sign-off.',
    remedy: 'Make room on the server, then try again.',
  },
  JOBS_STILL_RUNNING: {
    class: 'input',
    message: 'Recurring import or export jobs of the target still run: {jobs}.',
    cause:
      'They must be fully processed and stopped, or files would stay behind that nobody can process after the refresh.',
    remedy: 'Let them finish, stop them in the target, then try again; afterwards they can be resumed.',
  },
  ADMIN_MISSING: {
    class: 'stop',
    message: 'The users of the source have no Admin: nobody could administer the refreshed environment.',
    cause: 'A refresh makes the user Admin the target’s administrator and disables all others.',
    remedy: 'Make the user Admin in the source again, or correct the rule that takes it away, then try again.',
  },
  COLUMNS_WITHOUT_RULE: {
    class: 'stop',
    message: '{count} columns have no scrub rule: {columns}.',
    cause: 'The rule file says that columns which no rule knows halt the operation.',
    remedy: 'Add rules for them (action keep where they may be copied), or set unknownColumns to allow.',
  },
  SCRUB_TABLE_MISSING: {
    class: 'input',
    message: 'The rule {rule} names the table {table}, which the source does not have.',
    cause: 'The rule is not marked as optional, so its table must be there.',
    remedy: 'Correct the rule, or mark it as optional.',
  },
  REFRESH_REFUSED: {
    class: 'input',
    message: 'The refresh is refused: {details}',
    cause: 'The preflight found what is named.',
    remedy: 'Mend what is named and try again; refused calls do not count.',
  },
  REFRESH_LIMIT_REACHED: {
    class: 'input',
    // The original's own words, with the moment that the count begins at.
    message: 'Maximum allowed API operations are {max} from {since}',
    cause: 'So many triggering operations began within 24 hours.',
    remedy: 'Wait, or raise FRESHET_REFRESH_LIMIT.',
  },
  REQUEST_TOO_SLOW: {
    class: 'retry',
    message: 'The checks took too long, and the request was given up.',
    cause: 'Somebody else took the request for dead.',
    remedy: 'Try again; the call did not count.',
  },
  ENVIRONMENT_NOT_FOUND: {
    class: 'input',
    status: 404,
    message: 'There is no environment {environmentId} in the project.',
    cause: 'The id is wrong, or the environment is not registered.',
    remedy: 'List the environments of the project.',
  },
  ENVIRONMENT_NAME_TAKEN: {
    class: 'input',
    status: 409,
    message: 'The project has another environment named {name}.',
    cause: 'Names are unique in a project; letter case does not count.',
    remedy: 'Choose another name.',
  },
  ENVIRONMENT_INVALID: {
    class: 'input',
    message: 'The environment cannot be registered as it is: {details}',
    cause: 'Fields of the body are missing or break their rules.',
    remedy: 'Correct the fields named, and send it again.',
  },
  ENVIRONMENT_NOT_MANAGED: {
    class: 'input',
    message: '{environment} cannot be started or stopped.',
    cause: 'Only customer-managed environments are.',
    remedy: 'Nothing can be done about it here.',
  },
  ENVIRONMENT_STOPPED: {
    class: 'input',
    message: '{environment} is stopped already.',
    cause: 'Somebody stopped it before.',
    remedy: 'Nothing has to be done.',
  },
  OPERATION_NOT_FOUND: {
    class: 'input',
    status: 404,
    message: 'There is no operation {operationId} of this environment.',
    cause: 'The id is wrong, or the operation was refused before it began.',
    remedy: 'Look into the environment’s history.',
  },
  OPERATION_STATE_FORBIDS: {
    class: 'input',
    message: 'The operation is {state}; {wish} is not possible.',
    cause: 'Roll back: when it failed or is completed. Sign off: when it is completed. Abort: until the swap.',
    remedy: 'Ask for the status, and do what it allows.',
  },
  OPERATION_CHANGED: {
    class: 'retry',
    status: 409,
    message: 'The operation changed at the same moment.',
    cause: 'Somebody else asked something of it.',
    remedy: 'Ask for the status, and try again if it is still wanted.',
  },
  SECOND_PERSON_NEEDED: {
    class: 'input',
    message: 'Whoever began the operation may not sign it off.',
    cause: 'FRESHET_REFRESH_SECOND_PERSON asks for a second person.',
    remedy: 'Let another project owner or environment manager sign it off.',
  },
  STEPS_NOT_ACKNOWLEDGED: {
    class: 'input',
    message: 'Steps that follow a refresh are not acknowledged: {steps}.',
    cause: 'The environment uses Retail functionality; these steps are people’s.',
    remedy: 'Complete them, and name them as acknowledged at the sign-off.',
  },
  SCHEDULE_INVALID: {
    class: 'input',
    message: 'The schedule cannot be used: {reason}.',
    cause: 'The moment or the interval is not of the form described.',
    remedy: 'Correct it, and send it again.',
  },
  SCHEDULE_NOT_FOUND: {
    class: 'input',
    status: 404,
    message: 'There is no schedule {scheduleId} in the project.',
    cause: 'The id is wrong, or it was removed.',
    remedy: 'List the schedules of the project.',
  },
  TARGET_DATABASE_MISSING: {
    class: 'stop',
    message: 'The target has no database {name} any more.',
    cause: 'Somebody dropped or renamed it after the checks.',
    remedy: 'Restore its name, roll the operation back, and begin again.',
  },
  COPY_NOT_SHUT: {
    class: 'bug',
    message: 'The copy {name} admits others than the runbook.',
    cause: 'Somebody opened it by hand, or a mistake in Freshet.',
    remedy: 'Nothing: the copies are dropped. Report it if nobody opened it.',
  },
  SCRUB_NOT_VERIFIED: {
    class: 'stop',
    message: 'The scrub did not hold: rule {rule}, {reason} in {table} ({count} findings).',
    cause: 'A trigger or a constraint of the database works against the rule, or the rule does not do what it says.',
    remedy: 'Look into the runbook log, mend the rule or the database. The target keeps its databases.',
  },
  SWAP_INCOMPLETE: {
    class: 'stop',
    message: 'The databases behind {name} are not as the runbook left them.',
    cause: 'Somebody dropped or renamed one of the four databases while the operation ran.',
    remedy: 'Roll the operation back.',
  },
  STEP_BROKE_OFF: {
    class: 'bug',
    message: 'The step {step} broke off: {reason}.',
    cause: 'A mistake in Freshet, or an answer that nobody expected.',
    remedy: 'Look into the runbook log and report it.',
  },
  SYNCHRONIZATION_UNAVAILABLE: {
    class: 'retry',
    message: 'The database synchronization cannot be asked for: {reason}.',
    cause: 'Network trouble, or the environment is not ready.',
    remedy: 'Nothing: it is tried again.',
  },
  SYNCHRONIZATION_REFUSED: {
    class: 'stop',
    message: 'The environment refuses the database synchronization: {reason}.',
    cause: 'The address of the synchronization is wrong, or it does not keep to the contract.',
    remedy: 'Roll the operation back, then correct the environment’s synchronization address.',
  },
  SYNCHRONIZATION_FAILED: {
    class: 'stop',
    message: 'The database synchronization failed: {text}.',
    cause: 'Often a customization in the target that cannot be synchronized with the new data.',
    remedy: 'Download the runbook logs for the root cause, then roll the operation back.',
  },
} as const satisfies Record<string, RegisteredError>;
