import { app } from '@azure/functions';
import { cleanUp, SWEEP_INTERVAL_S, sweep } from '../shared/export/sweep.ts';
import { theApp } from './app.ts';

app.timer('sweep', {
  schedule: `*/${SWEEP_INTERVAL_S} * * * * *`,
  handler: () => sweep(theApp().ports),
});

app.timer('cleanUp', {
  schedule: '0 17 3 * * *',
  handler: () => cleanUp(theApp().ports),
});
