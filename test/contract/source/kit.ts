import type { Organization } from '../../../local/dataverse/model/organization.ts';
import type { EntityMetadata } from '../../../shared/dataverse/metadata.ts';
import type { Source } from '../../../shared/dataverse/port.ts';
import { Copy } from './copy.ts';

export interface SourceUnderTest {
  readonly source: Source;
  /** What the source reads. Has the tables of a fresh organization, and its base currency. */
  readonly organization: Organization;
  /** What goes wrong on purpose; absent where no service stands in between. */
  readonly faults?: SourceFaults;
  stop(): Promise<void>;
}

export interface SourceFaults {
  throttle(requests: number, retryAfterSeconds: number): void;
  administrationMode(on: boolean): void;
}

/** What a rule works with: a source whose tables are empty, and the definition of `ENTITY`. */
export interface Subject extends SourceUnderTest {
  readonly entity: EntityMetadata;
}

export const ENTITY = 'fre_sample';
export const NOBODY = '00000000-0000-4000-8000-00000000dead';

/** A deletion of a row that is not there, or is locked, is refused as in the real service. */
export function possible(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'DataverseError') throw error;
  }
}

export function clear(organization: Organization): void {
  for (const entity of [ENTITY, 'contactleads', 'contact', 'lead', 'account']) {
    for (const id of [...organization.table(entity).rows.keys()]) possible(() => organization.delete(entity, id));
  }
}

export function seed(organization: Organization, count: number): string[] {
  return Array.from({ length: count }, (_, index) => organization.create(ENTITY, { fre_name: `row ${index}` }).self.id);
}

export async function tokenOf(source: Source, entity: EntityMetadata): Promise<string> {
  const pages = await new Copy(source, entity).pages({ kind: 'keys' }, 5000);
  return pages.at(-1)?.token ?? '';
}
