/**
 * Loaded into each part before its own code: when the supervisor is gone, in whatever way, the channel to it closes, and
 * the part is asked to stop as by SIGTERM. So no part outlives a supervisor that was killed, on any system.
 */

/** A part that does not end by itself is ended, so that it does not hold its port for ever. */
const END_MS = 30_000;

process.once('disconnect', () => {
  setTimeout(() => process.exit(1), END_MS).unref();
  // Nobody listens yet: it has not begun to serve.
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(1);
});
// The channel alone is no reason to live.
process.channel?.unref();
