import type { RegisteredError } from '../register.ts';

/** Errors of a Dataverse organization (reference: dataverse.md, sections 2.2, 2.4 and 4.3). */
export const SOURCE_ERRORS = {
  SOURCE_UNAVAILABLE: {
    class: 'retry',
    message: 'The organization at {host} did not answer: {reason}.',
    cause: 'Network trouble, a time-out or a fault of the service (5xx).',
    remedy: 'Nothing: it is tried again. If it lasts, check the address of the organization and the service health.',
  },
  SOURCE_THROTTLED: {
    class: 'retry',
    message: 'The organization at {host} asks to wait {retryAfterMs} ms.',
    cause: 'Its service-protection limits for this application user are reached.',
    remedy:
      'Nothing: the wait is obeyed by every instance. If it lasts, look for other heavy users of the same application user.',
  },
  SOURCE_FORBIDDEN: {
    class: 'stop',
    message: 'The organization at {host} refuses Freshet: {reason}.',
    cause: 'The application user is missing, disabled, or lacks organization-level read on the table.',
    remedy:
      'Give the application user a security role that may read the exported tables, then activate the profile again.',
  },
  SOURCE_ADMINISTRATION_MODE: {
    class: 'stop',
    message: 'The organization at {host} is in administration mode, disabled or being moved.',
    cause: 'An administrator restricted the environment.',
    remedy: 'Switch administration mode off in the Power Platform admin center; Freshet goes on by itself.',
  },
  ENTITY_NOT_FOUND: {
    class: 'input',
    status: 400,
    message: 'The organization has no entity {entity}.',
    cause: 'The name is misspelt, or the entity was deleted.',
    remedy: 'Use the logical name of an existing entity.',
  },
  CURSOR_EXPIRED: {
    class: 'retry',
    message: 'The change-tracking link of {entity} is no longer honoured.',
    cause: 'It is older than the organization keeps changes, or the metadata of the entity changed.',
    remedy: 'Nothing: a new first cursor is taken and the entity is read as a whole.',
  },
  ATTRIBUTE_GONE: {
    class: 'retry',
    message: 'The organization refuses an attribute of {entity}: {reason}.',
    cause: 'An attribute was removed or renamed while Freshet still asked for it.',
    remedy: 'Nothing: the metadata is loaded anew.',
  },
  SOURCE_ANSWER_UNREADABLE: {
    class: 'bug',
    message: 'The organization at {host} answered what Freshet cannot read: {reason}.',
    cause: 'The answer is not of the form that the Web API promises.',
    remedy: 'Report it with the log of this moment.',
  },
} as const satisfies Record<string, RegisteredError>;
