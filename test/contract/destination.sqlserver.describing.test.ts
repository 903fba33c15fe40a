import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAttributes } from '../../shared/dataverse/web-api/attributes.ts';
import { metadataRows } from '../../shared/destination/metadata-rows.ts';
import { METADATA_TABLES } from '../../shared/destination/metadata-tables.ts';
import { wantedMetadata } from '../../shared/destination/sql/metadata.ts';
import { SQL_SERVER } from '../support/sqlserver.ts';
import { Chain, entityOf } from './destination/harness.ts';
import { makeSqlServerHarness, type SqlServerHarness } from './destination/sqlserver.harness.ts';

const captured = readFileSync(new URL('../fixtures/web-api/account-attributes.json', import.meta.url), 'utf8');
const ACCOUNT = { ...entityOf('account', []), attributes: readAttributes(JSON.parse(captured) as unknown[]) };

/** Lists that are too long for the parameters of a statement. */
describe.skipIf(!SQL_SERVER)('FRESHET_TEST_MSSQL: the metadata of a real entity', () => {
  let harness: SqlServerHarness;
  beforeEach(async () => {
    harness = await makeSqlServerHarness();
  });
  afterEach(() => harness.close());

  it('is told row by row, told again as it is, and follows its definition', async () => {
    const destination = harness.open();
    await new Chain(destination).begin();
    const fewer = { ...ACCOUNT, attributes: ACCOUNT.attributes.slice(0, 40) };
    for (const entity of [ACCOUNT, ACCOUNT, fewer]) {
      await destination.describe(entity);
      for (const kind of METADATA_TABLES) {
        // Sets that no attribute has any more are another entity's to tell of.
        if (kind === 'GlobalOptionSetMetadata' && entity === fewer) continue;
        const wanted = wantedMetadata(kind, 'account', metadataRows(entity), (name) => name);
        const [told] = await harness.ask<{ count: number }>(`SELECT COUNT(*) AS [count] FROM [dbo].[crm_${kind}]`);
        expect([kind, told?.count]).toEqual([kind, wanted.rows.length]);
      }
    }
  });
});
