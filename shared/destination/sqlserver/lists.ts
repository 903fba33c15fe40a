import { TYPES } from 'tedious';
import { json, type Parameters, type Session, text } from '../../sql/sqlserver/session.ts';
import { type Staged, type StagedColumn, stage } from '../../sql/sqlserver/staging.ts';
import { isUuid } from '../cells.ts';
import { BY_BYTES } from './dialect.ts';

/** Lists of any length. */

/** An operand of IN, and what it takes. */
export interface InList {
  readonly operand: string;
  readonly parameters: Parameters;
}

/** A few texts in one parameter, compared by their bytes. */
export function textsIn(name: string, values: readonly string[]): InList {
  return {
    operand: `(SELECT v.[value] ${BY_BYTES} FROM OPENJSON(@${name}) v)`,
    parameters: { [name]: json(values) },
  };
}

/** Many rows are found by a list with the server's own statistics: of what lies in a parameter it knows nothing. */
export const ID_LIST: StagedColumn = {
  name: 'id',
  type: 'uniqueidentifier',
  load: { type: TYPES.UniqueIdentifier },
};
const TEXT_UNITS = 400;
export const TEXT_LIST: StagedColumn = {
  name: 'id',
  type: `nvarchar(${TEXT_UNITS}) ${BY_BYTES}`,
  load: { type: TYPES.NVarChar, length: TEXT_UNITS },
};

/** A table of ids, in its column `id`; those that are no UUID name no row. */
export function stageIds(session: Session, ids: readonly string[]): Promise<Staged> {
  return stage(
    session,
    'ids',
    [ID_LIST],
    [...new Set(ids.filter(isUuid).map((id) => id.toLowerCase()))].map((id) => [id]),
  );
}

/** A table of texts, in its column `id`. */
export function stageTexts(session: Session, texts: readonly string[]): Promise<Staged> {
  return stage(
    session,
    'ids',
    [TEXT_LIST],
    [...new Set(texts)].map((one) => [one]),
  );
}

/**
 * Names as a parameter each: a comparison with a name of the catalog follows the catalog's collation then, whichever that is.
 * Answers with the operand of IN.
 */
export function names(values: readonly string[]): InList {
  const parameters = Object.fromEntries(values.map((value, k) => [`name${k}`, text(value)]));
  return {
    operand: `(${
      Object.keys(parameters)
        .map((name) => `@${name}`)
        .join(', ') || 'NULL'
    })`,
    parameters,
  };
}
