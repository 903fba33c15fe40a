import type { Position } from '../../destination/model.ts';
import { FreshetError } from '../../errors/error.ts';
import type { ExportPorts } from '../ports.ts';

/** The positions of other profiles among a profile's tables. */
export interface OthersPositions {
  /** Of profiles of this installation. */
  readonly known: readonly Position[];
  /** Of profiles that were deleted and left their tables, or that are another installation's: nobody here can tell. */
  readonly unknown: readonly Position[];
}

export async function othersPositions(
  ports: ExportPorts,
  profileId: string,
  positions: readonly Position[],
): Promise<OthersPositions> {
  const others = positions.filter((one) => one.profileId !== profileId);
  const known = new Set<string>();
  for (const id of profilesOf(others)) if (await ports.control.profiles.get(id)) known.add(id);
  return {
    known: others.filter((one) => known.has(one.profileId)),
    unknown: others.filter((one) => !known.has(one.profileId)),
  };
}

export function takenBy({ entity, profileId }: Position): FreshetError {
  return new FreshetError('DESTINATION_TABLES_TAKEN', { entity, profileId });
}

/** Their profiles, each once. */
export function profilesOf(positions: readonly Position[]): string[] {
  return [...new Set(positions.map(({ profileId }) => profileId))];
}
