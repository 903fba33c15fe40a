import type { z } from 'zod';
import {
  availabilityOf,
  type EnvironmentAdministrator,
  type EnvironmentKey,
  type EnvironmentKind,
  type EnvironmentSettings,
} from '../../../shared/control/environment.ts';
import type { ProjectRole } from '../../../shared/platform/identity/port.ts';
import { tenantOf } from '../../../shared/refresh/administrator.ts';
import type { EnvironmentView, HistoryRow } from '../../../shared/refresh/requests/environments.ts';
import type { environmentDetails, environmentRow, FRAME, historyRow } from './shapes.ts';
import { lcsTime, usTime } from './times.ts';

const TYPES = { production: 'Production', sandbox: 'Sandbox', developer: 'DevTestDev' } as const satisfies Record<
  EnvironmentKind,
  string
>;

const AVAILABILITY = { available: 'Available', unavailable: 'Unavailable', stopped: 'Stopped' } as const;

/** What the row of an environment and its registration tell alike. */
function commonJson(settings: EnvironmentSettings) {
  return {
    EnvironmentName: settings.name,
    EnvironmentType: TYPES[settings.kind],
    EnvironmentInfrastructure: settings.infrastructure,
    EnvironmentGroup: settings.group,
    EnvironmentProduct: settings.product,
    TopologyDisplayName: settings.topology,
    EnvironmentEndpointBaseUrl: settings.endpointUrl,
    DeploymentState: settings.deploymentState,
    DeploymentStatusDisplay: settings.deploymentStatus,
    CloudStorageLocation: settings.region,
    DisasterRecoveryLocation: settings.disasterRecoveryRegion,
    CurrentApplicationReleaseName: settings.applicationRelease,
    CurrentApplicationBuildVersion: settings.applicationBuild,
    CurrentPlatformReleaseName: `Update${settings.platformUpdate}`,
    CurrentPlatformVersion: settings.platformVersion,
  };
}

/** In the original's order. */
export function environmentJson({ environment, canStart, canStop }: EnvironmentView): z.infer<typeof environmentRow> {
  const { id, projectId, settings } = environment;
  const common = commonJson(settings);
  return {
    EnvironmentId: id,
    EnvironmentName: common.EnvironmentName,
    ProjectId: projectId,
    EnvironmentInfrastructure: common.EnvironmentInfrastructure,
    EnvironmentType: common.EnvironmentType,
    EnvironmentGroup: common.EnvironmentGroup,
    EnvironmentProduct: common.EnvironmentProduct,
    EnvironmentEndpointBaseUrl: common.EnvironmentEndpointBaseUrl,
    DeploymentState: common.DeploymentState,
    TopologyDisplayName: common.TopologyDisplayName,
    CurrentApplicationBuildVersion: common.CurrentApplicationBuildVersion,
    CurrentApplicationReleaseName: common.CurrentApplicationReleaseName,
    CurrentPlatformReleaseName: common.CurrentPlatformReleaseName,
    CurrentPlatformVersion: common.CurrentPlatformVersion,
    DeployedOnUTC: settings.deployedAt === null ? null : usTime(settings.deployedAt),
    CloudStorageLocation: common.CloudStorageLocation,
    DisasterRecoveryLocation: common.DisasterRecoveryLocation,
    DeploymentStatusDisplay: common.DeploymentStatusDisplay,
    CanStart: canStart,
    CanStop: canStop,
  };
}

/** What is registered. Names of secrets are for those who may act, and never those of production. */
export function registeredJson(
  { environment, secrets }: EnvironmentView,
  role: ProjectRole,
): Omit<z.infer<typeof environmentDetails>, keyof typeof FRAME> {
  const { id, projectId, settings } = environment;
  const { administrator, webConfigAdministrator, databases } = settings;
  return {
    EnvironmentId: id,
    ProjectId: projectId,
    Availability: AVAILABILITY[availabilityOf(environment)],
    Environment: {
      ...commonJson(settings),
      DeployedOn: isoOrNull(settings.deployedAt),
      TenantId: tenantOf(settings),
      FinancialReportingVersion: settings.financialReportingVersion,
      EnvironmentAdministrator: accountJson(administrator),
      WebConfigAdministrator: webConfigAdministrator && accountJson(webConfigAdministrator),
      UsesRetail: settings.retail,
      SynchronizationHost: settings.synchronizationUrl && new URL(settings.synchronizationUrl).host,
      ServicingHistory: settings.servicing.map((done) => ({
        ActivityId: done.activityId,
        Name: done.name,
        Type: done.type,
        TypeDisplay: done.typeDisplay,
        StartDate: new Date(done.startedAt).toISOString(),
        EndDate: isoOrNull(done.endedAt),
        Status: done.status,
        AwaitsSignOff: done.awaitsSignOff,
      })),
    },
    Databases: {
      Transactional: { Name: databases.transactional.name, MaxBytes: databases.transactional.maxBytes },
      FinancialReporting: { Name: databases.financialReporting.name, MaxBytes: databases.financialReporting.maxBytes },
    },
    SecretNames: role === 'Reader' || secrets === null ? null : [...secrets],
  };
}

export function historyJson({ projectId, id }: EnvironmentKey, row: HistoryRow): z.infer<typeof historyRow> {
  const common = { EnvironmentId: id, ProjectId: projectId };
  if ('operation' in row) {
    const { operation } = row;
    return {
      Name: operation.name,
      Type: 'SFSourceDbToSandbox',
      TypeDisplay: 'Refresh database',
      StartDateTimeUtc: lcsTime(operation.createdAt),
      EndDateTimeUtc: operation.endedAt === null ? null : lcsTime(operation.endedAt),
      Status: operation.state,
      ActivityId: operation.id,
      ...common,
    };
  }
  const { servicing } = row;
  return {
    Name: servicing.name,
    Type: servicing.type,
    TypeDisplay: servicing.typeDisplay,
    StartDateTimeUtc: lcsTime(servicing.startedAt),
    EndDateTimeUtc: servicing.endedAt === null ? null : lcsTime(servicing.endedAt),
    Status: servicing.status,
    ActivityId: servicing.activityId,
    ...common,
  };
}

function accountJson({ id, alias, sid, domain, identityProvider, tenantId }: EnvironmentAdministrator) {
  return {
    Id: id,
    NetworkAlias: alias,
    Sid: sid,
    NetworkDomain: domain,
    IdentityProvider: identityProvider,
    TenantId: tenantId,
  };
}

const isoOrNull = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
