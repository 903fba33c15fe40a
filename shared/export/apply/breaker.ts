import { type Profile, profileBell } from '../../control/model.ts';
import type { FreshetError } from '../../errors/error.ts';
import { ringBells, ringFeedsOf, ringLater } from '../bells.ts';
import { writeDestinationFailure } from '../failures/destination-failure.ts';
import type { ExportPorts } from '../ports.ts';
import type { ApplyTurn } from './turn.ts';

/**
 * Opens a profile's breaker: its destination cannot be used. Nothing is attempted, counted or rung for it until a probe
 * succeeds; other profiles do not notice. One line in the failure log per opening. False: the profile was deleted,
 * deactivated or activated anew while its worker was at it, and nothing is known of what is wished now.
 */
export async function openBreaker(ports: ExportPorts, profile: Profile, error: FreshetError): Promise<boolean> {
  const now = ports.clock.now();
  const { id: profileId, intent } = profile;
  const current = await ports.control.profiles.get(profileId);
  if (current?.state !== 'active' || current.intent !== intent) return false;
  await ports.destinations.forget(profileId);
  const since = current.breaker?.since ?? now;
  if (current.breaker === null) {
    ports.log.write('warn', 'breaker opened', { profileId, code: error.code, reason: error.message });
    await writeDestinationFailure(ports, profileId, since, error);
  }
  const breaker = { code: error.code, reason: error.message, since, probeAt: now + ports.options.probeMs };
  await ports.control.profiles.update(profileId, { breaker }, { intent });
  await ringLater(ports, profileBell(profileId), ports.options.probeMs);
  return true;
}

export async function closeBreaker(turn: ApplyTurn): Promise<void> {
  const { ports, profile } = turn;
  turn.breakerOpen = false;
  await ports.control.profiles.update(profile.id, { breaker: null });
  // Pages appended since the turn looked rang nobody, for the destination could not be used then.
  await ringBells(ports, [{ key: profileBell(profile.id) }]);
  await ringFeedsOf(ports, profile.id);
  ports.log.write('info', 'breaker closed', { profileId: profile.id });
}
