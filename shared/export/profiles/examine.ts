import type { Profile } from '../../control/model.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { ExportPorts } from '../ports.ts';
import { errorFinding, type Finding, findingsText } from './findings.ts';
import { faultText, inspectProfileBody } from './profile-body.ts';
import { type Administered, newProfile, visibleProfile } from './profiles.ts';
import { type Validation, type ValidationOptions, validate } from './validation.ts';

/** What the checks of an activation would find of a stored profile now. PROFILE_NOT_FOUND. */
export async function testProfile(ports: ExportPorts, administered: Administered, id: string) {
  return validationJson(await validate(ports, await visibleProfile(ports, administered, id), { patience: 'none' }));
}

/**
 * Checks a profile that is not stored, and in spite of wrong fields all that the others allow; ACTIVATION_REFUSED names
 * everything found at once. A body with the Id of a profile is taken for its replacement.
 */
export async function validateBody(ports: ExportPorts, administered: Administered, body: unknown) {
  const { id, settings, faults, wrong } = inspectProfileBody(body);
  const { organizationId } = settings;
  const known = id === null ? null : await ports.control.profiles.get(id);
  const isKnown = known?.settings.organizationId === organizationId && administered.includes(organizationId);
  const profile: Profile = isKnown ? { ...known, settings } : newProfile(ports, settings);
  const isAdministered = administered.includes(organizationId);
  const own = [
    ...(wrong.has('OrganizationId') || isAdministered
      ? []
      : [errorFinding(new FreshetError('ORGANIZATION_UNKNOWN', { organizationId }), 'OrganizationId')]),
    ...(wrong.has('DestinationKeyVaultUri') ? [] : addressFindings(ports, settings.keyVaultUri)),
    ...(wrong.has('Name') || !isAdministered ? [] : await nameFindings(ports, profile)),
  ];
  const { findings, permissions } = isAdministered
    ? await validate(ports, profile, optionsFor(wrong, own))
    : { findings: [], permissions: [] };
  const all = { findings: [...own, ...findings], permissions };
  const details = [...faults.map(faultText), findingsText(all.findings)].filter((text) => text !== '').join('; ');
  if (details !== '') throw new FreshetError('ACTIVATION_REFUSED', { details });
  return validationJson(all);
}

/** Where the address is wrong, nothing is asked for; schema and prefix name the tables that are looked for. */
function optionsFor(wrong: ReadonlySet<string>, own: readonly Finding[]): ValidationOptions {
  const fields = ['DestinationKeyVaultUri', 'DestinationSchemaName', 'DestinationPrefix'];
  const isWrong = fields.some((field) => wrong.has(field)) || own.some(({ field }) => field === fields[0]);
  return { patience: 'none', ...(isWrong ? { skip: 'destination' } : {}) };
}

function addressFindings(ports: ExportPorts, keyVaultUri: string): Finding[] {
  try {
    ports.destinations.checkAddress(keyVaultUri);
    return [];
  } catch (error) {
    if (!isFreshetError(error)) throw error;
    return [errorFinding(error, 'DestinationKeyVaultUri')];
  }
}

async function nameFindings(ports: ExportPorts, { id, settings }: Profile): Promise<Finding[]> {
  const { name, organizationId } = settings;
  const others = await ports.control.profiles.list([organizationId]);
  const taken = others.some((other) => other.id !== id && other.settings.name.toLowerCase() === name.toLowerCase());
  return taken ? [errorFinding(new FreshetError('PROFILE_NAME_TAKEN', { name }), 'Name')] : [];
}

const STATES = { granted: 'Granted', missing: 'Missing', 'not applicable': 'NotApplicable' } as const;

function validationJson({ findings, permissions }: Validation) {
  return {
    Passed: findings.every(({ severity }) => severity !== 'error'),
    Findings: findings.map(({ code, severity, field, message, remedy }) => ({
      Code: code,
      Severity: severity === 'error' ? 'Error' : 'Advice',
      Field: field,
      Message: message,
      Remedy: remedy,
    })),
    Permissions: permissions.map(({ code, name, scope, state, reason }) => ({
      Code: code,
      Name: name,
      Scope: scope === 'database' ? 'Database' : 'Schema',
      State: STATES[state],
      Reason: reason,
    })),
  };
}
