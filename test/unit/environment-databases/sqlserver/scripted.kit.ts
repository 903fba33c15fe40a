import type { EnvironmentDatabases } from '../../../../shared/environment-databases/port.ts';
import { SESSION } from '../../../../shared/sql/sqlserver/session.ts';
import { type Answers, type Heard, serverError } from '../../../support/recording-server.ts';
import { ScriptedDatabases } from '../../../support/scripted-databases.ts';
import { AZURE, addressOf, MACHINE, type ScriptedPlatform } from '../../../support/scripted-platforms.ts';

/** A server of the runbook's on which nothing but its own statements is to be seen. */

export const PLATFORMS: readonly (readonly [name: string, platform: ScriptedPlatform])[] = [
  ['SQL Server', MACHINE],
  ['Azure SQL', AZURE],
];

/** Who may enter, as the catalog tells it. */
export const DOORS = [
  { name: 'ann', connect: 'G' },
  { name: 'ben', connect: 'W' },
  { name: 'cid', connect: 'D' },
  { name: 'dan', connect: '' },
];

const FACTS: Answers = [
  [/AS connect FROM sys\.database_principals/, DOORS],
  [/sp_getapplock/, [{ result: 0 }]],
  [/InstanceDefaultBackupPath/, [{ name: 'prod', folder: '/backups' }]],
  [/FILELISTONLY/, [{ LogicalName: 'prod', Type: 'D' }]],
  [/FROM sys\.triggers/, [{ schema: 'dbo', name: 'log', table: 'Table' }]],
];

export interface Scripted {
  readonly server: ScriptedDatabases;
  readonly databases: EnvironmentDatabases;
  /** Where copies are made of. */
  readonly source: string;
}

/** `facts` come before those that hold for every test. */
export async function scripted(platform: ScriptedPlatform, facts: Answers = []): Promise<Scripted> {
  const server = new ScriptedDatabases([...facts, ...FACTS]);
  return { server, databases: await platform.open(server), source: addressOf(platform.host, 'prod') };
}

export const refusing = (number: number) => (): never => {
  throw serverError(number);
};

/** What was done, in its order, without what was only asked. */
export function doings({ heard }: ScriptedDatabases, isMeant: (heard: Heard) => boolean = () => true): string[] {
  const texts = heard.filter(isMeant).map(({ text }) => text.replace(`${SESSION}; `, ''));
  return texts.filter((text) => text !== SESSION && !/^(SELECT|IF @@TRANCOUNT)/.test(text));
}

export const inDatabase =
  (name: string) =>
  ({ database }: Heard): boolean =>
    database === name;

/** The statements that match, in the order of their patterns: each is found, and none before the one in front of it. */
export function inOrder(texts: readonly string[], patterns: readonly RegExp[]): boolean {
  const places = patterns.map((pattern) => texts.findIndex((text) => pattern.test(text)));
  return places.every((place, k) => place >= 0 && place > (places[k - 1] ?? -1));
}
