import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { SERVICES } from '../azurite/connection.ts';
import { readIfThere, replaceFile } from '../support/files.ts';
import { type Addresses, CONTROL_DATABASE, DESTINATION_DATABASE, type PartName, portOf } from './addresses.ts';
import type { PartDefinition } from './part.ts';
import { type AppSettings, type Environment, withoutProxy } from './settings.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
/** The first start makes the databases; one after a crash reads the log again. */
const POSTGRES_READY_MS = 180_000;
const HEALTH_MS = 5_000;

type Specifics = Partial<Omit<PartDefinition, 'name' | 'port'>>;

/** Arguments for the entries of parts, after those that they are given anyway. */
export type PartArguments = Readonly<Partial<Record<PartName, readonly string[]>>>;

/** The parts of an installation, each with what it alone needs to know. */
export function definitionsOf(
  addresses: Addresses,
  settings: AppSettings,
  environment: Environment,
  more: PartArguments = {},
): PartDefinition[] {
  const { identity, keyVault, postgres } = addresses;
  const { tenantId } = settings.organizations[0] ?? settings.simulated;
  const specifics: Record<PartName, Specifics> = {
    postgres: {
      args: ['--databases', `${CONTROL_DATABASE},${DESTINATION_DATABASE}`],
      readyWithinMs: POSTGRES_READY_MS,
    },
    azurite: { ports: SERVICES.length },
    'service-bus': {},
    identity: { args: ['--audience', settings.audience, '--tenant', tenantId] },
    'key-vault': { args: ['--issuer', identity, '--tenant', tenantId] },
    dataverse: {
      args: [
        '--issuer',
        identity,
        '--organization',
        JSON.stringify({ ...settings.simulated, url: addresses.dataverse }),
      ],
      needs: ['service-bus'],
    },
    synchronization: {
      args: ['--postgres', postgres.control, '--issuer', identity, '--vault', keyVault.url, '--ca', keyVault.caFile],
      needs: ['key-vault'],
    },
    functions: functionsApp(addresses, settings, environment),
  };
  return Object.entries(specifics).map(([part, own]) => {
    const name = part as PartName;
    return definition(addresses, name, { ...own, args: [...(own.args ?? []), ...(more[name] ?? [])] }, environment);
  });
}

function definition(addresses: Addresses, name: PartName, own: Specifics, environment: Environment): PartDefinition {
  const port = portOf(addresses.base, name);
  return {
    entry: path.join(REPOSITORY, 'local', name, 'main.ts'),
    needs: [],
    ...own,
    name,
    port,
    args: ['--port', String(port), '--data', path.join(addresses.folder, name), ...(own.args ?? [])],
    environment: { ...withoutProxy(environment), ...own.environment },
  };
}

/** The app itself, run by the local Functions host. */
function functionsApp(addresses: Addresses, settings: AppSettings, environment: Environment): Specifics {
  const authorities = path.join(addresses.folder, 'functions', 'authorities.pem');
  return {
    entry: path.join(REPOSITORY, 'local', 'functions-host', 'main.ts'),
    args: ['--app', REPOSITORY, '--entry', path.join(REPOSITORY, 'functions', 'index.ts')],
    environment: { ...settings.environment, ...smallProcess(environment), NODE_EXTRA_CA_CERTS: authorities },
    needs: ['postgres', 'azurite', 'service-bus', 'identity', 'key-vault', 'dataverse'],
    prepare: () => joinAuthorities(authorities, [environment.NODE_EXTRA_CA_CERTS, addresses.keyVault.caFile]),
    serves: () => isHealthy(`${addresses.functions}/api/health`),
  };
}

/** What docs/deployment.md asks of an app in Azure, so that the process stays small while pages pass through it. */
function smallProcess({ NODE_OPTIONS, MALLOC_ARENA_MAX = '2' }: Environment): Record<string, string> {
  return { MALLOC_ARENA_MAX, NODE_OPTIONS: `--max-semi-space-size=16 ${NODE_OPTIONS ?? ''}`.trim() };
}

/** The variable names one file, and the machine's own setting is to go on working beside the vault's authority. */
async function joinAuthorities(file: string, sources: readonly (string | undefined)[]): Promise<void> {
  const texts = await Promise.all(sources.filter((source) => source !== undefined).map(readIfThere));
  await replaceFile(file, texts.join('\n'));
}

async function isHealthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(HEALTH_MS) });
    await answer.body?.cancel();
    return answer.status === 200;
  } catch {
    return false;
  }
}
