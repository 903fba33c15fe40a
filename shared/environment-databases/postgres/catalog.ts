/** Which rows of a catalog are about a database’s own objects. */

/** What belongs to the server, to sessions, or to the runbook. */
export const OURS = `n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'freshet_runbook')`;

/** Whether it belongs to no extension and is no part of something else. */
export const noPart = (catalog: string, id: string) =>
  `NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = ${catalog} AND e.objid = ${id} AND e.objsubid = 0 AND e.deptype IN ('e', 'i'))`;

export const independent = (catalog: string, id: string) => noPart(`'${catalog}'::regclass`, id);
