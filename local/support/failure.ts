/** Why a part cannot start, for people: what happened and the cure. The message is one line that holds both. */
export class StartFailure extends Error {
  readonly what: string;
  readonly cure: string;

  constructor(what: string, cure: string, cause?: unknown) {
    super(`${what}. ${cure}`, { cause });
    this.name = 'StartFailure';
    this.what = what;
    this.cure = cure;
  }
}

export interface Place {
  readonly port: number;
  readonly data: string;
}

type Explain = (place: Place) => readonly [what: string, cure: string];

const BY_SYSTEM_CODE: Readonly<Record<string, Explain>> = {
  EADDRINUSE: ({ port }) => [
    `port ${port} is taken by another program`,
    'End that program, or choose other ports with the setting FRESHET_PORT (its base port + 0 to 18 are used)',
  ],
  ENOSPC: ({ data }) => [
    `no disk space is left below ${data}`,
    'Free some space; npm run reset removes the local data',
  ],
  EROFS: ({ data }) => [
    `${data} lies on a read-only disk`,
    'Use a clone of the repository on a disk that can be written',
  ],
  EACCES: ({ port, data }) => [
    `no permission for port ${port} or for ${data}`,
    'Use ports above 1023 (setting FRESHET_PORT) and make the folder yours (chown), or remove it',
  ],
  ENOTDIR: ({ data }) => [`${data} cannot be made, for there is a file in its way`, 'Remove or rename that file'],
  EMFILE: () => ['too many files are open', 'Raise the limit (ulimit -n 4096)'],
};
const SAME_CURE: Readonly<Record<string, string>> = {
  EPERM: 'EACCES',
  EDQUOT: 'ENOSPC',
  EEXIST: 'ENOTDIR',
  ENFILE: 'EMFILE',
};

/** The failure in words, with the cure where the system's error code tells one. */
export function explainFailure(error: unknown, place: Place): StartFailure {
  if (error instanceof StartFailure) return error;
  const code = systemCode(error);
  const explain = BY_SYSTEM_CODE[SAME_CURE[code] ?? code];
  if (explain) return new StartFailure(...explain({ ...place, port: systemPort(error) ?? place.port }), error);
  const reason = error instanceof Error ? error.message : String(error);
  return new StartFailure(oneLine(reason), 'If the local data is damaged, npm run reset removes it', error);
}

/** The error code of the operating system (`ENOENT`), or an empty text. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** A part may bind more ports than the one it is named by. */
function systemPort(error: unknown): number | null {
  return error instanceof Error && 'port' in error && typeof error.port === 'number' ? error.port : null;
}

function oneLine(text: string): string {
  return text
    .trim()
    .replace(/\s*\n\s*/g, ' / ')
    .replace(/\.$/, '');
}
