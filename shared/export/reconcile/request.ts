import type { Reconciliation } from '../../control/reconciliations.port.ts';
import { FreshetError } from '../../errors/error.ts';
import type { ExportPorts } from '../ports.ts';
import { type Request, reached } from '../profiles/actions.ts';
import { troubleJson } from '../profiles/profile-json.ts';
import { type Administered, visibleProfile } from '../profiles/profiles.ts';
import { beginReconciliation } from './reconcile.ts';
import { confirmedTotal, type DifferenceKind, type EntityWork, type Found, type Work } from './work.ts';

/**
 * Begins to compare the profile's tables with the organization; one under way is given up. With `heal`, entities that differ
 * are resynchronized. PROFILE_NOT_ACTIVE; else as `reached`. Answers with the report as it begins.
 */
export async function reconcile(ports: ExportPorts, request: Request, heal: boolean) {
  const { profile, entities } = await reached(ports, request);
  if (profile.state !== 'active') throw new FreshetError('PROFILE_NOT_ACTIVE');
  await beginReconciliation(ports, profile, {
    heal,
    trigger: 'request',
    entities: entities.map(({ entity }) => entity),
  });
  return lastReconciliation(ports, request.administered, profile.id);
}

/** The report of the last reconciliation, as far as it has come. PROFILE_NOT_FOUND, NEVER_RECONCILED. */
export async function lastReconciliation(ports: ExportPorts, administered: Administered, profileId: string) {
  const { id } = await visibleProfile(ports, administered, profileId);
  const last = await ports.control.reconciliations.get(id);
  if (last === null) throw new FreshetError('NEVER_RECONCILED', { profileId: id });
  return reconciliationJson(last);
}

function reconciliationJson({ id, profileId, beganAt, dueAt, work: kept }: Reconciliation) {
  const work = kept as Work;
  const { trouble, endedAt, entities } = work;
  return {
    Id: id,
    ProfileId: profileId,
    State: dueAt !== null ? 'InProgress' : trouble ? 'Failed' : 'Completed',
    Trigger: work.trigger === 'schedule' ? 'Schedule' : 'Request',
    Heal: work.heal,
    StartTime: isoTime(beganAt),
    EndTime: endedAt === null ? null : isoTime(endedAt),
    /** Null while something is still to be compared. */
    Equal: entities.some(({ state }) => state === 'waiting' || state === 'comparing')
      ? null
      : entities.every(({ state, found }) => state !== 'different' && (found?.unsettled ?? 0) === 0),
    ErrorDetails: troubleJson(trouble, { profileId }),
    Entities: entities.map(entityJson),
  };
}

const STATES: Record<EntityWork['state'], string> = {
  waiting: 'NotStarted',
  comparing: 'InProgress',
  equal: 'Equal',
  different: 'Different',
  skipped: 'Skipped',
};

function entityJson({ entity, state, reason, found, healed }: EntityWork) {
  return {
    Type: entity,
    State: STATES[state],
    Reason: reason,
    ResyncQueued: healed,
    Result: found && foundJson(found),
  };
}

const KINDS: Record<DifferenceKind, string> = { missing: 'Missing', extra: 'Extra', different: 'Different' };

function foundJson({ source, destination, ranges, differing, confirmed, unsettled, complete }: Found) {
  const { missing, extra, different } = confirmed.counts;
  return {
    SourceRows: source.rows,
    DestinationRows: destination.rows,
    SourceChecksum: source.checksum,
    DestinationChecksum: destination.checksum,
    KeyRanges: ranges,
    DifferingKeyRanges: differing.map((range) => ({
      From: range.from,
      To: range.to,
      SourceRows: range.source.rows,
      DestinationRows: range.destination.rows,
      SourceChecksum: range.source.checksum,
      DestinationChecksum: range.destination.checksum,
    })),
    DifferenceCount: confirmedTotal(confirmed),
    Missing: missing,
    Extra: extra,
    Different: different,
    Refused: confirmed.refused,
    Unsettled: unsettled,
    Complete: complete,
    Differences: confirmed.listed.map(({ id, kind, columns, refused }) => ({
      RecordId: id,
      Kind: KINDS[kind],
      Columns: columns,
      Refused: refused,
    })),
  };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
