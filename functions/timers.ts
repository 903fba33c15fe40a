import { app } from '@azure/functions';
import { input as durableInput } from 'durable-functions';
import { watchOrigins } from '../shared/export/profiles/origin.ts';
import { registerAll } from '../shared/export/profiles/registering.ts';
import { tellUnserved } from '../shared/export/profiles/unserved.ts';
import { RECONCILE_INTERVAL_S, reconcileDue } from '../shared/export/reconcile/reconcile.ts';
import { cleanUp, SWEEP_INTERVAL_S, sweep } from '../shared/export/sweep.ts';
import { readWholeBySchedule } from '../shared/export/whole-reads.ts';
import { refreshBySchedule } from '../shared/refresh/requests/schedules.ts';
import { strayOperations } from '../shared/refresh/runbook/strays.ts';
import { theApp } from './app.ts';
import { drive } from './refresh-database.ts';

app.timer('sweep', {
  schedule: `*/${SWEEP_INTERVAL_S} * * * * *`,
  handler: () => sweep(theApp().ports),
});

app.timer('wholeReads', {
  schedule: '30 * * * * *',
  handler: () => readWholeBySchedule(theApp().ports),
});

/** Each call takes a step of those under way: nobody's table is compared in one breath. */
app.timer('reconcile', {
  schedule: `*/${RECONCILE_INTERVAL_S} * * * * *`,
  handler: () => reconcileDue(theApp().ports),
});

app.timer('cleanUp', {
  schedule: '0 17 3 * * *',
  handler: () => cleanUp(theApp().ports),
});

/** A minute at most until an organization that was moved or replaced stops its profiles, for one request to each. */
app.timer('watchOrigins', {
  schedule: '30 * * * * *',
  handler: () => watchOrigins(theApp().ports),
});

/** Profiles that nobody sees. */
app.timer('tellUnserved', {
  schedule: '0 1 * * * *',
  handler: () => tellUnserved(theApp().ports),
});

/** An hour at most without notifications that somebody's hand took away, for some requests per organization and entity. */
app.timer('register', {
  schedule: '0 41 * * * *',
  handler: () => registerAll(theApp().ports),
});

/** Begins the refreshes that are due, and drives operations on that nobody drives: whoever did may have died in between. */
app.timer('driveOperations', {
  schedule: '15 * * * * *',
  extraInputs: [durableInput.durableClient()],
  handler: async (_timer, context) => {
    const { refresh } = theApp();
    const due = [...(await refreshBySchedule(refresh)), ...(await strayOperations(refresh))];
    await Promise.all(due.map((operationId) => drive(context, operationId)));
  },
});
