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
    message: 'Failed authorization: only a System Administrator of an organization served here may do this.',
    cause: 'The token is good, but its owner administers none of the organizations, or not the one named.',
    remedy: 'Sign in as a System Administrator of the organization.',
  },
  PROFILE_FIXED: {
    class: 'input',
    status: 409,
    message: '{field} cannot be changed.',
    cause: 'A profile belongs to one organization; once its tables were made, schema and prefix name them for good.',
    remedy: 'Create another profile, and delete this one.',
  },
  PROFILE_CHANGED: {
    class: 'input',
    status: 409,
    message: 'The profile was changed by somebody else at the same moment.',
    cause: 'Two wishes met; the other one stands.',
    remedy: 'Get the profile again, and repeat the change if it is still wanted.',
  },
  PROFILE_STOPPED: {
    class: 'input',
    status: 409,
    message: 'The profile was stopped and must be deleted and created again. {reason}',
    cause: 'Its organization is not the one any more that it was made for, or its deletion broke off.',
    remedy:
      'POST …/profiles/{profileId}/drop removes its tables, DELETE …/profiles/{profileId} the profile; then create and activate it anew.',
  },
  PROFILE_ACTIVE: {
    class: 'input',
    status: 409,
    message: 'The profile is active and exports {entities}.',
    cause: 'Tables that are written to are not dropped.',
    remedy: 'Deactivate the profile, or remove the entity from it, and try again.',
  },
  ORGANIZATION_REPLACED: {
    class: 'stop',
    message: 'The organization is not the one that the profile was made for: {reason}.',
    cause: 'It was restored, copied, reset or moved.',
    remedy:
      'Drop the profile’s tables (POST …/profiles/{profileId}/drop, or the clean-up script), delete the profile, then create and activate it anew.',
  },
  ORGANIZATION_NOT_SERVED: {
    class: 'stop',
    message: 'The organization {organizationId} is not in FRESHET_ORGANIZATIONS any more.',
    cause: 'Its entry was taken out or given another id, while profiles of it were left.',
    remedy:
      'Put the entry back as it was: its profiles go on, and are visible again. Those that are not wanted any more are deleted then, and only after that is the entry taken out.',
  },
  ORGANIZATION_NOT_NAMED: {
    class: 'input',
    status: 400,
    message: 'Several organizations could be meant.',
    cause: 'The caller administers more than one, and the call names none.',
    remedy: 'Add organizationUrl or organizationId to the query.',
  },
  ENTITY_NOT_TRACKED: {
    class: 'input',
    status: 400,
    message: '{entity} does not track changes.',
    cause: 'Only entities that track changes can be followed.',
    remedy: 'Switch change tracking on for the entity, or leave it out.',
  },
  RELATIONSHIP_ALONE: {
    class: 'input',
    status: 400,
    message: '{entity} is a many-to-many relationship of {entities}, and the profile exports neither.',
    cause: 'Relationships are exported beside the entities that they relate.',
    remedy: 'Add one of the entities, or leave the relationship out.',
  },
  ENTITY_NOT_EXPORTED: {
    class: 'input',
    status: 404,
    message: 'The profile does not export {entity}, or was never activated.',
    cause: 'The entity is not among those of the profile, or nothing was begun for it yet.',
    remedy: 'Name an entity of the profile, after it was activated.',
  },
  TABLE_STANDS: {
    class: 'input',
    status: 400,
    message: 'A table stands already for {entity}.',
    cause: 'Tables are never dropped by themselves, and the rows of another life would be taken for today’s.',
    remedy:
      'Drop it (DROP TABLE, the published clean-up script, or POST …/profiles/{profileId}/drop?entity={entity}); or choose another prefix or schema; or set Settings.Adopt of the entity to true to fill the table anew.',
  },
  TABLE_UNFIT: {
    class: 'input',
    status: 400,
    message: 'The table that stands for {entity} cannot be adopted: {reason}.',
    cause: 'Columns are added and widened, never changed into something else.',
    remedy: 'Drop or rename the table, or choose another prefix or schema.',
  },
  PROFILE_NOT_ACTIVE: {
    class: 'input',
    status: 409,
    message: 'The profile is not active.',
    cause: 'Nothing is written to its destination.',
    remedy: 'Activate the profile, then try again.',
  },
  NEVER_RECONCILED: {
    class: 'input',
    status: 404,
    message: 'The profile {profileId} was never reconciled.',
    cause: 'Nobody asked for it, and the schedule has not come to it yet.',
    remedy: 'Begin it with POST …/profiles/{profileId}/reconcile.',
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
