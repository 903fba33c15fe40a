/** An ordinary Functions app: nothing in it knows which host runs it. */
import { app } from '@azure/functions';
import './durable.ts';
import './hooks.ts';
import './http.ts';
import './service-bus.ts';
import './timers.ts';

app.setup({ capabilities: { IncludeEmptyEntriesInMessagePayload: true } });
