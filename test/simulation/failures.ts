import { FreshetError } from '../../shared/errors/error.ts';

/** The error that a port's trouble shows itself by. */
export function failureOf(operation: string): FreshetError {
  const [port = ''] = operation.split(/[ .]/);
  if (port === 'destination') return new FreshetError('DESTINATION_UNAVAILABLE', { text: 'cut' });
  if (port === 'source') return new FreshetError('SOURCE_UNAVAILABLE', { host: 'contoso', reason: 'cut' });
  if (port === 'blobs') return new FreshetError('STORAGE_UNAVAILABLE', { reason: 'cut' });
  if (port === 'queues') return new FreshetError('QUEUE_UNAVAILABLE', { queue: 'reads', reason: 'cut' });
  return new FreshetError('CONTROL_UNAVAILABLE', { reason: 'cut' });
}
