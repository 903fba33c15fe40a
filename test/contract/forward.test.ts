import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { forwardRows } from '../../shared/sql/postgres/forward.ts';
import { borrowDatabase, giveBackDatabase } from '../support/postgres.ts';

describe('rows handed from one connection to another', () => {
  let url: string;
  let reader: pg.Client;
  let writer: pg.Client;
  beforeEach(async () => {
    url = await borrowDatabase(inject('postgresUrl'));
    [reader, writer] = [new pg.Client({ connectionString: url }), new pg.Client({ connectionString: url })];
    for (const client of [reader, writer]) {
      client.on('error', () => undefined);
      await client.connect();
    }
    await writer.query('CREATE TABLE target (n integer, text text)');
  });
  afterEach(async () => {
    await Promise.all([reader.end(), writer.end()]);
    await giveBackDatabase(url);
  });

  const sum = (from: string) =>
    `SELECT count(*)::text || ':' || coalesce(sum(hashtextextended(t::text, 0)), 0) AS sum FROM ${from} t`;

  it.each(['none', 'tiny', 'large', 'wide'])('arrive whole, and both connections go on: %s', async (what) => {
    const queries = {
      none: 'SELECT 1 AS n, NULL AS text WHERE false',
      tiny: "SELECT n, '' AS text FROM generate_series(1, 30000) n",
      large: 'SELECT n, repeat(md5(n::text), 1 + n % 50) AS text FROM generate_series(1, 20000) n',
      wide: "SELECT n, repeat('wide', 1000000) AS text FROM generate_series(1, 3) n",
    } as const;
    const rows = queries[what as keyof typeof queries];
    for (const format of ['binary', 'text']) {
      await writer.query('TRUNCATE target');
      await forwardRows(
        reader,
        `COPY (${rows}) TO STDOUT (FORMAT ${format})`,
        writer,
        `COPY target FROM STDIN (FORMAT ${format})`,
      );
      expect((await writer.query(sum('target'))).rows).toEqual((await reader.query(sum(`(${rows})`))).rows);
    }
  });

  it.each([
    ['the reader’s statement is refused', 'COPY nothing TO STDOUT', 'COPY target FROM STDIN', '42P01'],
    [
      'the reader fails on its way',
      "COPY (SELECT 1 / (1000 - n), '' FROM generate_series(1, 1000) n) TO STDOUT",
      'COPY target FROM STDIN',
      '22012',
    ],
    ['the writer’s statement is refused', 'COPY (SELECT 1) TO STDOUT', 'COPY nothing FROM STDIN', '42P01'],
    [
      'the writer fails on its way',
      "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 100000)) TO STDOUT",
      'COPY target FROM STDIN',
      '22P02',
    ],
  ])('an error is told and nothing arrives: %s', async (_, out, into, code) => {
    await expect(forwardRows(reader, out, writer, into)).rejects.toMatchObject({ code });
    await writer.end();
    await reader.end();
    const witness = new pg.Client({ connectionString: url });
    await witness.connect();
    await expect.poll(async () => (await witness.query(sum('target'))).rows).toEqual([{ sum: '0:0' }]);
    await witness.end();
  });

  it('the loss of either connection is told', async () => {
    for (const lost of [reader, writer]) {
      if (lost === writer) {
        reader = new pg.Client({ connectionString: url });
        writer = new pg.Client({ connectionString: url });
        for (const client of [reader, writer]) {
          client.on('error', () => undefined);
          await client.connect();
        }
      }
      const [row] = (await (lost === reader ? reader : writer).query<{ pid: number }>('SELECT pg_backend_pid() AS pid'))
        .rows;
      const endless = "COPY (SELECT n, repeat('x', 100) FROM generate_series(1, 100000000) n) TO STDOUT";
      const attempt = forwardRows(reader, endless, writer, 'COPY target FROM STDIN');
      const rejected = expect(attempt).rejects.toThrow();
      const killer = new pg.Client({ connectionString: url });
      await killer.connect();
      await killer.query('SELECT pg_terminate_backend($1)', [row?.pid]);
      await killer.end();
      await rejected;
      await Promise.all(
        [reader, writer].map((client) =>
          (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy(),
        ),
      );
    }
  });
});
