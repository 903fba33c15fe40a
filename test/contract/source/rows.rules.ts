import { expect, it } from 'vitest';
import { exportColumns } from '../../../shared/dataverse/columns.ts';
import { Copy } from './copy.ts';
import { ENTITY, NOBODY, type Subject, seed, tokenOf } from './kit.ts';

export function describeRows(subject: () => Subject): void {
  it('carry every type of value exactly', async () => {
    const { organization } = subject();
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
    expect(await only(subject(), id)).toMatchObject({
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
    const { source, organization, entity } = subject();
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
    const { source, organization, entity } = subject();
    const ids = seed(organization, 700);
    const asked = [...ids.slice(0, 650), NOBODY];
    const { rows } = await source.readByIds(entity, asked);
    expect(rows.map(([id]) => id).toSorted()).toEqual(ids.slice(0, 650).toSorted());
    expect(rows.every((row) => row.length === exportColumns(entity).length)).toBe(true);
  });

  it('of an activity have the first party of each list, and another once the list changed', async () => {
    const { source, organization } = subject();
    const person = (lastname: string) => organization.create('contact', { lastname }).self;
    const [ada, bob, cyd] = [person('Ada'), person('Bob'), person('Cyd')];
    const { id } = organization.create('phonecall', { subject: 'Hello', from: [cyd], to: [bob, ada] }).self;
    const other = organization.create('phonecall', { subject: 'Nobody' }).self.id;
    const calls = await source.metadata('phonecall');
    const call = async (wanted: string) => {
      const { rows } = await source.readByIds(calls, [wanted, other]);
      const columns = exportColumns(calls).map(({ name }) => name);
      const row = rows.find(([key]) => key === wanted) ?? [];
      return Object.fromEntries(columns.map((name, k) => [name, row[k] ?? null]));
    };
    expect(await call(id)).toMatchObject({ from: cyd.id, to: bob.id, subject: 'Hello' });
    expect(await call(other)).toMatchObject({ from: null, to: null });
    const token = await tokenOf(source, calls);
    organization.update('phonecall', id, { to: [ada] });
    const [page] = await new Copy(source, calls).pages({ kind: 'changes', token }, 5000);
    const to = page?.columns.indexOf('to') ?? -1;
    expect(page?.rows.map((row) => [row[0], row[to]])).toEqual([[id, ada.id]]);
    for (const one of [id, other]) organization.delete('phonecall', one);
  });
}

/** One row by the names of its columns. */
async function only({ source, entity }: Subject, id: string): Promise<Record<string, unknown>> {
  const [row] = (await source.readByIds(entity, [id])).rows;
  return Object.fromEntries(exportColumns(entity).map((column, index) => [column.name, row?.[index]]));
}
