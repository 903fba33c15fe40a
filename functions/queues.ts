import { app } from '@azure/functions';
import { applyProfile } from '../shared/export/apply/apply-profile.ts';
import { parseApplyMessage, parseReadMessage } from '../shared/export/messages.ts';
import { readFeed } from '../shared/export/read/read-feed.ts';
import { ringFeeds } from '../shared/export/ring/ring-feeds.ts';
import { theApp } from './app.ts';
import { isProof } from './readiness.ts';

const connection = 'ServiceBusConnection';

/**
 * An empty body reaches no handler, and tells nothing that the sweep would not find. To be given it, the app would have to take
 * the empty texts of the messages' metadata as well, some ten for each: the programming model parses every one as JSON, which
 * throws, and took longer than all else that is done with a notification.
 */
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
