/** Requests and their answers: `$cbs` and `<queue>/$management`. */

import type { BrokerContext } from '../context.ts';
import { asBrokerError, notImplemented, unauthorized } from '../errors.ts';
import type { Queue } from '../queue/queue.ts';
import { type Claims, claimOf } from './claims.ts';
import { type Answer, operationOf } from './management.ts';
import { type AmqpConnection, type AmqpLink, type AmqpRequest, decodeRequest, sendSettled, typed } from './rhea.ts';

const SAS_TOKEN = 'servicebus.windows.net:sastoken';
const TOKEN_ACCEPTED = 202;

type Handler = (request: AmqpRequest) => Answer | Promise<Answer>;

/** Puts a token: `operation`, `type` and `name` (what it is for) are application properties, the token is the body. */
export const tokenHandler =
  (context: BrokerContext, claims: Claims): Handler =>
  ({ application_properties: properties, body }) => {
    if (properties?.operation !== 'put-token')
      throw notImplemented(`$cbs has no operation '${properties?.operation}'.`);
    if (properties.type !== SAS_TOKEN) throw unauthorized('This broker accepts shared access signatures only.');
    claims.put(claimOf(String(body), String(properties.name), context.keys, context.now()));
    return { status: TOKEN_ACCEPTED };
  };

export const managementHandler =
  (context: BrokerContext, queue: Queue, claims: Claims): Handler =>
  ({ application_properties: properties, body }) => {
    const operation = operationOf(properties?.operation);
    claims.demand(queue.name, operation.right, context.now());
    return operation.run(context, queue, (body ?? {}) as Readonly<Record<string, unknown>>);
  };

/** Answers a request on the client's link that it names in `reply_to`, once everything it changed is durable. What cannot be read is not answered. */
export async function respond(
  { store }: BrokerContext,
  connection: AmqpConnection,
  bytes: Buffer,
  handler: Handler,
): Promise<void> {
  const request = decodeRequest(bytes);
  if (!request) return;
  const reply = await answer(request, handler);
  store.whenWritten(() => {
    const wanted = (link: AmqpLink) => link.name === request.reply_to || link.target?.address === request.reply_to;
    const link = connection.is_open() ? connection.find_sender(wanted) : undefined;
    if (link) sendSettled(link, { correlation_id: request.message_id, ...reply });
  });
}

async function answer(request: AmqpRequest, handler: Handler): Promise<object> {
  try {
    const { status, body } = await handler(request);
    return { application_properties: { statusCode: typed.int(status), statusDescription: 'OK' }, body };
  } catch (thrown) {
    const error = asBrokerError(thrown);
    return {
      application_properties: {
        statusCode: typed.int(error.status),
        statusDescription: error.message,
        errorCondition: typed.symbol(error.condition),
      },
    };
  }
}
