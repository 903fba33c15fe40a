import fc from 'fast-check';
import { expect, it } from 'vitest';
import { seededRandom } from '../../../local/dataverse/model/random.ts';
import { drawVariants } from '../../../local/dataverse/model/variants.ts';
import { exportColumns } from '../../../shared/dataverse/columns.ts';
import { Copy } from './copy.ts';
import { History, step } from './history.ts';
import { clear, ENTITY, type Subject, seed, tokenOf } from './kit.ts';

export function describeChanges(subject: () => Subject): void {
  it('begin with a read of keys alone, whose last page has the token', async () => {
    const { source, organization, entity } = subject();
    seed(organization, 3);
    const pages = await new Copy(source, entity).pages({ kind: 'keys' }, 2);
    expect(pages.map(({ columns }) => columns)).toEqual([['fre_sampleid'], ['fre_sampleid']]);
    expect(pages.flatMap(({ rows }) => rows).every((row) => row.length === 1)).toBe(true);
    expect(pages.map(({ token }) => token === null)).toEqual([true, false]);
  });

  it('are the rows and deletions since the token, and nothing when nothing changed', async () => {
    const { source, organization, entity } = subject();
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
    const { source, organization } = subject();
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
    const { source, organization, entity } = subject();
    seed(organization, 3);
    const token = await tokenOf(source, entity);
    organization.expireTokens(ENTITY);
    await expect(source.read(entity, { kind: 'changes', token }, 10)).rejects.toMatchObject({
      code: 'CURSOR_EXPIRED',
    });
  });

  it('along a next link that is no longer honoured are refused', async () => {
    const { source, organization, entity } = subject();
    const token = await tokenOf(source, entity);
    seed(organization, 3);
    const { next } = await source.read(entity, { kind: 'changes', token }, 2);
    organization.expireTokens(ENTITY);
    await expect(source.read(entity, { kind: 'next', link: next ?? '' }, 2)).rejects.toMatchObject({
      code: 'CURSOR_EXPIRED',
    });
  });

  it('reproduce the table after any history, in any organization', async () => {
    const { source, organization, entity } = subject();
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
}
