import type { Subscribed } from '../../control/model.ts';
import type { EntityMetadata } from '../../dataverse/metadata.ts';
import type { LoggedChange } from '../failures/failure-log.ts';
import { during } from '../failures/work.ts';
import { initialSyncState } from '../profiles/profile-json.ts';
import type { ApplyTurn } from './turn.ts';

/** What a line says of work on a whole entity. */
export function changeOf(subscribed: Subscribed): LoggedChange {
  return initialSyncState(subscribed).startsWith('Completed') ? 'Update' : 'Trigger Initial Export';
}

/**
 * Makes the profile's own tables, the entity's, and what the metadata tables say of it, as far as they are missing or differ.
 * True when any of the tables was missing or differed. POSITION_MOVED when another worker was first.
 */
export function defineTable(turn: ApplyTurn, subscribed: Subscribed, definition: EntityMetadata): Promise<boolean> {
  const { destination, profile } = turn;
  return during({ entity: subscribed.entity, changeType: changeOf(subscribed), definition }, async () => {
    const prepared = await destination.prepare({ deleteLog: profile.settings.writeDeleteLog });
    const at = turn.positions.get(subscribed.entity)?.page ?? null;
    const shaped = await destination.shape(definition, at);
    await destination.describe(definition, at);
    return prepared || shaped;
  });
}
