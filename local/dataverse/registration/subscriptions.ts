import type { Organization } from '../model/organization.ts';
import { isReference, type Row } from '../model/row.ts';
import type { Table } from '../model/table.ts';

/** An enabled step whose handler is a queue. */
export interface Subscription {
  readonly stepId: string;
  readonly endpointId: string;
  /** Update: the step fires when one of these is in the request; null: always. */
  readonly attributes: ReadonlySet<string> | null;
}

const ENABLED = 0;

/** Which steps a message of an entity fires. Follows the rows of the registration tables. */
export class Subscriptions {
  private readonly organization: Organization;
  private byKey: Map<string, Subscription[]> | null = null;

  constructor(organization: Organization) {
    this.organization = organization;
    const forget = (table: Table) => {
      if (table.definition.logicalName === 'sdkmessageprocessingstep') this.byKey = null;
    };
    organization.observe({
      rowWritten: forget,
      rowRemoved: forget,
      restored: () => {
        this.byKey = null;
      },
    });
  }

  /** The steps of a message: those of the entity, and those of all entities. */
  of(message: string, entity: string): readonly Subscription[] {
    this.byKey ??= this.load();
    return [...(this.byKey.get(`${message} ${entity}`) ?? []), ...(this.byKey.get(`${message} *`) ?? [])];
  }

  private load(): Map<string, Subscription[]> {
    const byKey = new Map<string, Subscription[]>();
    const table = this.organization.table('sdkmessageprocessingstep');
    for (const row of table.rows.values()) {
      const key = this.keyOf(table, row);
      const endpoint = table.cell(row, 'eventhandler');
      if (!key || !isReference(endpoint) || table.cell(row, 'statecode') !== ENABLED) continue;
      const names = table.cell(row, 'filteringattributes');
      const attributes =
        typeof names === 'string' && names !== '' ? new Set(names.split(',').map((one) => one.trim())) : null;
      const known = byKey.get(key) ?? [];
      byKey.set(key, [...known, { stepId: row.self.id, endpointId: endpoint.id, attributes }]);
    }
    return byKey;
  }

  private keyOf(table: Table, row: Row): string | null {
    const message = table.cell(row, 'sdkmessageid');
    const filter = table.cell(row, 'sdkmessagefilterid');
    const name = isReference(message) ? this.organization.nameOf(message) : null;
    if (name === null) return null;
    if (!isReference(filter)) return `${name} *`;
    const filters = this.organization.table('sdkmessagefilter');
    const filterRow = filters.rows.get(filter.id);
    return filterRow ? `${name} ${String(filters.cell(filterRow, 'primaryobjecttypecode'))}` : null;
  }
}
