import type { RegisteredError } from '../register.ts';

/** Errors of profiles and of the pipeline. */
export const EXPORT_ERRORS = {
  PROFILE_INVALID: {
    class: 'input',
    status: 400,
    message: 'The profile cannot be used as it is: {details}',
    cause: 'Fields of the body are missing or break their rules.',
    remedy: 'Correct the fields named, all at once, and send the profile again.',
  },
  BODY_NOT_JSON: {
    class: 'input',
    status: 400,
    message: 'The body is not a JSON object.',
    cause: 'It is empty, not JSON, or JSON of another kind.',
    remedy: 'Send the profile as a JSON object with Content-Type application/json.',
  },
  PROFILE_NOT_FOUND: {
    class: 'input',
    status: 404,
    message: 'There is no profile {profileId}.',
    cause: 'It was deleted, never existed, or belongs to an organization that you do not administer.',
    remedy: 'List the profiles with GET /crm/exporter/profiles.',
  },
  PROFILE_NAME_TAKEN: {
    class: 'input',
    status: 409,
    message: 'The organization has a profile named {name} already.',
    cause: 'Names are unique in an organization; letter case does not count.',
    remedy: 'Choose another name, or delete the other profile.',
  },
  ORGANIZATION_UNKNOWN: {
    class: 'input',
    status: 400,
    message: 'OrganizationId: {organizationId} is not an organization served here that you administer.',
    cause:
      'The id is wrong, the organization is not in FRESHET_ORGANIZATIONS, or you are not its System Administrator.',
    remedy: 'Use an OrganizationId of an organization that this installation serves.',
  },
  NOT_ADMINISTRATOR: {
    class: 'input',
    status: 403,
    message: 'Only a System Administrator of an organization served here may do this.',
    cause: 'The token is good, but its owner administers none of the organizations.',
    remedy: 'Sign in as a System Administrator of the organization.',
  },
  ENTITY_NOT_EXPORTED: {
    class: 'input',
    status: 404,
    message: 'The profile does not export {entity}, or was never activated.',
    cause: 'The entity is not among those of the profile, or nothing was begun for it yet.',
    remedy: 'Name an entity of the profile, after it was activated.',
  },
  PROFILE_NOT_ACTIVE: {
    class: 'input',
    status: 409,
    message: 'The profile is not active.',
    cause: 'Nothing is written to its destination.',
    remedy: 'Activate the profile, then try again.',
  },
  ACTIVATION_REFUSED: {
    class: 'input',
    status: 400,
    message: 'The profile cannot be activated: {details}',
    cause: 'The checks before activation found what is named.',
    remedy: 'Mend what is named and activate again.',
  },
  SECRET_NOT_TAGGED: {
    class: 'stop',
    message: 'The secret does not carry the tag {organizationId} with the tenant of the organization.',
    cause: 'Only secrets whose tags name the organization and its tenant may receive its data.',
    remedy: 'Add the tag <organization id> = <tenant id> to the secret.',
  },
  FEED_SHAPE_UNKNOWN: {
    class: 'bug',
    message: 'The definition of {entity} under which a page was read is not known any more.',
    cause: 'A mistake in Freshet, or the control database was altered by hand.',
    remedy: 'Delete the profile and create it again; report it with the log of this moment.',
  },
  FEED_KEEPS_FAILING: {
    class: 'bug',
    message: 'Reading {entity} ended without an end {starts} times in a row.',
    cause: 'The process was stopped each time: a page too large for its memory, or repeated restarts.',
    remedy: 'Nothing: it is tried again every minute. If it lasts, give the app more memory.',
  },
  PROFILE_KEEPS_FAILING: {
    class: 'bug',
    message: 'Writing to the destination ended without an end {starts} times in a row.',
    cause: 'The process was stopped each time: a batch too large for its memory, or repeated restarts.',
    remedy: 'Nothing: it is tried again every minute. If it lasts, give the app more memory.',
  },
} as const satisfies Record<string, RegisteredError>;
