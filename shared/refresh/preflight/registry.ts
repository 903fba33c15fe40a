import { type Environment, type EnvironmentAdministrator, idKey } from '../../control/environment.ts';
import type { PreflightFinding } from '../../control/operation.ts';
import type { Kept } from '../../control/operations.port.ts';
import { comingAdministrator, tenantOf } from '../administrator.ts';
import type { RefreshOptions } from '../ports.ts';
import { compareVersions } from '../versions.ts';
import { refusal, warning } from './findings.ts';

/** The last platform update that a refresh cannot be completed for. */
const PLATFORM_UPDATE_TOO_OLD = 12;
/** From this release on, Financial Reporting is updated by the Update tiles. */
const UPDATE_TILES_SINCE = '8.1';

/** What the registry alone says against a refresh. */
export function registryRefusals(
  source: Environment,
  target: Environment,
  options: Pick<RefreshOptions, 'allowOtherTenant'>,
): PreflightFinding[] {
  const { settings } = target;
  const environment = settings.name;
  return [
    ...(settings.kind === 'production' ? [refusal('TARGET_IS_PRODUCTION', { environment })] : []),
    ...(settings.kind === 'developer' ? [refusal('TARGET_IS_DEVELOPER', { environment })] : []),
    ...(idKey(source.id) === idKey(target.id) ? [refusal('SAME_ENVIRONMENT', { environment })] : []),
    ...servicingRefusals(target),
    ...[source, target].flatMap(platformRefusals),
    ...releaseRefusals(source, target),
    ...reportingRefusals(source, target),
    ...(options.allowOtherTenant ? [] : tenantRefusals(source, target)),
  ];
}

/** Somebody else's operation is in the way; one of the target's own that has ended waits for its sign-off. */
export function lockRefusal(lockedBy: Kept, source: Environment, target: Environment): PreflightFinding {
  const ofTarget = idKey(lockedBy.targetId) === idKey(target.id);
  const [environment] = [ofTarget || idKey(lockedBy.sourceId) === idKey(target.id) ? target : source].map(
    ({ settings }) => settings.name,
  );
  const { id, state, by } = lockedBy;
  const ended = ofTarget && lockedBy.step === null;
  const values = { environment: environment ?? '', operation: id, state, by: by.name };
  return refusal(ended ? 'PREVIOUS_NOT_SIGNED_OFF' : 'ENVIRONMENT_BUSY', values);
}

function servicingRefusals({ settings }: Environment): PreflightFinding[] {
  return settings.servicing
    .filter(({ awaitsSignOff }) => awaitsSignOff)
    .map(({ name, status }) =>
      refusal('PREVIOUS_NOT_SIGNED_OFF', {
        environment: settings.name,
        operation: name,
        state: status,
        by: 'the registry',
      }),
    );
}

function platformRefusals({ settings }: Environment): PreflightFinding[] {
  const { name: environment, platformUpdate: update } = settings;
  return update <= PLATFORM_UPDATE_TOO_OLD ? [refusal('PLATFORM_TOO_OLD', { environment, update })] : [];
}

function releaseRefusals(source: Environment, target: Environment): PreflightFinding[] {
  const values = { source: source.settings.applicationRelease, target: target.settings.applicationRelease };
  const difference = compareVersions(values.target, values.source);
  if (difference === 0) return [];
  return [refusal(difference > 0 ? 'TARGET_RELEASE_NEWER' : 'TARGET_RELEASE_OLDER', values)];
}

function reportingRefusals(source: Environment, target: Environment): PreflightFinding[] {
  const values = {
    source: source.settings.financialReportingVersion,
    target: target.settings.financialReportingVersion,
  };
  if (compareVersions(values.target, values.source) >= 0) return [];
  const byTiles = compareVersions(target.settings.applicationRelease, UPDATE_TILES_SINCE) >= 0;
  return [refusal(byTiles ? 'FINANCIAL_REPORTING_OLDER' : 'FINANCIAL_REPORTING_OLDER_8_0', values)];
}

/** The tenants registered, and those that follow from the administrators: all of them are one. */
function tenantRefusals(source: Environment, target: Environment): PreflightFinding[] {
  const tenantsOf = ({ settings }: Environment) =>
    [settings.tenantId, tenantOf(settings)].map((tenant) => tenant.toLowerCase());
  const differing = tenantsOf(target).flatMap((of) =>
    tenantsOf(source)
      .filter((other) => other !== of)
      .map((other) => ({ target: of, source: other })),
  );
  return differing.slice(0, 1).map((values) => refusal('TENANT_DIFFERS', values));
}

/** What everybody has to know before a refresh of this target begins. */
export function registryWarnings(source: Environment, target: Environment): PreflightFinding[] {
  const { name, retail } = target.settings;
  return [
    warning(
      'TARGET_ERASED',
      `The existing databases of ${name} are erased. After the sign-off they cannot be recovered.`,
      'Roll back before the sign-off if they are needed.',
    ),
    warning(
      'NO_PRODUCTION_REPORTING',
      'Copying production data to a sandbox for the purpose of production reporting is not supported.',
      'Use a data export for reports.',
    ),
    warning(
      'TARGET_UNAVAILABLE',
      `${name} is unavailable while its databases are exchanged.`,
      'Tell its users before.',
    ),
    warning(
      'DOCUMENTS_STAY',
      'Documents in blob storage are not copied: attachments and templates of the target stay as they are.',
      'Upload what is missing in the target.',
    ),
    warning(
      'USERS_DISABLED',
      'All users but Admin and internal service accounts are disabled, and all batch jobs are withheld.',
      'Enable the users and batch jobs that are wanted once the data is as it should be.',
    ),
    warning(
      'RECONNECT_ENDPOINTS',
      'Integration endpoints still point to where the source’s did, or are empty.',
      'Let Admin change the configuration: services, URLs, encrypted values.',
    ),
    warning(
      'OTHERS_UNTOUCHED',
      `Only the Finance and Operations and the Financial Reporting databases of ${source.settings.name} are copied.`,
      'Nothing has to be done.',
    ),
    ...administratorWarnings(target),
    ...(retail
      ? [
          warning(
            'RETAIL_STEPS',
            'The target uses Retail functionality: steps remain to be completed.',
            'Complete the steps listed, and acknowledge them at the sign-off.',
          ),
        ]
      : []),
  ];
}

function administratorWarnings({ settings }: Environment): PreflightFinding[] {
  const { administrator, webConfigAdministrator: configured } = settings;
  const account = comingAdministrator(settings);
  const coming = warning(
    'COMING_ADMINISTRATOR',
    `The user Admin becomes ${titleOf(account)}; the environment’s tenant is ${account.tenantId}.`,
    'If another account is needed: deallocate and delete the target, and redeploy it with that account.',
  );
  if (configured === null || sameAccount(administrator, configured)) return [coming];
  const differs = warning(
    'WEB_CONFIG_DIFFERS',
    `The target’s web.config names ${titleOf(configured)}, the environment administrator is ${titleOf(administrator)}.`,
    'If another account is needed: deallocate and delete the target, and redeploy it with that account.',
  );
  return [coming, differs];
}

const titleOf = ({ id, alias }: EnvironmentAdministrator): string => (id === alias ? alias : `${alias} (${id})`);

function sameAccount(one: EnvironmentAdministrator, other: EnvironmentAdministrator): boolean {
  const key = ({ sid, alias, tenantId }: EnvironmentAdministrator) => `${sid} ${alias} ${tenantId}`.toLowerCase();
  return key(one) === key(other);
}
