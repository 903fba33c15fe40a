import fc from 'fast-check';
import type { Organization } from '../../../local/dataverse/model/organization.ts';
import type { Transaction } from '../../../local/dataverse/model/transaction.ts';
import { ENTITY, NOBODY, possible } from './kit.ts';

/** One step of a history; `pick` chooses among the rows that there are. */
interface Step {
  readonly kind: 'create' | 'update' | 'delete' | 'restore' | 'hold' | 'release' | 'pause';
  readonly pick: number;
  readonly text: string;
}

export function step(): fc.Arbitrary<Step> {
  return fc.record({
    kind: fc.constantFrom<Step['kind'][]>(
      'create',
      'create',
      'update',
      'delete',
      'restore',
      'hold',
      'release',
      'pause',
    ),
    pick: fc.nat(),
    text: fc.stringMatching(/^[a-z]{1,8}$/),
  });
}

/** Changes an organization step by step: up to each pause at once. Steps that are impossible are left out. */
export class History {
  readonly #organization: Organization;
  readonly #steps: readonly Step[];
  #at = 0;
  #transaction: Transaction | null = null;

  constructor(organization: Organization, steps: readonly Step[]) {
    this.#organization = organization;
    this.#steps = steps;
  }

  get isOver(): boolean {
    return this.#at >= this.#steps.length;
  }

  goOn(): void {
    while (!this.isOver) {
      const next = this.#steps[this.#at];
      this.#at += 1;
      if (!next || next.kind === 'pause') return;
      possible(() => this.#take(next));
    }
  }

  end(): void {
    this.#transaction?.commit();
  }

  #take({ kind, pick, text }: Step): void {
    const table = this.#organization.table(ENTITY);
    const among = (ids: Iterable<string>) => [...ids].toSorted().at(pick % Math.max(1, [...ids].length)) ?? NOBODY;
    switch (kind) {
      case 'create':
        this.#organization.create(ENTITY, { fre_name: text });
        break;
      case 'update':
        this.#organization.update(ENTITY, among(table.rows.keys()), { fre_code: text });
        break;
      case 'delete':
        this.#organization.delete(ENTITY, among(table.rows.keys()));
        break;
      case 'restore':
        // One of the last deleted, so that it may be listed as a deletion and as a row.
        this.#organization.restore(ENTITY, [...table.bin.keys()].at(-1 - (pick % 3)) ?? NOBODY);
        break;
      case 'hold':
        this.#transaction ??= this.#organization.begin();
        this.#transaction.update(ENTITY, among(table.rows.keys()), { fre_name: text });
        break;
      case 'release':
        this.#transaction?.commit();
        this.#transaction = null;
        break;
    }
  }
}
