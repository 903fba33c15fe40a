import { app } from '@azure/functions';
import { applyProfile } from '../shared/export/apply/apply-profile.ts';
import { parseApplyMessage, parseReadMessage } from '../shared/export/messages.ts';
import { readFeed } from '../shared/export/read/read-feed.ts';
import { ringFeeds } from '../shared/export/ring/ring-feeds.ts';
import { theApp } from './app.ts';
import { isProof } from './readiness.ts';

const connection = 'ServiceBusConnection';

/** Empty bodies would vanish from a batch and shift it against its metadata. */
app.setup({ capabilities: { IncludeEmptyEntriesInMessagePayload: true } });

app.serviceBusQueue('ringFeeds', {
  connection,
  queueName: 'notifications',
  cardinality: 'many',
  handler: async (messages) => {
    const { ports, reachOf } = theApp();
    await ringFeeds(ports, reachOf, Array.isArray(messages) ? messages : [messages]);
  },
});

app.serviceBusQueue('readFeed', {
  connection,
  queueName: 'reads',
  cardinality: 'one',
  handler: async (body) => {
    if (isProof(body)) return;
    const { ports } = theApp();
    const message = parseReadMessage(ports.log, body);
    if (message) await readFeed(ports, message);
  },
});

app.serviceBusQueue('applyProfile', {
  connection,
  queueName: 'applies',
  cardinality: 'one',
  handler: async (body) => {
    if (isProof(body)) return;
    const { ports } = theApp();
    const message = parseApplyMessage(ports.log, body);
    if (message) await applyProfile(ports, message);
  },
});
