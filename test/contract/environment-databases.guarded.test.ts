import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import type { EnvironmentDatabases } from '../../shared/environment-databases/port.ts';
import { openPostgresDatabases } from '../../shared/environment-databases/postgres/databases.ts';
import { quoteName } from '../../shared/sql/postgres/names.ts';
import { apply, copyName, copyOf, never, ruleOf, texts, unseen } from './environment-databases/harness.ts';
import { answers, makeLandscape, RIGHTS } from './environment-databases/landscape.ts';
import { makePostgresEnvironments, type PostgresEnvironmentHarness } from './environment-databases/postgres.harness.ts';

describe('environment databases on PostgreSQL, guarded', () => {
  let harness: PostgresEnvironmentHarness;
  let databases: EnvironmentDatabases;
  beforeEach(async () => {
    harness = await makePostgresEnvironments(inject('postgresUrl'));
    databases = await harness.open();
  });
  afterEach(() => harness.close());

  describe('what nobody may see', () => {
    it('old values outlive the scrub in no statistics, no trigger’s log and no filled view', async () => {
      const source = await makeLandscape(harness);
      await harness.query(source, 'ANALYZE');
      const copy = await copyOf(databases, harness, source);
      const left = `SELECT 1 FROM pg_stats WHERE schemaname = 'dbo' AND concat(most_common_vals, histogram_bounds) LIKE '%note of%'
        UNION ALL SELECT 1 FROM dbo.audit WHERE old IS NOT NULL`;
      expect(await harness.query(source, left)).not.toEqual([]);
      expect(await harness.query(copy.name, left)).toEqual([]);
      await apply(databases, copy.id, ruleOf({ table: 'child', action: 'set', column: 'note', value: 'scrubbed' }));
      await apply(databases, copy.id, ruleOf({ table: 'cache', action: 'truncate' }));
      await databases.finish(copy.id);
      expect(await harness.query(copy.name, left)).toEqual([]);
      expect(await harness.query(copy.name, 'SELECT DISTINCT note FROM dbo.notes')).toEqual([{ note: 'scrubbed' }]);
      expect(await harness.query(copy.name, 'SELECT n::integer FROM dbo.notes_again')).toEqual([{ n: 51 }]);
    });

    it('constraints that older rows do not meet refuse neither the copy nor a rule', async () => {
      const copy = await copyOf(databases, harness, await makeLandscape(harness));
      const rule = ruleOf({ table: 'lax', action: 'set', column: 'up', value: 0 });
      expect(await apply(databases, copy.id, rule)).toMatchObject({ rows: 1 });
      await databases.finish(copy.id);
      const insert = harness.query(copy.name, `INSERT INTO dbo.lax VALUES (-2, 0, 'after')`);
      await expect(insert).rejects.toThrow('after_minus');
    });

    it('a table that others refer to is emptied row by row', async () => {
      const copy = await copyOf(databases, harness, await makeLandscape(harness));
      const rule = ruleOf({ table: 'parent', action: 'truncate' });
      expect(await apply(databases, copy.id, rule)).toMatchObject({ rows: 51 });
      expect(await harness.query(copy.name, 'SELECT 1 FROM dbo.child')).toEqual([]);
    });

    it('only runbook and administrators get into a copy at any moment, whatever name they try', {
      timeout: 60_000,
    }, async () => {
      const source = await harness.create({ Table: texts(['secret']) }, ['person']);
      const target = await harness.create({ Table: texts(['old']) }, ['user']);
      const targetId = (await databases.find(target))?.id ?? '';
      const reached: string[] = [];
      let done = false;
      let attempts = 0;
      const poll = async (user: string) => {
        while (!done) {
          const names = await harness.query<{ name: string }>(
            'postgres',
            'SELECT datname AS name FROM pg_database WHERE NOT datistemplate',
          );
          for (const { name } of names.filter(
            (one) => /^freshet_|^environment /.test(one.name) && one.name !== source,
          )) {
            attempts += 1;
            if (!(await harness.enters(name, user))) continue;
            // As that user: a superuser's look would be a session that the runbook may not end.
            const seen = await harness.rowsSeenBy(user, name).catch(() => []);
            if (seen.some(({ VALUE }) => VALUE === 'secret')) reached.push(`${user} in ${name}`);
          }
        }
      };
      const pollers = ['person', 'user', 'owner', 'reader', 'stranger'].map(poll);
      try {
        const access = await databases.access(targetId);
        const copy = await copyOf(databases, harness, source);
        await apply(databases, copy.id, ruleOf({ table: 'Table', action: 'set', column: 'VALUE', value: 'scrubbed' }));
        await databases.giveAccess(copy.id, access);
        await databases.finish(copy.id);
        await databases.shut(targetId);
        await databases.rename(targetId, copyName());
        await databases.rename(copy.id, target);
        await databases.open(copy.id);
        const before = attempts;
        await expect.poll(() => attempts).toBeGreaterThan(before + 10);
      } finally {
        done = true;
        await Promise.all(pollers);
      }
      expect(reached).toEqual([]);
      expect(await harness.enters(target, 'user')).toBe(true);
    });

    it('administrators are those whom no shutting keeps out', async () => {
      const names = await databases.administrators();
      expect(names).not.toContain(harness.role('runbook'));
      expect(names).not.toContain(harness.role('owner'));
      await harness.query(
        'postgres',
        `CREATE ROLE "${harness.role('deputy')}" LOGIN IN ROLE "${harness.role('runbook')}"`,
      );
      await harness.query('postgres', `CREATE ROLE "${harness.role('backup')}" LOGIN REPLICATION`);
      await harness.query('postgres', `CREATE ROLE "${harness.role('files')}" LOGIN IN ROLE pg_read_server_files`);
      try {
        expect(await databases.administrators()).toEqual(
          expect.arrayContaining(['deputy', 'backup', 'files'].map(harness.role)),
        );
      } finally {
        for (const role of ['deputy', 'backup', 'files'])
          await harness.query('postgres', `DROP ROLE "${harness.role(role)}"`);
      }
    });
  });

  describe('who may do what', () => {
    it('what the runbook’s login lacks is told before it is needed', async () => {
      const target = await harness.create({ Table: texts([]) });
      const id = (await databases.find(target))?.id ?? '';
      expect(await databases.missingRights(id)).toEqual([]);
      const other = harness.role('other');
      await harness.query('postgres', `CREATE ROLE "${other}"`);
      await harness.query(target, `CREATE TABLE dbo.foreign (); ALTER TABLE dbo.foreign OWNER TO "${other}"`);
      const weak = harness.role('weak');
      await harness.query('postgres', `CREATE ROLE "${weak}" LOGIN PASSWORD 'p'`);
      await harness.query(target, `GRANT CONNECT ON DATABASE ${quoteName(target)} TO "${weak}"`);
      const url = new URL(harness.connection('postgres'));
      [url.username, url.password] = [weak, 'p'];
      const byWeak = await openPostgresDatabases()(url.href);
      try {
        expect(await byWeak.missingRights(id)).toEqual([
          'the right CREATEDB',
          'membership in pg_signal_backend',
          `membership in ${other}`,
          `membership in ${harness.role('owner')}`,
        ]);
        expect(await databases.missingRights(id)).toEqual([`membership in ${other}`]);
      } finally {
        await byWeak.close();
        await harness.query(target, `DROP OWNED BY "${weak}"`);
        await harness.query(target, `DROP OWNED BY "${other}"`);
        await harness.query('postgres', `DROP ROLE "${weak}"; DROP ROLE "${other}"`);
      }
    });

    it('owners, grants, defaults and settings are the target’s', async () => {
      const target = await makeLandscape(harness);
      const source = await makeLandscape(harness);
      await harness.query(
        source,
        `GRANT ALL ON ALL TABLES IN SCHEMA dbo TO PUBLIC; CREATE TABLE dbo.newer (a integer)`,
      );
      await harness.query(
        target,
        `ALTER DATABASE "${target.replaceAll('"', '""')}" SET search_path TO dbo, "Odd ""Schema"`,
      );
      await harness.query(
        target,
        `ALTER ROLE "${harness.role('user')}" IN DATABASE "${target.replaceAll('"', '""')}" SET work_mem TO '5MB'`,
      );
      const { id } = (await databases.find(target)) ?? { id: '' };
      const rights = await answers(harness, target, RIGHTS);
      const settings = `SELECT setrole::regrole::text AS role, setconfig FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase WHERE datname = $1 ORDER BY 1`;
      const configured = await harness.query('postgres', settings, [target]);
      const runbook = await openPostgresDatabases()(inject('postgresUrl'));
      try {
        const copy = await runbook.copy(harness.connection(source), copyName(), unseen, never());
        await runbook.giveAccess(copy.id, await runbook.access(id));
        await runbook.finish(copy.id);
        await runbook.open(copy.id);
        expect(await harness.query('postgres', settings, [copy.name])).toEqual(configured);
        const [heir] = await harness.query<{ may: boolean }>(
          copy.name,
          `SELECT has_table_privilege('${harness.role('user')}', 'dbo.newer', 'SELECT') AS may`,
        );
        expect(heir?.may).toBe(true);
        await harness.query(copy.name, 'DROP TABLE dbo.newer');
        const given = await answers(harness, copy.name, RIGHTS);
        for (const [k, question] of RIGHTS.entries()) expect([question, given[k]]).toEqual([question, rights[k]]);
        await runbook.shut(copy.id);
        await runbook.drop(copy.id);
      } finally {
        await runbook.close();
      }
    });
  });
});
