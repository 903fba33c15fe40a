import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { exportColumns } from '../../shared/dataverse/columns.ts';
import { LABEL_LENGTH } from '../../shared/destination/metadata-tables.ts';
import { ACCOUNT, attribute, Chain, entityOf, idOf, refusedEntry, rowOf } from './destination/harness.ts';
import { makePostgresHarness, type PostgresHarness } from './destination/postgres.harness.ts';

/** What only a real database can show: names, types and metadata as readers expect them. */
describe('destination on PostgreSQL alone', () => {
  let harness: PostgresHarness;
  let chain: Chain;
  beforeEach(async () => {
    harness = await makePostgresHarness(inject('postgresUrl'));
    chain = await new Chain(harness.open()).begin();
  });
  afterEach(() => harness.close());

  async function ask<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return (await harness.client.query<Row>(text, values)).rows;
  }

  const columnsOf = async (table: string) => {
    const rows = await ask<{ name: string; type: string; required: boolean }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS required FROM pg_attribute
       WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
      [table],
    );
    return rows.map(({ name, type, required }) => `${name} ${type}${required ? ' NOT NULL' : ''}`);
  };

  it('an entity table has the columns of the original, in its order, with the types of the reference', async () => {
    expect(await columnsOf('dbo.crm_account')).toEqual([
      'id uuid NOT NULL',
      'sinkcreatedon timestamp(3) without time zone',
      'sinkmodifiedon timestamp(3) without time zone',
      'statecode integer',
      'donotphone boolean',
      'ownerid uuid',
      'ownerid_entitytype character varying(128)',
      'revenue numeric(38,2)',
      'accountid uuid',
      'createdon timestamp(3) without time zone',
      'description text',
      'exchangerate numeric(38,10)',
      'name character varying(20)',
      'numberofemployees integer',
      'versionnumber bigint',
    ]);
    const keys = await ask<{ conname: string }>(
      `SELECT conname FROM pg_constraint WHERE conrelid = 'dbo.crm_account'::regclass AND contype = 'p'`,
    );
    expect(keys).toEqual([{ conname: 'EPK[dbo].[crm_account]' }]);
  });

  it('a column that a view of the customer uses is not widened, and all others are: long values are refused alone', async () => {
    await ask('CREATE VIEW dbo.report AS SELECT name FROM dbo.crm_account');
    const longer = ACCOUNT.attributes.map((one) => (one.logicalName === 'name' ? { ...one, maxLength: 50 } : one));
    const entity = { ...ACCOUNT, attributes: [...longer, attribute('later', 'StringType', { maxLength: 9 })] };
    expect(await chain.destination.shape(entity)).toBe(true);
    expect(await chain.destination.shape(entity)).toBe(false);
    const columns = await columnsOf('dbo.crm_account');
    expect(columns).toContain('name character varying(20)');
    expect(columns).toContain('later character varying(9)');
    const wanted = exportColumns(entity);
    const row = rowOf(idOf(1), { name: 'n'.repeat(30) }, wanted);
    await expect(chain.apply({ rows: [row], columns: wanted })).rejects.toMatchObject({ code: 'RECORD_REFUSED' });
    await ask('DROP VIEW dbo.report');
    expect(await chain.destination.shape(entity)).toBe(true);
    await chain.apply({ rows: [row], columns: wanted });
  });

  it('metadata tables and the delete log are those of the reference', async () => {
    const label = [
      'isuserlocalizedlabel boolean NOT NULL',
      'localizedlabellanguagecode integer NOT NULL',
      'localizedlabel character varying(350)',
    ];
    const name = (column: string) => `${column} character varying(64) NOT NULL`;
    const expected = {
      globaloptionsetmetadata: [name('optionsetname'), 'option integer NOT NULL', ...label],
      optionsetmetadata: [name('entityname'), name('optionsetname'), 'option integer NOT NULL', ...label],
      statemetadata: [name('entityname'), 'state integer NOT NULL', ...label],
      statusmetadata: [name('entityname'), 'state integer NOT NULL', 'status integer NOT NULL', ...label],
      targetmetadata: [
        name('entityname'),
        name('attributename'),
        name('referencedentity'),
        'referencedattribute character varying(64)',
      ],
      attributemetadata: [
        'id bigint NOT NULL',
        name('entityname'),
        name('attributename'),
        name('attributetype'),
        'attributetypecode integer NOT NULL',
        'version bigint',
        'timestamp timestamp(3) without time zone',
        'metadataid character varying(64)',
        'precision integer',
      ],
      deletelog: [
        'id bigint NOT NULL',
        name('entityname'),
        name('recordid'),
        'sinkdeletetime timestamp(3) without time zone NOT NULL',
        'versionnumber bigint NOT NULL',
      ],
    };
    for (const [table, columns] of Object.entries(expected))
      expect(await columnsOf(`dbo.crm_${table}`)).toEqual(columns);
  });

  it('the published statement for deleted rows that came back removes exactly these', async () => {
    await chain.apply({ rows: [5, 6, 7].map((version) => rowOf(idOf(version), { versionnumber: String(version) })) });
    await chain.apply({ deletions: [idOf(5), idOf(6)], deleteLog: true });
    await ask('INSERT INTO dbo.crm_account (id, accountid, versionnumber) VALUES ($1, $1, 5)', [idOf(5)]);
    // Made again in the organization: its version is the next one at least.
    await chain.apply({ rows: [rowOf(idOf(6), { versionnumber: '7' })] });
    await ask(
      `DELETE FROM dbo.crm_account a WHERE a.id IN (SELECT dl.recordid::uuid FROM dbo.crm_deletelog dl
       WHERE dl.entityname = 'account' AND dl.versionnumber > a.versionnumber)`,
    );
    expect((await harness.rows(ACCOUNT)).map(({ id }) => id)).toEqual([idOf(6), idOf(7)]);
  });

  it('all names are lower case, whatever the profile says', async () => {
    await new Chain(harness.open({ schema: 'Sales', prefix: 'CRM' })).begin();
    const rows = await ask<{ name: string }>(
      `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'sales' ORDER BY 1`,
    );
    expect(rows.map(({ name }) => name)).toContain('crm_freshetposition');
    expect(rows.every(({ name }) => name === name.toLowerCase())).toBe(true);
  });

  it('tables without a prefix have names without an underscore', async () => {
    await new Chain(harness.open({ schema: 'bare', prefix: '' })).begin();
    const rows = await ask<{ name: string }>(`SELECT tablename AS name FROM pg_tables WHERE schemaname = 'bare'`);
    expect(rows.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['account', 'deletelog', 'freshetposition', 'freshetretry']),
    );
  });

  describe('describing', () => {
    const labels = (text: string) => [
      { languageCode: 1033, text },
      { languageCode: 1031, text: `${text} (de)` },
    ];
    const described = {
      ...entityOf('account', [
        attribute('statecode', 'StateType', { options: [{ value: 0, labels: labels('Active') }] }),
        attribute('statuscode', 'StatusType', { options: [{ value: 1, state: 0, labels: labels('Open') }] }),
        attribute('industrycode', 'PicklistType', { options: [{ value: 5, labels: labels('Mining') }] }),
        attribute('purchasetime', 'PicklistType', {
          globalOptionSet: 'purchasetimeframe',
          options: [{ value: 2, labels: labels('Soon') }],
        }),
        attribute('ownerid', 'OwnerType', { targets: ['systemuser', 'team'] }),
        attribute('revenue', 'MoneyType', { precision: 2, metadataId: 'abc' }),
      ]),
      manyToOne: [
        {
          schemaName: 'r',
          referencingAttribute: 'ownerid',
          referencedEntity: 'systemuser',
          referencedAttribute: 'systemuserid',
        },
      ],
    };

    it('every option has a row per language that is no user’s own', async () => {
      await chain.destination.describe(described);
      const what = (table: string, columns: string) =>
        ask(
          `SELECT ${columns}, localizedlabel AS label FROM dbo.crm_${table} WHERE NOT isuserlocalizedlabel AND localizedlabellanguagecode = 1033`,
        );
      expect(await what('statemetadata', 'entityname, state')).toEqual([
        { entityname: 'account', state: 0, label: 'Active' },
      ]);
      expect(await what('statusmetadata', 'state, status')).toEqual([{ state: 0, status: 1, label: 'Open' }]);
      expect(await what('optionsetmetadata', 'optionsetname, option')).toEqual([
        { optionsetname: 'industrycode', option: 5, label: 'Mining' },
      ]);
      expect(await what('globaloptionsetmetadata', 'optionsetname, option')).toEqual([
        { optionsetname: 'purchasetimeframe', option: 2, label: 'Soon' },
      ]);
      const german = await ask(
        `SELECT localizedlabel AS label FROM dbo.crm_statemetadata WHERE localizedlabellanguagecode = 1031`,
      );
      expect(german).toEqual([{ label: 'Active (de)' }]);
    });

    it('targets and attributes are listed with key, type and precision', async () => {
      await chain.destination.describe(described);
      expect(
        await ask('SELECT attributename, referencedentity, referencedattribute FROM dbo.crm_targetmetadata ORDER BY 2'),
      ).toEqual([
        { attributename: 'ownerid', referencedentity: 'systemuser', referencedattribute: 'systemuserid' },
        { attributename: 'ownerid', referencedentity: 'team', referencedattribute: null },
      ]);
      const attributes = await ask(
        `SELECT attributetype AS type, attributetypecode AS code, metadataid, "precision" FROM dbo.crm_attributemetadata WHERE attributename = 'revenue'`,
      );
      expect(attributes).toEqual([{ type: 'Money', code: 8, metadataid: 'abc', precision: 2 }]);
    });

    it('describing again leaves rows that are true as they are, mends the others, and touches no other entity', async () => {
      await chain.destination.describe({ ...described, logicalName: 'contact' });
      await chain.destination.describe(described);
      const attributes = () => ask(`SELECT * FROM dbo.crm_attributemetadata ORDER BY id`);
      const before = await attributes();
      await chain.destination.describe(described);
      expect(await attributes()).toEqual(before);
      const fewer = described.attributes.filter(({ logicalName }) => logicalName !== 'industrycode');
      const renamed = fewer.map((one) =>
        one.type === 'StateType' ? { ...one, options: [{ value: 0, labels: labels('Live') }] } : one,
      );
      await chain.destination.describe({ ...described, attributes: renamed });
      expect(await ask(`SELECT entityname FROM dbo.crm_optionsetmetadata GROUP BY 1`)).toEqual([
        { entityname: 'contact' },
      ]);
      const states = await ask(
        `SELECT entityname, localizedlabel AS label FROM dbo.crm_statemetadata WHERE localizedlabellanguagecode = 1033 ORDER BY 1`,
      );
      expect(states).toEqual([
        { entityname: 'account', label: 'Live' },
        { entityname: 'contact', label: 'Active' },
      ]);
    });

    it('a label of any length and content is stored, as far as it goes in the units of SQL Server', async () => {
      const long = attribute('statecode', 'StateType', {
        options: [{ value: 0, labels: [{ languageCode: 1033, text: `\0${'𝄞'.repeat(400)}` }] }],
      });
      await chain.destination.describe(entityOf('account', [long]));
      expect(await ask(`SELECT localizedlabel AS label FROM dbo.crm_statemetadata`)).toEqual([
        { label: '𝄞'.repeat(LABEL_LENGTH / 2) },
      ]);
    });
  });

  it('a retry table that was dropped alone takes the positions with it, so that a resync brings what was lost', async () => {
    await chain.apply({ refused: [refusedEntry(idOf(1))] });
    await harness.client.query('DROP TABLE dbo.crm_freshetretry');
    expect(await chain.destination.positions()).toBeNull();
    await chain.destination.prepare({ deleteLog: true });
    expect(await chain.destination.positions()).toEqual([]);
  });

  it('a position table that was dropped alone takes the retries with it, so that counters add up', async () => {
    await chain.apply({ refused: [refusedEntry(idOf(1))] });
    await harness.client.query('DROP TABLE dbo.crm_freshetposition');
    await chain.destination.prepare({ deleteLog: true });
    expect(await chain.destination.dueRetries(1e15, 9)).toEqual([]);
  });

  it('an entity table with more columns than a function has arguments takes rows either way', async () => {
    const wide = entityOf(
      'wide',
      Array.from({ length: 700 }, (_, k) => attribute(`attribute_${k}`, 'StringType', { maxLength: 10 })),
    );
    const wideChain = await new Chain(harness.open(), wide).begin();
    const columns = exportColumns(wide);
    const rows = (count: number) =>
      Array.from({ length: count }, (_, n) => [idOf(n), ...columns.slice(1).map((_, k) => `${n}.${k}`)]);
    expect(await wideChain.apply({ rows: rows(10), columns })).toMatchObject({ inserted: 10 });
    expect(await wideChain.apply({ rows: rows(900), columns })).toMatchObject({ inserted: 890, updated: 10 });
    expect((await harness.rows(wide))[899]?.cells.attribute_699).toBe('899.699');
  });

  it('names that PostgreSQL would cut off stay apart', async () => {
    const long = `new_${'x'.repeat(70)}`;
    const entity = entityOf('account', [attribute(`${long}a`, 'IntegerType'), attribute(`${long}b`, 'IntegerType')]);
    const twin = await new Chain(harness.open({ prefix: 'twin' }), entity).begin();
    await twin.destination.shape(entity);
    await twin.apply({ rows: [[idOf(1), 1, 2]] });
    expect((await harness.rows(entity, { prefix: 'twin' }))[0]?.cells).toMatchObject({
      [`${long}a`]: 1,
      [`${long}b`]: 2,
    });
  });

  it('a table adopted from elsewhere is completed, and rows without a stamp are older than any snapshot', async () => {
    await harness.client.query(
      'CREATE TABLE dbo.adopted_account (id uuid PRIMARY KEY, sinkmodifiedon timestamp, name text)',
    );
    await harness.client.query(`INSERT INTO dbo.adopted_account (id, name) VALUES ($1, 'theirs')`, [idOf(1)]);
    const adopted = await new Chain(harness.open({ prefix: 'adopted' })).begin();
    await adopted.apply({ begins: ['s'], rows: [rowOf(idOf(2))] });
    expect(await adopted.apply({ ends: ['s'] })).toMatchObject({ removed: 1 });
  });

  it.each([
    ['a view', 'CREATE VIEW dbo.odd_account AS SELECT 1 AS id'],
    ['a table without a key', 'CREATE TABLE dbo.odd_account (id uuid)'],
  ])('%s under the name of an entity table is no table of ours', async (_, statement) => {
    await harness.client.query(statement);
    await expect(harness.open({ prefix: 'odd' }).shape(ACCOUNT)).rejects.toMatchObject({
      code: 'DESTINATION_SCHEMA_CHANGED',
    });
  });
});
