import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { note } from './probe.ts';

app.timer('hourly', { schedule: '%HOURLY%', handler: (timer) => note('hourly', timer) });
app.timer('onStartup', { schedule: '0 0 0 1 1 *', runOnStartup: true, handler: (timer) => note('onStartup', timer) });
df.app.client.timer('starter', {
  schedule: '0 0 0 1 1 *',
  handler: async (_timer, client) => {
    await client.startNew('echoOnce', { instanceId: 'by-timer', input: 'timer' });
  },
});
