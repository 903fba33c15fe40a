import { app } from '@azure/functions';
import { note, waitAt } from './probe.ts';

interface Order {
  readonly id: string;
  readonly fail?: boolean;
  readonly failTimes?: number;
  readonly wait?: string;
}

let running = 0;
let most = 0;
const attempts = new Map<string, number>();

app.serviceBusQueue('single', {
  connection: 'QUEUES',
  queueName: '%SINGLE_QUEUE%',
  handler: async (message, context) => {
    const order = message as Order;
    running += 1;
    most = Math.max(most, running);
    const attempt = (attempts.get(order.id) ?? 0) + 1;
    attempts.set(order.id, attempt);
    note('single', { id: order.id, at: Date.now(), metadata: context.triggerMetadata });
    try {
      await (order.wait ? waitAt(order.wait) : new Promise((resolve) => setImmediate(resolve)));
      if (order.fail || attempt <= (order.failTimes ?? 0)) throw new Error(`order ${order.id} fails`);
      note('single done', order.id);
    } finally {
      running -= 1;
      note('side by side', most);
    }
  },
});

app.serviceBusQueue('batch', {
  connection: 'QUEUES',
  queueName: 'batch',
  cardinality: 'many',
  handler: (messages, context) => {
    const orders = messages as Order[];
    note('batch', { orders, at: Date.now(), metadata: context.triggerMetadata });
    if (orders.some((order) => order.fail)) throw new Error('the batch fails');
  },
});
