import type { Catalog } from './catalog.ts';
import { rowNotFound } from './errors.ts';
import type { OrganizationIdentity } from './organization-types.ts';
import { isReference, type Reference } from './row.ts';
import type { Surroundings } from './row-writer.ts';

/** What lookups point to: one object for each row, its name, and what new rows point to by default. */
export class References {
  private readonly catalog: Catalog;
  /** References to rows of tables that are not defined here. */
  private readonly foreign = new Map<string, Reference>();

  constructor(catalog: Catalog) {
    this.catalog = catalog;
  }

  /** The one object for a reference: that of its row, if there is one. */
  of({ entity, id }: Reference): Reference {
    const table = this.catalog.find(entity);
    if (table) return table.rows.get(id)?.self ?? { entity, id };
    const key = `${entity} ${id}`;
    const known = this.foreign.get(key) ?? { entity, id };
    this.foreign.set(key, known);
    return known;
  }

  caller({ callerId }: OrganizationIdentity): Reference {
    return this.of({ entity: 'systemuser', id: callerId });
  }

  /** The text by which a row is shown; null when the row is unknown. */
  nameOf(reference: Reference): string | null {
    const table = this.catalog.find(reference.entity);
    const row = table?.rows.get(reference.id);
    const attribute = table?.definition.primaryNameAttribute;
    if (!table || !row || !attribute) return null;
    const cell = table.cell(row, table.attribute(attribute)?.attributeOf ?? attribute);
    if (isReference(cell)) return this.nameOf(cell);
    return typeof cell === 'string' ? cell : null;
  }

  surroundings(identity: OrganizationIdentity, caller: Reference | undefined, nowSeconds: number): Surroundings {
    return {
      caller: caller ?? this.caller(identity),
      businessUnit: this.of({ entity: 'businessunit', id: identity.businessUnitId }),
      baseCurrency: { entity: 'transactioncurrency', id: identity.currencyId },
      nowSeconds,
      resolve: (reference) => this.resolve(reference),
      exchangeRate: (currency) => this.exchangeRateOf(currency),
    };
  }

  private resolve(reference: Reference): Reference {
    if (this.catalog.find(reference.entity)?.rows.has(reference.id) === false)
      throw rowNotFound(reference.entity, reference.id);
    return this.of(reference);
  }

  private exchangeRateOf(currency: Reference): number {
    const table = this.catalog.find(currency.entity);
    const row = table?.rows.get(currency.id);
    const rate = table && row ? Number(table.cell(row, 'exchangerate')) : 1;
    return rate > 0 ? rate : 1;
  }
}
