/**
 * An answer other than success, with the code that the real service gives (reference: dataverse.md, parts 2 and 4; codes
 * not listed there are those of its public error code page).
 */
export class DataverseError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, code: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = 'DataverseError';
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export const rowNotFound = (entity: string, id: string) =>
  new DataverseError(404, '0x80040217', `Entity '${entity}' With Id = ${id} Does Not Exist`);

export const entityNotFound = (name: string) =>
  new DataverseError(404, '0x80060888', `Resource not found for the segment '${name}'.`);

export const unknownProperty = (property: string, entity: string) =>
  new DataverseError(
    400,
    '0x80060888',
    `Could not find a property named '${property}' on type 'Microsoft.Dynamics.CRM.${entity}'.`,
  );

export const invalidRequest = (message: string) => new DataverseError(400, '0x80060888', message);

export const invalidValue = (message: string, code = '0x80048408') => new DataverseError(400, code, message);

export const tokenExpired = () =>
  new DataverseError(
    400,
    '0x80044352',
    'Version stamp associated with the client has expired. Please perform a full sync.',
  );

export const duplicateKey = () => new DataverseError(412, '0x80040237', 'Cannot insert duplicate key.');

export const restricted = (text: string) => new DataverseError(400, '0x80048d21', text);

/** Another transaction holds the row; the real service gives up after its command time-out. */
export const rowLocked = () => new DataverseError(500, '0x80044151', 'SQL timeout expired.');
