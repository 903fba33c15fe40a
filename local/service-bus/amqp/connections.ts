/** Listens, and passes on what rhea reports to the connection concerned. */
import { once } from 'node:events';
import type { AddressInfo, Server } from 'node:net';
import type { BrokerContext } from '../context.ts';
import { ClientConnection } from './client-connection.ts';
import { MAX_MESSAGE_BYTES } from './producer-link.ts';
import { type AmqpConnection, type AmqpContainer, type AmqpContext, createContainer } from './rhea.ts';

const HOST = '127.0.0.1';
const MAX_FRAME_BYTES = 64 * 1024;
const IDLE_TIMEOUT_MS = 120_000;

/** How many deliveries a client may leave unsettled on a session. The SDK itself stops at 2048. */
const UNSETTLED_DELIVERIES = 1 << 16;

/** How many messages a client may have under way on a link. */
const SENDER_CREDIT = 1000;

/** How long clients have to answer a good-bye. */
const FAREWELL_MS = 200;

/** Errors that clients report. They are no concern of the broker, but rhea throws those that nobody listens to. */
const REPORTED_ERRORS = ['connection_error', 'session_error', 'sender_error', 'receiver_error'];

export class Connections {
  private readonly context: BrokerContext;
  private readonly container: AmqpContainer;
  private readonly clients = new Map<AmqpConnection, ClientConnection>();
  private server: Server | undefined;

  constructor(context: BrokerContext) {
    this.context = context;
    this.container = createContainer({
      id: 'freshet-service-bus',
      tcp_no_delay: true,
      max_frame_size: MAX_FRAME_BYTES,
      idle_time_out: IDLE_TIMEOUT_MS,
      sender_options: { autosettle: false, treat_modified_as_released: false },
      receiver_options: { autoaccept: false, credit_window: SENDER_CREDIT, max_message_size: MAX_MESSAGE_BYTES },
    });
    const mechanisms = this.container.sasl_server_mechanisms;
    mechanisms.enable_anonymous();
    // What the .NET SDK, and so the Functions host, asks for. Both put their tokens to $cbs afterwards.
    mechanisms.MSSBCBS = mechanisms.ANONYMOUS;
    this.listenToRhea();
  }

  get size(): number {
    return this.clients.size;
  }

  /** Returns the port. @throws Error if it is taken */
  async listen(port: number): Promise<number> {
    const server = this.container.listen({
      host: HOST,
      port,
      session_buffer_size: { outgoing: UNSETTLED_DELIVERIES },
    });
    await once(server, 'listening');
    this.server = server;
    return (server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const connection of this.clients.keys()) {
      connection.close({ condition: 'amqp:connection:forced', description: 'The broker is stopping.' });
    }
    const impatience = setTimeout(() => {
      for (const connection of this.clients.keys()) connection.socket.destroy();
    }, FAREWELL_MS);
    const server = this.server;
    if (server) await new Promise((resolve) => server.close(resolve));
    clearTimeout(impatience);
  }

  private listenToRhea(): void {
    const on = (event: string, listener: (client: ClientConnection, context: AmqpContext) => void) =>
      this.container.on(event, (context) => {
        const client = this.clients.get(context.connection);
        if (client) listener(client, context);
      });
    this.container.on('connection_open', ({ connection }) => this.begin(connection));
    on('session_open', (client, { session }) => client.sessionBegun(session));
    on('session_close', (client, { session }) => session.each_link((link) => client.detached(link)));
    on('receiver_open', (client, { receiver }) => client.producerAttached(receiver));
    on('receiver_close', (client, { receiver }) => client.detached(receiver));
    on('sender_open', (client, { sender }) => client.consumerAttached(sender));
    on('sender_close', (client, { sender }) => client.detached(sender));
    on('message', (client, { receiver, delivery, message }) => client.received(receiver, delivery, message));
    for (const event of ['connection_close', 'disconnected'])
      this.container.on(event, ({ connection }) => this.end(connection));
    for (const event of REPORTED_ERRORS) this.container.on(event, () => {});
    // rhea ends the connection in which something was thrown.
    for (const event of ['protocol_error', 'error'] as const) {
      this.container.on(event, ({ message }) => console.error(`a connection failed: ${message}`));
    }
  }

  private begin(connection: AmqpConnection): void {
    this.clients.set(connection, new ClientConnection(this.context, connection));
    // rhea's own events do not cover every way in which a client can vanish.
    connection.socket.once('close', () => this.end(connection));
  }

  private end(connection: AmqpConnection): void {
    this.clients.get(connection)?.gone();
    this.clients.delete(connection);
  }
}
