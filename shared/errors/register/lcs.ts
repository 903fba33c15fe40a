import type { RegisteredError } from '../register.ts';

/** Errors of calls to the Lifecycle Services API. Its answers are 200 all the same, but for too many calls. */
export const LCS_ERRORS = {
  PROJECT_UNKNOWN: {
    class: 'input',
    status: 200,
    message: 'There is no project {project}.',
    cause: 'The id of a project is a number.',
    remedy: 'Give the project’s id, as the address of its pages shows it.',
  },
  PROJECT_ROLE_MISSING: {
    class: 'input',
    status: 200,
    message: 'This call needs the role {role} in the project.',
    cause: 'The token lists no such role, or not for this project.',
    remedy: 'Ask a Project owner for the role, then sign in again.',
  },
  TOO_MANY_CALLS: {
    class: 'input',
    status: 429,
    message: 'This was called too often.',
    cause: 'The API admits only so many calls, as the original did.',
    remedy: 'Call again in {seconds} seconds.',
  },
  BODY_INVALID: {
    class: 'input',
    status: 200,
    message: 'The body of the request cannot be used: {details}.',
    cause: 'It is not of the form that the API’s description shows.',
    remedy: 'Correct the fields that are named.',
  },
  EXPORT_NOT_SUPPORTED: {
    class: 'input',
    status: 200,
    message: 'The export of a database to a file is not supported.',
    cause: 'Freshet refreshes environments; it makes no backup files.',
    remedy: 'Use the means of the database’s platform.',
  },
} as const satisfies Record<string, RegisteredError>;
