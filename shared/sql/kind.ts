import { parse } from '@tediousjs/connection-string';

/** Keys that Npgsql has and SqlClient has not, without spaces and in lower case. */
const POSTGRES_KEYS: ReadonlySet<string> = new Set([
  'host',
  'port',
  'username',
  'sslmode',
  'rootcertificate',
  'searchpath',
]);

/**
 * Whose a connection string is: PostgreSQL's when it is a URL, or names what only Npgsql knows (`Host`, `Port`, `Username`,
 * `SSL Mode`); SQL Server's else, as the original took it.
 */
export function kindOf(connectionString: string): 'postgres' | 'sqlserver' {
  const text = connectionString.trim();
  if (/^postgres(ql)?:\/\//i.test(text)) return 'postgres';
  return keysOf(text).some((key) => POSTGRES_KEYS.has(key)) ? 'postgres' : 'sqlserver';
}

function keysOf(text: string): string[] {
  try {
    return [...parse(text).keys()].map((key) => key.toLowerCase().replace(/[\s_]/g, ''));
  } catch {
    return [];
  }
}
