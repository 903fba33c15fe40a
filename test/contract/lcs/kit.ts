import { afterEach, beforeEach } from 'vitest';
import type { EnvironmentSettings } from '../../../shared/control/environment.ts';
import { LcsUnderTest, type Who } from '../../support/lcs.ts';
import { PROD_ID, PROJECT, UAT_ID } from '../../support/refresh-data.ts';
import type { RefreshWorldOptions } from '../../support/refresh-world.ts';

export { PROD_ID, PROJECT, UAT_ID };

export const REFRESH = `databasemovement/v1/refresh/project/${PROJECT}/source/${PROD_ID}/target/${UAT_ID}`;
export const BACKWARDS = `databasemovement/v1/refresh/project/${PROJECT}/source/${UAT_ID}/target/${PROD_ID}`;
export const of = (what: string, activity: string) =>
  `databasemovement/v1/${what}/project/${PROJECT}/environment/${UAT_ID}/operationactivity/${activity}`;

/** An API for each test, with PROD and UAT registered. */
export function useLcs(
  options: RefreshWorldOptions = {},
  more: { prod?: Partial<EnvironmentSettings>; uat?: Partial<EnvironmentSettings> } = {},
) {
  let lcs: LcsUnderTest;
  beforeEach(async () => {
    lcs = new LcsUnderTest(options);
    await lcs.world.register(more);
    await lcs.start();
  });
  afterEach(() => lcs.stop());
  const call = (method: string, path: string, given?: { as?: Who | null; body?: unknown }) =>
    lcs.call(method, path, given);
  return {
    world: () => lcs.world,
    call,
    drive: () => lcs.drive(),
    /** A refresh that was begun; its id. */
    async begun(given?: { as?: Who }): Promise<string> {
      const { json } = await call('POST', REFRESH, given);
      if (!json.IsSuccess) throw new Error(json.ErrorMessage);
      return json.OperationActivityId;
    },
    /** A refresh that was driven to its end; its id. */
    async refreshed(given?: { as?: Who }): Promise<string> {
      const id = await this.begun(given);
      await lcs.drive();
      return id;
    },
    async status(activity: string): Promise<string> {
      return (await call('GET', of('fetchstatus', activity))).json.OperationStatus;
    },
  };
}
