import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { maskValue } from '../../shared/environment-databases/masks.ts';
import type { EnvironmentDatabases } from '../../shared/environment-databases/port.ts';
import { openPostgresDatabases } from '../../shared/environment-databases/postgres/databases.ts';
import { quoteName } from '../../shared/sql/postgres/names.ts';
import { apply, copyName, copyOf, never, ruleOf, texts, unseen } from './environment-databases/harness.ts';
import { answers, CHECKSUMS, DESCRIPTION, makeLandscape } from './environment-databases/landscape.ts';
import { makePostgresEnvironments, type PostgresEnvironmentHarness } from './environment-databases/postgres.harness.ts';

describe('environment databases on PostgreSQL', () => {
  let harness: PostgresEnvironmentHarness;
  let databases: EnvironmentDatabases;
  beforeEach(async () => {
    harness = await makePostgresEnvironments(inject('postgresUrl'));
    databases = await harness.open();
  });
  afterEach(() => harness.close());

  it('a mask forgotten at the end of a large table is found', async () => {
    const source = await harness.create({ Table: texts([]) });
    await harness.query(
      source,
      `CREATE TABLE dbo.large AS SELECT n AS "RECID", 'person ' || n AS "NAME" FROM generate_series(1, 20000) n;
       ALTER TABLE dbo.large ADD PRIMARY KEY ("RECID"); ANALYZE dbo.large`,
    );
    const wide = await openPostgresDatabases({ rangeRows: 20_000 })(inject('postgresUrl'));
    const copy = await wide.copy(harness.connection(source), copyName(), unseen, never());
    const rule = ruleOf({ table: 'large', action: 'mask', column: 'NAME', mask: 'hash' });
    await apply(wide, copy.id, rule);
    expect(await wide.verifyRule(copy.id, rule, harness.connection(source))).toEqual([]);
    await harness.query(copy.name, `UPDATE dbo.large SET "NAME" = 'person ' || "RECID" WHERE "RECID" > 19000`);
    expect(await wide.verifyRule(copy.id, rule, harness.connection(source))).toMatchObject([
      { table: 'dbo.large', reason: 'same as the source' },
    ]);
    await wide.drop(copy.id);
    await wide.close();
  });

  describe('what a copy brings along', () => {
    it('every object, every row and the value of every sequence, whatever pieces it is copied in', async () => {
      const source = await makeLandscape(harness);
      const before = [await answers(harness, source, DESCRIPTION), await harness.query(source, CHECKSUMS)];
      const copy = await copyOf(databases, harness, source);
      expect(await harness.query(copy.name, CHECKSUMS)).toEqual(before[1]);
      await databases.finish(copy.id);
      const after = await answers(harness, copy.name, DESCRIPTION);
      for (const [k, question] of DESCRIPTION.entries())
        expect([question, after[k]]).toEqual([question, (before[0] as unknown[])[k]]);
      expect(await harness.query(copy.name, CHECKSUMS)).toEqual(before[1]);
      expect([await answers(harness, source, DESCRIPTION), await harness.query(source, CHECKSUMS)]).toEqual(before);
      expect(await harness.query(copy.name, "SELECT 1 FROM pg_namespace WHERE nspname = 'freshet_runbook'")).toEqual(
        [],
      );
    });

    it('the next value of a sequence is the one that the source would give', async () => {
      const source = await makeLandscape(harness);
      const copy = await copyOf(databases, harness, source);
      for (const sequence of ['dbo."Number"', 'dbo.untouched', 'dbo.parent_id_seq', 'dbo.child_id_seq']) {
        const next = `SELECT nextval('${sequence}') AS value`;
        expect([sequence, await harness.query(copy.name, next)]).toEqual([sequence, await harness.query(source, next)]);
      }
    });

    it('rows of a large table by many readers', async () => {
      const source = await harness.create({ Table: texts([]) });
      await harness.query(
        source,
        `CREATE TABLE dbo.large AS SELECT n, repeat(md5(n::text), 10) AS text FROM generate_series(1, 20000) n; DELETE FROM dbo.large WHERE n % 7 = 0`,
      );
      const readers = await openPostgresDatabases({ pieceBytes: 256 * 1024 })(inject('postgresUrl'));
      const told: number[] = [];
      const copy = await readers.copy(
        harness.connection(source),
        copyName(),
        ({ doneBytes }) => told.push(doneBytes),
        never(),
      );
      expect(new Set(told).size).toBeGreaterThan(10);
      expect(await harness.query(copy.name, CHECKSUMS)).toEqual(await harness.query(source, CHECKSUMS));
      await readers.drop(copy.id);
      await readers.close();
    });

    it('one moment of the source, while others write there', async () => {
      const source = await harness.create({ Table: texts([]) });
      await harness.query(
        source,
        'CREATE TABLE dbo.one (n integer); CREATE TABLE dbo.two (n integer); INSERT INTO dbo.one SELECT n FROM generate_series(1, 3000) n',
      );
      let ended = false;
      let moved = 0;
      const writer = (async () => {
        for (; !ended; moved += 1) {
          await harness.query(
            source,
            'WITH gone AS (DELETE FROM dbo.one WHERE n = $1 RETURNING n) INSERT INTO dbo.two SELECT n FROM gone',
            [moved],
          );
        }
      })();
      const copy = await copyOf(databases, harness, source);
      ended = true;
      await writer;
      expect(moved).toBeGreaterThan(0);
      const [row] = await harness.query<{ n: string }>(
        copy.name,
        'SELECT count(DISTINCT n)::text AS n FROM (SELECT n FROM dbo.one UNION ALL SELECT n FROM dbo.two) t',
      );
      expect(row?.n).toBe('3000');
    });

    it('nothing is left out in silence', async () => {
      const source = await harness.create({ Table: texts([]) });
      await harness.query(source, `CREATE AGGREGATE dbo.product (integer) (SFUNC = int4mul, STYPE = integer)`);
      const wanted = copyName();
      const attempt = databases.copy(harness.connection(source), wanted, unseen, never());
      await expect(attempt).rejects.toMatchObject({
        code: 'COPY_UNSUPPORTED',
        message: expect.stringContaining('product'),
      });
      expect(await databases.find(wanted)).toBeNull();
    });

    it('what could not be copied is told before, with the rest of it', async () => {
      const source = await makeLandscape(harness);
      expect(await databases.uncopied(harness.connection(source))).toEqual([]);
      const stranger = harness.role('stranger');
      await harness.query('postgres', `CREATE ROLE "${stranger}" LOGIN PASSWORD 'p'`);
      await harness.query(
        source,
        `CREATE AGGREGATE dbo.product (integer) (SFUNC = int4mul, STYPE = integer);
         SELECT lo_create(4711);
         CREATE FUNCTION dbo.raw(integer) RETURNS integer LANGUAGE internal AS 'int4abs';
         GRANT CONNECT ON DATABASE ${quoteName(source)} TO "${stranger}"; GRANT USAGE ON SCHEMA dbo TO "${stranger}";
         GRANT SELECT ON ALL TABLES IN SCHEMA dbo TO "${stranger}"; REVOKE SELECT ON dbo.child FROM "${stranger}"`,
      );
      try {
        const told = await databases.uncopied(harness.connection(source));
        expect(told.toSorted()).toEqual(
          ['function dbo.product(integer)', 'function dbo.raw(integer)', 'large object 4711'].toSorted(),
        );
        const url = new URL(harness.connection(source));
        [url.username, url.password] = [stranger, 'p'];
        const byStranger = await databases.uncopied(url.href);
        expect(byStranger).toEqual(
          expect.arrayContaining(
            ['table dbo.child', 'table dbo.secret', 'sequence dbo."Number"'].map((name) => `${name} (may not be read)`),
          ),
        );
        expect(byStranger.join()).not.toContain('table dbo.parent (');
      } finally {
        await harness.query(source, `DROP OWNED BY "${stranger}"`);
        await harness.query('postgres', `DROP ROLE "${stranger}"`);
      }
    });

    it('an extension that the runbook cannot make is left out, unless something is made of it', async () => {
      const source = await harness.create({ Table: texts([]) });
      await harness.query(
        source,
        'CREATE EXTENSION dblink; CREATE EXTENSION pg_stat_statements; CREATE EXTENSION citext',
      );
      await harness.query(source, 'CREATE TABLE dbo.ci (a citext[]); GRANT SELECT ON dbo.ci TO PUBLIC');
      expect(await databases.uncopied(harness.connection(source))).toEqual([]);
      const copy = await copyOf(databases, harness, source);
      expect(await harness.query(copy.name, `SELECT extname FROM pg_extension WHERE extname <> 'plpgsql'`)).toEqual([
        { extname: 'citext' },
      ]);
      await harness.query(source, 'CREATE VIEW dbo.links AS SELECT dblink_get_connections() AS names');
      const told = ['extension dblink (cannot be made on the target’s server)'];
      expect(await databases.uncopied(harness.connection(source))).toEqual(told);
    });

    it('a table that was emptied since the snapshot is noticed, which no snapshot shows', async () => {
      const source = await harness.create({ Table: texts(['a', 'b']) });
      let emptied: Promise<unknown> | undefined;
      const watch = () => {
        emptied ??= harness.query(source, 'TRUNCATE dbo."Table"');
      };
      // Whoever is first, the copy has all the rows or is refused.
      const result = await databases
        .copy(harness.connection(source), copyName(), watch, never())
        .catch((error: unknown) => error);
      await emptied;
      if (result instanceof Error) expect(result).toMatchObject({ code: 'COPY_SOURCE_CHANGED', class: 'retry' });
      else expect(await harness.rows((result as { name: string }).name, 'Table')).toHaveLength(2);
    });
  });

  it('an administrator whom something undoes is told, and nothing is done', async () => {
    const users = [{ RECID: 1, ID: 'Admin', ENABLE: 0, SID: 'old' }];
    const copy = await copyOf(databases, harness, await harness.create({ UserInfo: users }));
    await harness.query(
      copy.name,
      `CREATE FUNCTION dbo.undo() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN NEW."ENABLE" := 0; RETURN NEW; END $f$;
       CREATE TRIGGER undo BEFORE UPDATE ON dbo."UserInfo" FOR EACH ROW EXECUTE FUNCTION dbo.undo()`,
    );
    const account = { sid: 'new', alias: 'a', domain: 'd', identityProvider: 'i', tenantId: 't' };
    await expect(databases.resetAdministrator(copy.id, account)).rejects.toMatchObject({ code: 'SCRUB_NOT_VERIFIED' });
    expect(await harness.rows(copy.name, 'UserInfo')).toEqual(users);
  });

  describe('when connections break', () => {
    const endRunbook = () =>
      harness.query('postgres', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1', [
        harness.role('runbook'),
      ]);

    it('a copy that lost its connections is begun again and whole in the end', async () => {
      const source = await harness.create({ Table: texts(['a']) });
      await harness.query(
        source,
        'CREATE TABLE dbo.large AS SELECT n, md5(n::text) AS text FROM generate_series(1, 50000) n',
      );
      const wanted = copyName();
      let broken: Promise<unknown> | undefined;
      const watch = () => {
        broken ??= endRunbook();
      };
      await databases.copy(harness.connection(source), wanted, watch, never()).catch(unseen);
      await broken;
      await expect.poll(() => databases.find(wanted).catch(() => undefined)).not.toBeUndefined();
      expect((await databases.find(wanted))?.isOpen ?? false).toBe(false);
      await expect
        .poll(
          () =>
            databases
              .copy(harness.connection(source), wanted, unseen, never())
              .catch((error: unknown) => String(error)),
          { timeout: 10_000 },
        )
        .toMatchObject({ name: wanted });
      expect(await harness.query(wanted, CHECKSUMS)).toEqual(await harness.query(source, CHECKSUMS));
    });

    it('a mask is applied once, however often its connection is lost', { timeout: 60_000 }, async () => {
      const values = Array.from({ length: 200 }, (_, k) => `value ${k}`);
      const source = await harness.create({ Table: texts(values) });
      const copy = await copyOf(databases, harness, source);
      const rule = ruleOf({ table: 'Table', action: 'mask', column: 'VALUE', mask: 'keepFormat', seed: 's' });
      let finished = false;
      const breaker = (async () => {
        for (let k = 0; k < 12 && !finished; k += 1) await endRunbook();
      })();
      for (let attempt = 0; !finished && attempt < 100; attempt += 1) {
        finished = await apply(databases, copy.id, rule).then(
          () => true,
          () => false,
        );
      }
      await breaker;
      expect(finished).toBe(true);
      const masked = values.map((value) => maskValue('keepFormat', 's', { kind: 'text', maxLength: 200 }, value));
      expect(await harness.rows(copy.name, 'Table')).toEqual(texts(masked));
    });
  });

  it('masks fit their columns: numbers, identifiers, short texts, tables without a key', async () => {
    const source = await harness.create({ Table: texts([]) });
    await harness.query(
      source,
      `CREATE TABLE dbo.many (i integer, b bigint, n numeric(8, 3), g uuid, c char(4), v varchar(5), at date);
      INSERT INTO dbo.many SELECT 2147483647 - k, 9223372036854775807 - k, k * -1111.125, gen_random_uuid(), 'ab' || k, 'abc' || k, '2026-01-01' FROM generate_series(1, 9) k`,
    );
    const copy = await copyOf(databases, harness, source);
    for (const column of ['i', 'b', 'n', 'g', 'c', 'v']) {
      const rule = ruleOf({ table: 'many', action: 'mask', column, mask: 'hash' });
      expect(await apply(databases, copy.id, rule)).toMatchObject({ rows: 9 });
      expect(await databases.verifyRule(copy.id, rule, harness.connection(source))).toEqual([]);
    }
    const rows = `SELECT i::text, b::text, n::text, g::text, c::text, v::text FROM dbo.many`;
    const before = new Set(
      (await harness.query<Record<string, string>>(source, rows)).flatMap((row) => Object.values(row)),
    );
    const after = (await harness.query<Record<string, string>>(copy.name, rows)).flatMap((row) => Object.values(row));
    expect(after.filter((value) => before.has(value) && value.length > 4)).toEqual([]);
    const unfit = ruleOf({ table: 'many', action: 'mask', column: 'at', mask: 'hash' });
    await expect(apply(databases, copy.id, unfit)).rejects.toMatchObject({ code: 'SCRUB_TYPE_UNFIT' });
  });

  it('a column whose values the server makes is told before a row is touched', async () => {
    const source = await harness.create({ Table: texts(['a']) });
    await harness.query(
      source,
      `ALTER TABLE dbo."Table" ADD twice text GENERATED ALWAYS AS ("VALUE" || "VALUE") STORED, ADD number integer GENERATED ALWAYS AS IDENTITY`,
    );
    const copy = await copyOf(databases, harness, source);
    const before = await harness.rows(copy.name, 'Table');
    const rules = [
      ruleOf({ table: 'Table', action: 'set', column: 'twice', value: 'x' }),
      ruleOf({ table: 'Table', action: 'mask', column: 'twice', mask: 'hash' }),
      ruleOf({ table: 'Table', action: 'null', column: 'number' }),
    ];
    for (const rule of rules) {
      const refused = { code: 'SCRUB_COLUMN_NOT_WRITABLE' };
      await expect(databases.countRule(copy.id, rule)).rejects.toMatchObject(refused);
      await expect(apply(databases, copy.id, rule)).rejects.toMatchObject(refused);
    }
    expect(await harness.rows(copy.name, 'Table')).toEqual(before);
  });

  it('a value that its column would cut off, round or hold in another form is told before a row is touched', async () => {
    const source = await harness.create({ Table: texts(['a']) });
    await harness.query(
      source,
      `CREATE DOMAIN dbo.small AS integer CHECK (VALUE < 10);
      CREATE TABLE dbo.kinds (v varchar(5), c char(4), n numeric(8, 3), b boolean, at timestamp, g uuid, d dbo.small, j jsonb);
      INSERT INTO dbo.kinds DEFAULT VALUES`,
    );
    const copy = await copyOf(databases, harness, source);
    const set = (column: string, value: string | number | boolean) =>
      ruleOf({ table: 'kinds', action: 'set', column, value });
    const unfit = {
      ...{ v: ['123456'], c: ['12345'], n: [1.2345, 123456], b: ['perhaps'], g: ['x'], d: [10] },
      ...{ at: ['2026-01-01', 'never'], j: ['{"a":1}', '{'] },
    };
    for (const [column, values] of Object.entries(unfit))
      for (const value of values) {
        const refused = { code: 'SCRUB_VALUE_UNFIT' };
        const rule = set(column, value);
        await expect(databases.countRule(copy.id, rule), `${column} ${value}`).rejects.toMatchObject(refused);
        await expect(apply(databases, copy.id, rule), `${column} ${value}`).rejects.toMatchObject(refused);
      }
    const guid = '9d2b4f0a-1c3e-4f5a-8b7c-6d5e4f3a2b1c';
    const fit = { v: '12345', c: '12', n: 1.5, b: false, g: guid, d: 9, at: '2026-01-01 00:00:00', j: '{"a": 1}' };
    for (const [column, value] of Object.entries(fit)) {
      const rule = set(column, value);
      expect(await apply(databases, copy.id, rule), column).toMatchObject({ rows: 1 });
      expect(await databases.verifyRule(copy.id, rule, harness.connection(source))).toEqual([]);
    }
  });
});
