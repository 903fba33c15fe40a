import { runPart } from '../support/entry.ts';
import { startBroker } from './broker.ts';
import { PRODUCT_QUEUES, readDefinitions } from './queues.ts';

await runPart('service-bus', ['queues'], async ({ port, data, option }) => {
  const file = option('queues');
  const broker = await startBroker({ port, data, queues: file ? readDefinitions(file) : PRODUCT_QUEUES });
  console.log(broker.connectionString);
  return broker;
});
