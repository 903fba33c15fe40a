import { z } from 'zod';
import type {
  EnvironmentAdministrator,
  EnvironmentKind,
  EnvironmentSettings,
} from '../../../shared/control/environment.ts';

const text = z.string().min(1).max(400);
const moment = z.iso.datetime().describe('UTC.');
/** As the vault shows it; the address is checked when it is used. */
const secret = z.string().min(1).max(2_000).describe('The address of a Key Vault secret.');

const account = z.object({
  Id: text.describe('The user that is reset: Admin.'),
  NetworkAlias: text,
  Sid: text,
  NetworkDomain: text,
  IdentityProvider: text,
  TenantId: z.guid(),
});

const database = z.object({
  Name: text.describe('As its server calls it.'),
  KeyVaultUri: secret.describe('The secret with the connection string under which the runbook enters.'),
  MaxBytes: z.int().positive().nullish().describe('What it may grow to; null: as far as its server has room.'),
});

const servicing = z.object({
  ActivityId: text,
  Name: text,
  Type: text.describe('Such as ApplicationHotfix.'),
  TypeDisplay: text,
  StartDate: moment,
  EndDate: moment.nullish(),
  Status: text,
  AwaitsSignOff: z.boolean().default(false).describe('No refresh may follow before somebody has signed it off.'),
});

function isProtected(url: string): boolean {
  const { protocol, hostname } = URL.parse(url) ?? {};
  return protocol === 'https:' || (protocol === 'http:' && (hostname === '127.0.0.1' || hostname === 'localhost'));
}

/** What is registered of an environment; names as in the answer of `detail`, where it tells the same. */
export const environmentBody = z
  .object({
    EnvironmentName: z.string().min(1).max(100),
    EnvironmentType: z.enum(['Production', 'Sandbox', 'DevTestDev']),
    EnvironmentInfrastructure: z.enum(['CustomerManaged', 'MicrosoftManaged', 'SelfService']),
    EnvironmentGroup: z.enum(['Primary', 'DisasterRecovery']).default('Primary'),
    EnvironmentProduct: text.default('Finance and Operations'),
    TopologyDisplayName: text.nullish(),
    EnvironmentEndpointBaseUrl: z.url().nullish(),
    DeploymentState: text.default('Finished'),
    DeploymentStatusDisplay: text.default('Deployed'),
    DeployedOn: moment.nullish(),
    CloudStorageLocation: text,
    DisasterRecoveryLocation: text.nullish(),
    TenantId: z.guid(),
    CurrentApplicationReleaseName: text.describe('Such as 10.0.21.'),
    CurrentApplicationBuildVersion: text.nullish(),
    CurrentPlatformReleaseName: z
      .string()
      .regex(/^update ?\d{1,4}$/i, { error: 'it is not of the form Update45' })
      .describe('The platform update, such as Update45.'),
    CurrentPlatformVersion: text.nullish(),
    FinancialReportingVersion: z
      .string()
      .regex(/^\d{1,9}(\.\d{1,9}){0,5}$/, { error: 'it is not a version such as 8.1.180.4003' })
      .describe('Of MRApplicationService.'),
    EnvironmentAdministrator: account,
    WebConfigAdministrator: account.nullish().describe('What the environment’s web.config says, where it is known.'),
    UsesRetail: z.boolean().default(false),
    Databases: z.object({ Transactional: database, FinancialReporting: database }),
    Secrets: z
      .array(secret)
      .max(200)
      .default([])
      .describe('Other secrets of the environment: SQL and machine credentials.'),
    SynchronizationUrl: z
      .url()
      .refine(isProtected, { error: 'it is not an https address (or http on 127.0.0.1)' })
      .nullish()
      .describe('Where a database synchronization is asked for.'),
    ServicingHistory: z.array(servicing).max(1_000).default([]),
  })
  .meta({ id: 'Environment' });

export type EnvironmentBody = z.input<typeof environmentBody>;
type Body = z.output<typeof environmentBody>;

const KINDS: Readonly<Record<Body['EnvironmentType'], EnvironmentKind>> = {
  Production: 'production',
  Sandbox: 'sandbox',
  DevTestDev: 'developer',
};

export function settingsOf(body: Body): EnvironmentSettings {
  return {
    name: body.EnvironmentName,
    kind: KINDS[body.EnvironmentType],
    infrastructure: body.EnvironmentInfrastructure,
    group: body.EnvironmentGroup,
    product: body.EnvironmentProduct,
    topology: body.TopologyDisplayName ?? null,
    endpointUrl: body.EnvironmentEndpointBaseUrl ?? null,
    region: body.CloudStorageLocation,
    disasterRecoveryRegion: body.DisasterRecoveryLocation ?? null,
    tenantId: body.TenantId.toLowerCase(),
    deployedAt: msOf(body.DeployedOn),
    deploymentState: body.DeploymentState,
    deploymentStatus: body.DeploymentStatusDisplay,
    applicationRelease: body.CurrentApplicationReleaseName,
    applicationBuild: body.CurrentApplicationBuildVersion ?? null,
    platformUpdate: Number(body.CurrentPlatformReleaseName.replace(/\D/g, '')),
    platformVersion: body.CurrentPlatformVersion ?? null,
    financialReportingVersion: body.FinancialReportingVersion,
    administrator: accountOf(body.EnvironmentAdministrator),
    webConfigAdministrator: body.WebConfigAdministrator ? accountOf(body.WebConfigAdministrator) : null,
    retail: body.UsesRetail,
    databases: {
      transactional: databaseOf(body.Databases.Transactional),
      financialReporting: databaseOf(body.Databases.FinancialReporting),
    },
    secrets: body.Secrets,
    synchronizationUrl: body.SynchronizationUrl ?? null,
    servicing: body.ServicingHistory.map(servicingOf),
  };
}

function accountOf(account: Body['EnvironmentAdministrator']): EnvironmentAdministrator {
  return {
    id: account.Id,
    alias: account.NetworkAlias,
    sid: account.Sid,
    domain: account.NetworkDomain,
    identityProvider: account.IdentityProvider,
    tenantId: account.TenantId.toLowerCase(),
  };
}

const databaseOf = ({ Name, KeyVaultUri, MaxBytes }: Body['Databases']['Transactional']) => ({
  name: Name,
  keyVaultUri: KeyVaultUri,
  maxBytes: MaxBytes ?? null,
});

function servicingOf(done: Body['ServicingHistory'][number]): EnvironmentSettings['servicing'][number] {
  return {
    activityId: done.ActivityId,
    name: done.Name,
    type: done.Type,
    typeDisplay: done.TypeDisplay,
    startedAt: Date.parse(done.StartDate),
    endedAt: msOf(done.EndDate),
    status: done.Status,
    awaitsSignOff: done.AwaitsSignOff,
  };
}

const msOf = (text: string | null | undefined): number | null => (text ? Date.parse(text) : null);
