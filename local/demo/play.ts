import { setTimeout as pause } from 'node:timers/promises';
import type { FreshetClient } from '../client/freshet-client.ts';
import type { OrganizationClient } from '../client/organization-client.ts';
import type { OrganizationRows } from '../client/organization-rows.ts';
import type { Onlooker } from '../databases/onlooker.ts';
import type { TcpProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';
import type { ProgressDisplay } from '../terminal/progress.ts';

/** A profile and the database that it writes to. */
export interface Target {
  readonly name: string;
  readonly profileId: string;
  /** Looks into the database directly, whatever stands between it and the profile. */
  readonly onlooker: Onlooker;
}

/** What the scenes play with. */
export interface Troubles {
  readonly client: FreshetClient;
  readonly organization: OrganizationClient;
  readonly rows: OrganizationRows;
  readonly display: ProgressDisplay;
  /** Meets all the troubles. */
  readonly first: Target;
  /** Must not notice them. */
  readonly second: Target;
  /** Stands between the first profile and its database. */
  readonly proxy: TcpProxy;
  /** Says what was seen, and whether it is as it should be. */
  seen(what: string, good: boolean): void;
}

/** Waits for what a scene waits for; people read how long it took. */
export async function within(ms: number, condition: () => Promise<boolean>): Promise<{ held: boolean; after: string }> {
  const began = performance.now();
  const held = await until(condition, ms);
  return { held, after: `${((performance.now() - began) / 1000).toFixed(1)} s` };
}

/** Looks again and again until the time is over. */
export async function throughout(ms: number, look: (elapsedMs: number) => Promise<void>): Promise<void> {
  const began = performance.now();
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - began) {
    await look(elapsed);
    await pause(500);
  }
}
