import { chmod, mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A new temporary folder that other users may pass through (PostgreSQL runs as one when the tests run as root). The caller removes it. */
export async function temporaryFolder(purpose: string): Promise<string> {
  const folder = await mkdtemp(path.join(os.tmpdir(), `freshet-test-${purpose}-`));
  await chmod(folder, 0o755);
  return folder;
}
