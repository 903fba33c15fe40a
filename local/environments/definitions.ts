import type { EnvironmentBody } from '../client/lcs-client.ts';
import type { DatabaseNames } from './users.ts';

export const PROJECT_ID = 1_234_567;
export const PRODUCTION_ID = '0f6c1e52-7d3a-4b9e-8a41-5c2d9e7b3f10';
export const SANDBOX_ID = 'b84d2a17-3c5f-4e60-9d8b-1a7e6f4c2d35';

/** One of the local environments: what is registered of it, and what its databases hold. */
export interface LocalEnvironment {
  readonly id: string;
  /** In users, secrets and host names. */
  readonly name: string;
  readonly seed: number;
  readonly scale: number;
  readonly databases: DatabaseNames;
  readonly body: Omit<
    EnvironmentBody,
    'Databases' | 'Secrets' | 'SynchronizationUrl' | 'TenantId' | 'EnvironmentAdministrator'
  > & {
    readonly EnvironmentAdministrator: Omit<EnvironmentBody['EnvironmentAdministrator'], 'TenantId'>;
  };
}

/** As they stood when the original's page was written: version 8.1 on platform update 24. */
const VERSIONS = {
  CurrentApplicationReleaseName: '8.1.3',
  CurrentApplicationBuildVersion: '8.1.227.10037',
  CurrentPlatformReleaseName: 'Update24',
  CurrentPlatformVersion: '7.0.5179.35428',
  FinancialReportingVersion: '8.1.180.4003',
} as const;

const DEPLOYED = {
  EnvironmentGroup: 'Primary',
  EnvironmentProduct: 'Finance and Operations',
  DeploymentState: 'Finished',
  DeploymentStatusDisplay: 'Deployed',
  CloudStorageLocation: 'West Europe',
  DisasterRecoveryLocation: 'North Europe',
} as const;

const administrator = (name: string) => ({
  Id: 'Admin',
  NetworkAlias: `admin@${name}.example`,
  Sid: `S-1-19-${name === 'prod' ? 100 : 200}`,
  NetworkDomain: 'https://sts.windows.net/contoso.example',
  IdentityProvider: 'https://sts.windows.net/contoso.example',
});

const databasesOf = (name: string): DatabaseNames => ({
  transactional: `${name}_axdb`,
  financialReporting: `${name}_financialreporting`,
});

/** Production and a sandbox that is refreshed from it. */
export const LOCAL_ENVIRONMENTS: readonly LocalEnvironment[] = [
  {
    id: PRODUCTION_ID,
    name: 'prod',
    seed: 1,
    scale: 1,
    databases: databasesOf('prod'),
    body: {
      ...VERSIONS,
      ...DEPLOYED,
      EnvironmentName: 'PROD',
      EnvironmentType: 'Production',
      EnvironmentInfrastructure: 'MicrosoftManaged',
      TopologyDisplayName: 'Finance and Operations - High Availability (8.1.3 with Platform update 24)',
      EnvironmentEndpointBaseUrl: 'https://prod.operations.dynamics.example/',
      DeployedOn: '2018-11-05T23:00:00Z',
      EnvironmentAdministrator: administrator('prod'),
      UsesRetail: true,
    },
  },
  {
    id: SANDBOX_ID,
    name: 'uat',
    seed: 2,
    scale: 0.3,
    databases: databasesOf('uat'),
    body: {
      ...VERSIONS,
      ...DEPLOYED,
      EnvironmentName: 'UAT',
      EnvironmentType: 'Sandbox',
      EnvironmentInfrastructure: 'CustomerManaged',
      TopologyDisplayName: 'Finance and Operations - Sandbox (8.1.3 with Platform update 24)',
      EnvironmentEndpointBaseUrl: 'https://uat.sandbox.operations.dynamics.example/',
      DeployedOn: '2018-11-06T12:42:00Z',
      EnvironmentAdministrator: administrator('uat'),
      UsesRetail: true,
    },
  },
];
