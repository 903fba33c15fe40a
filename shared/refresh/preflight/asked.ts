import { DATABASE_ROLES, type DatabaseRole, type Environment } from '../../control/environment.ts';
import type { PreflightFinding } from '../../control/operation.ts';
import type { DatabaseFacts } from '../../environment-databases/model.ts';
import type { EnvironmentDatabases } from '../../environment-databases/port.ts';
import { FreshetError, isFreshetError } from '../../errors/error.ts';
import type { RefreshPorts } from '../ports.ts';
import { connectionOf, ROLE_TITLES } from '../runbook/databases.ts';
import { refusal } from './findings.ts';

/** A database of an environment, ready for questions. */
export interface Asked {
  readonly connection: string;
  readonly server: EnvironmentDatabases;
  readonly facts: DatabaseFacts;
}

/** An environment's databases that could be asked. */
export type AllAsked = Readonly<Partial<Record<DatabaseRole, Asked>>>;

/** Those that cannot be used are refusals. Servers go to `opened`, for the caller to close. */
export async function askAll(
  ports: RefreshPorts,
  environment: Environment,
  opened: EnvironmentDatabases[],
  findings: PreflightFinding[],
): Promise<AllAsked> {
  const { name, databases } = environment.settings;
  const asked: Partial<Record<DatabaseRole, Asked>> = {};
  for (const role of DATABASE_ROLES) {
    try {
      const connection = await connectionOf(ports, databases[role]);
      const server = await ports.open(connection);
      opened.push(server);
      const facts = await server.find(databases[role].name);
      if (!facts) throw new FreshetError('TARGET_DATABASE_MISSING', { name: databases[role].name });
      asked[role] = { connection, server, facts };
    } catch (error) {
      if (!isFreshetError(error) || error.class === 'bug') throw error;
      const missing = error.code === 'TARGET_DATABASE_MISSING';
      const reason = missing
        ? `the server has no database ${databases[role].name}.`
        : `${error.message} ${error.remedy}`;
      findings.push(refusal('DATABASE_UNREACHABLE', { database: ROLE_TITLES[role], environment: name, reason }));
    }
  }
  return asked;
}
