import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Organization } from '../../local/dataverse/model/organization.ts';
import { seededRandom } from '../../local/dataverse/model/random.ts';
import { readDefinition } from '../../local/dataverse/model/read-definition.ts';
import type { Transaction } from '../../local/dataverse/model/transaction.ts';
import { DEFAULT_VARIANTS, drawVariants } from '../../local/dataverse/model/variants.ts';
import { exportColumns } from '../../shared/dataverse/columns.ts';
import type { EntityMetadata } from '../../shared/dataverse/metadata.ts';
import type { Source } from '../../shared/dataverse/port.ts';
import { Copy } from './source-copy.ts';

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

const ENTITY = 'fre_sample';
const NOBODY = '00000000-0000-4000-8000-00000000dead';

/** The promises of shared/dataverse/port.ts. */
export function describeSource(name: string, make: () => Promise<SourceUnderTest>): void {
  describe(`source: ${name}`, () => {
    let under: SourceUnderTest;
    let source: Source;
    let organization: Organization;
    let entity: EntityMetadata;

    beforeAll(async () => {
      under = await make();
      ({ source, organization } = under);
    });
    afterAll(() => under?.stop());
    beforeEach(async () => {
      organization.variants = DEFAULT_VARIANTS;
      clear(organization);
      entity = await source.metadata(ENTITY);
    });

    /** One row by the names of its columns. */
    async function only(id: string): Promise<Record<string, unknown>> {
      const [row] = await source.readByIds(entity, [id]);
      return Object.fromEntries(exportColumns(entity).map((column, index) => [column.name, row?.[index]]));
    }

    it('says who answers', async () => {
      const { organizationId, tenantId, environmentId } = organization.identity;
      expect(await source.identity()).toMatchObject({ organizationId, tenantId, environmentId });
    });

    describe('rows', () => {
      it('carry every type of value exactly', async () => {
        const account = organization.create('account', { name: 'Contoso' });
        const { id } = organization.create(ENTITY, {
          fre_name: 'Ünïcode "quoted" \\ \u2028 😀',
          fre_notes: 'line\nline\ttab',
          fre_count: -2147483648,
          fre_big: '9223372036854775807',
          fre_exact: '12345678901.1234567891',
          fre_amount: '99999999999999.99',
          fre_ratio: 0.1,
          fre_isready: true,
          fre_color: 100_000_002,
          fre_tags: '100000000,100000003',
          fre_birthday: '1753-01-01',
          fre_happenedat: '2026-05-04T10:11:12Z',
          fre_customerid: account.self,
          fre_externalid: NOBODY,
        }).self;
        expect(await only(id)).toMatchObject({
          fre_sampleid: id,
          fre_name: 'Ünïcode "quoted" \\ \u2028 😀',
          fre_notes: 'line\nline\ttab',
          fre_count: -2147483648,
          fre_big: '9223372036854775807',
          fre_exact: '12345678901.1234567891',
          fre_amount: '99999999999999.99',
          fre_ratio: '0.1',
          fre_isready: true,
          fre_color: 100_000_002,
          fre_tags: '100000000,100000003',
          fre_birthday: '1753-01-01T00:00:00Z',
          fre_happenedat: '2026-05-04T10:11:12Z',
          fre_customerid: account.self.id,
          fre_customerid_entitytype: 'account',
          fre_customeridname: 'Contoso',
          fre_customeridtype: 'account',
          fre_externalid: NOBODY,
          fre_parentid: null,
          fre_parentid_entitytype: null,
          statecode: 0,
          statuscode: 1,
          versionnumber: String(organization.version),
        });
      });

      it('have the columns of the entity, the key first, and come page by page', async () => {
        const ids = seed(organization, 5);
        const pages = await new Copy(source, entity).pages({ kind: 'rows' }, 2);
        expect(pages.map(({ rows }) => rows.length)).toEqual([2, 2, 1]);
        for (const { columns, token } of pages) {
          expect(columns).toEqual(exportColumns(entity).map((column) => column.name));
          expect(token).toBeNull();
        }
        expect(new Set(pages.flatMap(({ rows }) => rows.map(([id]) => id)))).toEqual(new Set(ids));
        expect(pages.slice(0, -1).every(({ next }) => next !== null)).toBe(true);
      });

      it('by id are those that exist', async () => {
        const ids = seed(organization, 700);
        const asked = [...ids.slice(0, 650), NOBODY];
        const rows = await source.readByIds(entity, asked);
        expect(rows.map(([id]) => id).toSorted()).toEqual(ids.slice(0, 650).toSorted());
        expect(rows.every((row) => row.length === exportColumns(entity).length)).toBe(true);
      });
    });

    describe('changes', () => {
      it('begin with a read of keys alone, whose last page has the token', async () => {
        seed(organization, 3);
        const pages = await new Copy(source, entity).pages({ kind: 'keys' }, 2);
        expect(pages.map(({ columns }) => columns)).toEqual([['fre_sampleid'], ['fre_sampleid']]);
        expect(pages.flatMap(({ rows }) => rows).every((row) => row.length === 1)).toBe(true);
        expect(pages.map(({ token }) => token === null)).toEqual([true, false]);
      });

      it('are the rows and deletions since the token, and nothing when nothing changed', async () => {
        const [kept = '', gone = ''] = seed(organization, 3);
        const token = await tokenOf(source, entity);
        const quiet = await source.read(entity, { kind: 'changes', token }, 100);
        expect(quiet).toMatchObject({ rows: [], deletions: [], next: null });
        organization.update(ENTITY, kept, { fre_name: 'changed' });
        organization.delete(ENTITY, gone);
        const page = await source.read(entity, { kind: 'changes', token: quiet.token ?? '' }, 100);
        expect(page.rows.map(([id]) => id)).toEqual([kept]);
        expect(page.deletions).toEqual([gone]);
        expect(page.columns).toEqual(exportColumns(entity).map(({ name: column }) => column));
      });

      it('of links are those of their intersect entity', async () => {
        const intersect = await source.metadata('contactleads');
        const copy = new Copy(source, intersect);
        await copy.begin(10);
        const contact = organization.create('contact', { lastname: 'Ryder' }).self;
        const lead = organization.create('lead', { lastname: 'Elijah' }).self;
        organization.associate('contactleads_association', 'contact', contact.id, [lead]);
        await copy.follow(10);
        const names = exportColumns(intersect).map(({ name: column }) => column);
        expect(
          [...copy.rows.values()].map((row) => [row[names.indexOf('contactid')], row[names.indexOf('leadid')]]),
        ).toEqual([[contact.id, lead.id]]);
        organization.disassociate('contactleads_association', 'contact', contact.id, [lead]);
        await copy.follow(10);
        expect(copy.rows.size).toBe(0);
      });

      it('after a token that is no longer honoured are refused', async () => {
        seed(organization, 3);
        const token = await tokenOf(source, entity);
        organization.expireTokens(ENTITY);
        await expect(source.read(entity, { kind: 'changes', token }, 10)).rejects.toMatchObject({
          code: 'CURSOR_EXPIRED',
        });
      });

      it('along a next link that is no longer honoured are refused', async () => {
        const token = await tokenOf(source, entity);
        seed(organization, 3);
        const { next } = await source.read(entity, { kind: 'changes', token }, 2);
        organization.expireTokens(ENTITY);
        await expect(source.read(entity, { kind: 'next', link: next ?? '' }, 2)).rejects.toMatchObject({
          code: 'CURSOR_EXPIRED',
        });
      });

      it('reproduce the table after any history, in any organization', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.nat(),
            fc.integer({ min: 1, max: 4 }),
            fc.array(step(), { maxLength: 80, size: 'max' }),
            async (chance, pageRows, steps) => {
              clear(organization);
              organization.variants = { ...drawVariants(seededRandom(chance)), metadataExpiresTokens: false };
              const history = new History(organization, steps);
              const copy = new Copy(source, entity);
              await copy.begin(pageRows, () => history.goOn());
              while (!history.isOver) await copy.follow(pageRows, () => history.goOn());
              history.end();
              await copy.follow(pageRows);
              const truth = new Copy(source, entity);
              await truth.begin(5000);
              expect(copy.rows).toEqual(truth.rows);
              expect(new Set(copy.rows.keys())).toEqual(new Set(organization.table(ENTITY).rows.keys()));
            },
          ),
          { numRuns: 60 },
        );
      });
    });

    describe('metadata', () => {
      it('is the definition, relationships and options included', async () => {
        const account = await source.metadata('account');
        const { definition } = organization.table('account');
        expect(account).toMatchObject({
          logicalName: 'account',
          schemaName: 'Account',
          entitySetName: 'accounts',
          objectTypeCode: 1,
          primaryIdAttribute: 'accountid',
          primaryNameAttribute: 'name',
          isIntersect: false,
          changeTracking: true,
        });
        const names = (list: readonly { readonly logicalName: string }[]) =>
          list.map(({ logicalName }) => logicalName).toSorted();
        expect(names(account.attributes)).toEqual(names(definition.attributes));
        for (const attribute of account.attributes) {
          const defined = definition.attributes.find(({ logicalName }) => logicalName === attribute.logicalName);
          const { type, maxLength, precision, targets, options, dateTimeBehavior, metadataId, schemaName } = attribute;
          expect({ type, maxLength, precision, targets, dateTimeBehavior, metadataId, schemaName }).toEqual({
            type: defined?.type,
            maxLength: defined?.maxLength,
            precision: defined?.precision,
            targets: defined?.targets,
            dateTimeBehavior: defined?.dateTimeBehavior,
            metadataId: defined?.metadataId,
            schemaName: defined?.schemaName,
          });
          const valuesOf = (list: readonly { readonly value: number }[] = []) =>
            list.map(({ value }) => value).toSorted();
          expect(valuesOf(options)).toEqual(valuesOf(defined?.options));
        }
        expect(account.manyToMany.map(({ schemaName }) => schemaName)).toContain('accountleads_association');
        expect(account.manyToOne.map(({ schemaName }) => schemaName)).toContain('account_originating_lead');
        expect(account.oneToMany).toContainEqual({
          schemaName: 'contact_customer_accounts',
          referencingEntity: 'contact',
          onDelete: 'RemoveLink',
        });
      });

      it('is the same whenever nothing changed', async () => {
        expect(await source.metadata(ENTITY)).toEqual(entity);
        expect((await source.metadata('contactleads')).isIntersect).toBe(true);
        expect((await source.metadata('phonecall')).isActivity).toBe(true);
      });

      it('of an entity that does not exist is refused', async () => {
        await expect(source.metadata('fre_nothing')).rejects.toMatchObject({ code: 'ENTITY_NOT_FOUND' });
      });

      it('has another version on every answer after it changed, and shows the change at once', async () => {
        const before = await source.read(entity, { kind: 'rows' }, 1);
        expect(before.metadataVersion).toBe((await source.read(entity, { kind: 'rows' }, 1)).metadataVersion);
        const removeAgain = addAttribute(organization, 'fre_added');
        const after = await source.read(entity, { kind: 'rows' }, 1);
        expect(after.metadataVersion).not.toBe(before.metadataVersion);
        const changed = await source.metadata(ENTITY);
        expect(changed.attributes.find(({ logicalName }) => logicalName === 'fre_added')).toMatchObject({
          maxLength: 10,
        });
        removeAgain();
      });

      it('that names an attribute which is gone makes reads refuse it', async () => {
        const [id = ''] = seed(organization, 2);
        const token = await tokenOf(source, entity);
        const removeAgain = addAttribute(organization, 'fre_added');
        const old = await source.metadata(ENTITY);
        removeAgain();
        const gone = { code: 'ATTRIBUTE_GONE' };
        await expect(source.read(old, { kind: 'rows' }, 1)).rejects.toMatchObject(gone);
        await expect(source.readByIds(old, [id])).rejects.toMatchObject(gone);
        expect(token).not.toBe('');
      });

      it('may change between two pages: the link goes on with the columns it began with', async () => {
        seed(organization, 3);
        const { next, columns } = await source.read(entity, { kind: 'rows' }, 2);
        const removeAgain = addAttribute(organization, 'fre_added');
        const changed = await source.metadata(ENTITY);
        const page = await source.read(changed, { kind: 'next', link: next ?? '' }, 2);
        expect(new Set(page.columns)).toEqual(new Set(columns));
        removeAgain();
      });
    });

    describe('an organization that', () => {
      it('throttles says how long to wait', async (context) => {
        if (!under.faults) return context.skip();
        under.faults.throttle(1, 17);
        const outcome = source.read(entity, { kind: 'rows' }, 1);
        await expect(outcome).rejects.toMatchObject({ code: 'SOURCE_THROTTLED', values: { retryAfterMs: 17_000 } });
        expect((await source.read(entity, { kind: 'rows' }, 1)).rows).toEqual([]);
      });

      it('is in administration mode says so', async (context) => {
        if (!under.faults) return context.skip();
        under.faults.administrationMode(true);
        const refused = { code: 'SOURCE_ADMINISTRATION_MODE' };
        await expect(source.read(entity, { kind: 'rows' }, 1)).rejects.toMatchObject(refused);
        await expect(source.identity()).rejects.toMatchObject(refused);
        under.faults.administrationMode(false);
      });
    });
  });
}

/** One step of a history; `pick` chooses among the rows that there are. */
interface Step {
  readonly kind: 'create' | 'update' | 'delete' | 'restore' | 'hold' | 'release' | 'pause';
  readonly pick: number;
  readonly text: string;
}

function step(): fc.Arbitrary<Step> {
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
class History {
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

/** A deletion of a row that is not there, or is locked, is refused as in the real service. */
function possible(change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'DataverseError') throw error;
  }
}

function clear(organization: Organization): void {
  for (const entity of [ENTITY, 'contactleads', 'contact', 'lead', 'account']) {
    for (const id of [...organization.table(entity).rows.keys()]) possible(() => organization.delete(entity, id));
  }
}

function seed(organization: Organization, count: number): string[] {
  return Array.from({ length: count }, (_, index) => organization.create(ENTITY, { fre_name: `row ${index}` }).self.id);
}

async function tokenOf(source: Source, entity: EntityMetadata): Promise<string> {
  const pages = await new Copy(source, entity).pages({ kind: 'keys' }, 5000);
  return pages.at(-1)?.token ?? '';
}

/** Adds a text attribute to the sample entity; gives what removes it again. */
function addAttribute(organization: Organization, logicalName: string): () => void {
  const { definition } = organization.table(ENTITY);
  const added = readDefinition({
    LogicalName: ENTITY,
    PrimaryIdAttribute: logicalName,
    Attributes: [{ LogicalName: logicalName, AttributeTypeName: 'StringType', MaxLength: 10 }],
  }).attributes;
  organization.define({ ...definition, attributes: [...definition.attributes, ...added] });
  return () => organization.define(definition);
}
