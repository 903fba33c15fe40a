import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { environmentStatements } from '../../../sql-list/environment-databases.ts';

const ROOMS = ['sqlserver', 'azuresql'].map(
  (room) => new URL(`../../../../shared/environment-databases/${room}/`, import.meta.url),
);

const BEGINNING =
  /['`](?=(?:ALTER|BACKUP|CREATE|DECLARE|DELETE|DENY|DISABLE|DROP|ENABLE|EXEC|GRANT|IF|INSERT|KILL|MOVE|RESTORE|REVOKE|SELECT|SET|TRUNCATE|UPDATE) )/g;

/** Names of permissions, which go to the server as values. */
const NO_STATEMENTS = ['CREATE ANY DATABASE', 'ALTER ANY CONNECTION'];

/** The texts of a room that begin like a statement, each in the pieces between what is put into it. */
function writtenIn(room: URL): string[][] {
  const files = readdirSync(room).map((file) => readFileSync(new URL(file, room), 'utf8'));
  return files.flatMap((file) => [...file.matchAll(BEGINNING)].map(({ index }) => piecesOf(file, index)));
}

/** `at`: where the text's quote is. */
function piecesOf(file: string, at: number): string[] {
  const pieces = [''];
  let depth = 0;
  for (let k = at + 1; depth > 0 || file[k] !== file[at]; k += 1) {
    if (file.startsWith('${', k)) depth += 1;
    if (depth === 0) pieces.push(pieces.pop() + (file[k] ?? ''));
    else if (file[k] === '}') {
      depth -= 1;
      pieces.push('');
    }
  }
  return pieces;
}

function holds(statement: string, pieces: readonly string[]): boolean {
  let at = 0;
  return pieces.every((piece) => {
    const found = statement.indexOf(piece, at);
    at = found + piece.length;
    return found >= 0;
  });
}

describe('the list of statements', () => {
  it('leaves out none of those that are written for the databases of an environment, and is the same each time', async () => {
    const listed = await environmentStatements('uat');
    const written = ROOMS.flatMap(writtenIn).filter(([text = '']) => !NO_STATEMENTS.includes(text));
    expect(written.length).toBeGreaterThan(50);
    expect(written.filter((pieces) => !listed.some((statement) => holds(statement, pieces)))).toEqual([]);
    expect(await environmentStatements('uat')).toEqual(listed);
  });
});
