import type { FaultSettings } from '../http/faults.ts';
import type { Change } from '../model/changes.ts';
import type { Organization } from '../model/organization.ts';
import type { Random } from '../model/random.ts';
import { isInternal } from '../registration/messages.ts';
import type { Subscription, Subscriptions } from '../registration/subscriptions.ts';
import { type Body, contextOf, partsOf, type RequestFrame } from './context.ts';
import type { QueueAddress, Waiting } from './outbox.ts';

/** A body beyond this is cut; beyond it when cut, it is not sent at all (reference: dataverse.md, 1.1). */
const BODY_MAX_BYTES = 192 * 1024;
const CLAIMS = 'http://schemas.microsoft.com/xrm/2011/Claims';

export interface NotifierOptions {
  readonly organization: Organization;
  readonly subscriptions: Subscriptions;
  readonly faults: () => FaultSettings;
  readonly now: () => number;
  readonly random: Random;
}

export interface NotifierStatus {
  readonly made: number;
  readonly lost: number;
  readonly doubled: number;
  readonly delayed: number;
  readonly cut: number;
  readonly tooLarge: number;
}

/** Makes the messages that registered steps post, from the changes of one request at a time. */
export class Notifier {
  private readonly options: NotifierOptions;
  private changes: Change[] = [];
  private sequence: number;
  private readonly counts = { made: 0, lost: 0, doubled: 0, delayed: 0, cut: 0, tooLarge: 0 };

  constructor(options: NotifierOptions, lastSequence: number) {
    this.options = options;
    this.sequence = lastSequence;
    options.organization.observe({
      changed: (change) => {
        if (!isInternal(change.entity)) this.changes.push(change);
      },
      restored: () => {
        this.changes = [];
      },
    });
  }

  status(): NotifierStatus {
    return { ...this.counts };
  }

  /** The messages for all that changed since the last call. */
  drain(): Waiting[] {
    const changes = this.changes;
    if (changes.length === 0) return [];
    this.changes = [];
    const { newId } = this.options.organization;
    const changedEntities = new Map(changes.map(({ entity, message }) => [entity, message]));
    const frame = { requestId: newId(), correlationId: newId(), changedEntities };
    return changes.flatMap((change) => this.messagesOf(change, frame));
  }

  private messagesOf(change: Change, frame: RequestFrame): Waiting[] {
    const { subscriptions, faults } = this.options;
    if (faults().notifications.off) return [];
    const steps = subscriptions.of(change.message, change.entity);
    if (steps.length === 0) return [];
    return partsOf(change).flatMap((part) =>
      steps.filter((step) => fires(step, change, part)).flatMap((step) => this.messageOf(change, part, step, frame)),
    );
  }

  private messageOf(change: Change, part: ReadonlySet<string>, step: Subscription, frame: RequestFrame): Waiting[] {
    const body = contextOf(this.options.organization, change, part, step.stepId, frame);
    const written = this.written(body);
    if (!written) return [];
    this.counts.made++;
    const { notifications } = this.options.faults();
    if (this.chance(notifications.lost, 'lost')) return [];
    const delayMs = this.chance(notifications.delayed, 'delayed') ? notifications.delayMs : 0;
    const message: Omit<Waiting, 'sequence'> = {
      endpointId: step.endpointId,
      body: written.text,
      properties: this.propertiesOf(change, written.isCut),
      correlationId: frame.correlationId,
      due: this.options.now() + delayMs,
      attempts: 0,
    };
    const copies = this.chance(notifications.doubled, 'doubled') ? 2 : 1;
    return Array.from({ length: copies }, () => ({ ...message, sequence: ++this.sequence }));
  }

  private written({ whole, cut }: Body): { text: string; isCut: boolean } | null {
    const text = JSON.stringify(whole);
    if (!isTooLarge(text)) return { text, isCut: false };
    this.counts.cut++;
    const rest = JSON.stringify(cut());
    if (!isTooLarge(rest)) return { text: rest, isCut: true };
    this.counts.tooLarge++;
    return null;
  }

  private propertiesOf({ entity, message, relationship }: Change, isCut: boolean): Waiting['properties'] {
    return {
      [`${CLAIMS}/Organization`]: this.options.organization.identity.uniqueName,
      [`${CLAIMS}/EntityLogicalName`]: relationship ? 'none' : entity,
      [`${CLAIMS}/RequestName`]: message,
      ...(isCut ? { MessageMaxSizeExceeded: true } : {}),
    };
  }

  private chance(probability: number, kind: 'lost' | 'doubled' | 'delayed'): boolean {
    const happens = probability > 0 && this.options.random() < probability;
    if (happens) this.counts[kind]++;
    return happens;
  }
}

function fires({ attributes }: Subscription, { message }: Change, part: ReadonlySet<string>): boolean {
  return attributes === null || message !== 'Update' || [...part].some((name) => attributes.has(name));
}

/** Texts far below the limit need not be measured. */
function isTooLarge(text: string): boolean {
  return text.length * 3 > BODY_MAX_BYTES && Buffer.byteLength(text) > BODY_MAX_BYTES;
}

/** The address in an endpoint's row; null when it is gone or is no queue. */
export function addressOf(organization: Organization, endpointId: string): QueueAddress | null {
  const table = organization.table('serviceendpoint');
  const row = table.rows.get(endpointId);
  if (!row) return null;
  const text = (name: string) => String(table.cell(row, name) ?? '');
  const namespace = text('namespaceaddress').replace(/\/+$/, '');
  if (!/^sb:\/\/[^/]+$/.test(namespace)) return null;
  const isLoopback = /^sb:\/\/(127\.0\.0\.1|localhost)(:\d+)?$/.test(namespace);
  const parts = [
    `Endpoint=${namespace}`,
    `SharedAccessKeyName=${text('saskeyname')}`,
    `SharedAccessKey=${text('saskey')}`,
    ...(isLoopback ? ['UseDevelopmentEmulator=true'] : []),
  ];
  return { connectionString: parts.join(';'), queue: text('path') };
}
