import type { FreshetError } from '../../errors/error.ts';
import type { ExportPorts } from '../ports.ts';
import { failureLine, putJson, putLines } from './failure-log.ts';
import { METADATA_FOLDER } from './folders.ts';
import { type Work, workOf } from './work.ts';

const NO_WORK: Work = { entity: 'N/A', changeType: 'Update' };

/** An opening of the breaker: one line, with the database's own words, and the JSON of a definition that could not be written. */
export async function writeDestinationFailure(
  ports: ExportPorts,
  profileId: string,
  at: number,
  error: FreshetError,
): Promise<void> {
  const { entity, changeType, definition } = workOf(error) ?? NO_WORK;
  const reason = error.verbatim;
  const id = ports.newId();
  if (definition) {
    const content = { entity, changeType, code: error.code, reason, definition };
    await putJson(ports, profileId, `${METADATA_FOLDER}/${entity}/${id}.json`, content);
  }
  await putLines(
    ports,
    profileId,
    at,
    id,
    failureLine({ entity, recordId: 'N/A', notifiedAt: null, changeType, reason }),
  );
}
