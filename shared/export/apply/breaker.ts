import type { Profile } from '../../control/model.ts';
import { profileBell } from '../../control/model.ts';
import type { FreshetError } from '../../errors/error.ts';
import { ringLater } from '../bells.ts';
import { writeDestinationFailure } from '../failures/failure-log.ts';
import type { ExportPorts } from '../ports.ts';

/**
 * Opens a profile's breaker: its destination cannot be used. Nothing is attempted, counted or rung for it until a probe
 * succeeds; other profiles do not notice. One line in the failure log per opening.
 */
export async function openBreaker(ports: ExportPorts, profile: Profile, error: FreshetError): Promise<void> {
  const now = ports.clock.now();
  const opens = profile.breaker === null;
  const breaker = {
    code: error.code,
    reason: error.message,
    since: profile.breaker?.since ?? now,
    probeAt: now + ports.options.probeMs,
  };
  const known = await ports.control.profiles.update(profile.id, { breaker });
  await ports.destinations.forget(profile.id);
  // Deleted while its worker was at it: nothing of it may come back.
  if (!known) return;
  await ringLater(ports, profileBell(profile.id), ports.options.probeMs);
  if (!opens) return;
  ports.log.write('warn', 'breaker opened', { profileId: profile.id, code: error.code, reason: error.message });
  await writeDestinationFailure(ports, profile.id, now, String(error.values.text ?? error.message));
}

export async function closeBreaker(ports: ExportPorts, profile: Profile): Promise<void> {
  await ports.control.profiles.update(profile.id, { breaker: null });
  ports.log.write('info', 'breaker closed', { profileId: profile.id });
}
