import { quoteName } from '../../sql/sqlserver/names.ts';
import { type Session, text } from '../../sql/sqlserver/session.ts';

/** Backups as statements; one per function. */

export interface Backup {
  readonly database: string;
  /** A file on a disk that the server reaches. */
  readonly place: string;
}

interface BackupFile {
  readonly LogicalName: string;
  /** D: rows, L: log, F: full-text, S: streams. */
  readonly Type: string;
}

/** COPY_ONLY: the source's own chain of backups goes on as if there had been none. */
export async function backUp(session: Session, backup: Backup): Promise<void> {
  await session.query(
    `BACKUP DATABASE ${quoteName(backup.database)} TO DISK = @place WITH COPY_ONLY, FORMAT, INIT, CHECKSUM`,
    { place: text(backup.place) },
  );
}

export function readBackup(session: Session, backup: Backup): Promise<BackupFile[]> {
  return session.query<BackupFile>(`RESTORE FILELISTONLY FROM DISK = @place`, { place: text(backup.place) });
}

/** With files of its own beside those of others, and nobody in it but owners and administrators. */
export async function restoreBackup(
  session: Session,
  backup: Backup,
  name: string,
  files: readonly BackupFile[],
  folders: { readonly data: string; readonly log: string },
): Promise<void> {
  const moves = files.map((file, k) => ({ file: file.LogicalName, to: pathOf(file, k, name, folders) }));
  const texts = moves.map((_, k) => `MOVE @file${k} TO @to${k}`);
  const parameters = moves.flatMap(({ file, to }, k) => [
    [`file${k}`, text(file)] as const,
    [`to${k}`, text(to)] as const,
  ]);
  await session.query(
    `RESTORE DATABASE ${quoteName(name)} FROM DISK = @place WITH ${[...texts, 'CHECKSUM', 'RESTRICTED_USER', 'RECOVERY'].join(', ')}`,
    { place: text(backup.place), ...Object.fromEntries(parameters) },
  );
}

const ENDINGS: Readonly<Record<string, string>> = { D: '.ndf', L: '.ldf' };

function pathOf(
  { Type }: BackupFile,
  number: number,
  name: string,
  { data, log }: { readonly data: string; readonly log: string },
): string {
  const folder = Type === 'L' ? log : data;
  return `${folder}${name}_${number}${number === 0 ? '.mdf' : (ENDINGS[Type] ?? '')}`;
}

/** Overwrites it with a backup of the empty model: no statement that is documented deletes a file. */
export async function blankBackup(session: Session, backup: Backup): Promise<void> {
  await backUp(session, { ...backup, database: 'model' });
}

/** How far the backup or restore of this login is, in percent; null when none runs. */
export async function percentOf(session: Session): Promise<number | null> {
  const [row] = await session.query<{ percent: number | null }>(
    `SELECT MAX(r.percent_complete) AS [percent] FROM sys.dm_exec_requests r JOIN sys.dm_exec_sessions s ON s.session_id = r.session_id
WHERE r.command IN ('BACKUP DATABASE', 'RESTORE DATABASE') AND s.login_name = SUSER_SNAME()`,
  );
  return row?.percent ?? null;
}
