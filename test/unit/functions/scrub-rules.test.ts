import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scrubRules } from '../../../functions/scrub-rules.ts';
import { DEFAULT_RULES } from '../../../shared/refresh/default-rules.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const OWN = {
  version: 1,
  unknownColumns: 'halt',
  runningJobs: { table: 'ContosoJobs', name: 'NAME', where: [{ column: 'DONE', op: '=', value: 0 }] },
  rules: [{ id: 'own', title: 'Mask names', table: 'DirPartyTable', action: 'mask', column: 'NAME', mask: 'fake' }],
};

describe('the scrub rules of an installation', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await temporaryFolder('rules');
  });
  afterAll(() => rm(folder, { recursive: true }));

  const fileOf = async (content: unknown) => {
    const file = path.join(folder, 'rules.json');
    await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
    return file;
  };

  it('are the default ones unless a file is named', () => {
    expect(scrubRules(null)).toBe(DEFAULT_RULES);
  });

  it('are the default ones and then those of the file, under the file’s policy and query', async () => {
    const { rules, unknownColumns, runningJobs } = scrubRules(await fileOf(OWN));
    expect(rules.map(({ id }) => id)).toEqual([...DEFAULT_RULES.rules.map(({ id }) => id), 'own']);
    expect([unknownColumns, runningJobs]).toEqual([OWN.unknownColumns, OWN.runningJobs]);
  });

  it.each([
    ['is not there', null],
    ['is not JSON', '{'],
    ['is not of the form', { ...OWN, rules: [{ id: 'x' }] }],
    ['names an id of the default ones', { ...OWN, rules: [{ ...OWN.rules[0], id: DEFAULT_RULES.rules[0]?.id }] }],
  ])('are none when the file %s: nothing is copied by fewer rules than somebody believes', async (_case, content) => {
    const file = content === null ? '/nowhere/rules.json' : await fileOf(content);
    expect(() => scrubRules(file)).toThrow(expect.objectContaining({ code: 'SCRUB_RULES_INVALID' }));
  });
});
