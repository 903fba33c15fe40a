import type { EventRaised, HistoryEvent } from './history.ts';

export type RuntimeStatus = 'Pending' | 'Running' | 'Suspended' | 'Completed' | 'Failed' | 'Terminated';

const OVER: readonly RuntimeStatus[] = ['Completed', 'Failed', 'Terminated'];

export function isOver(status: RuntimeStatus): boolean {
  return OVER.includes(status);
}

/** The item of a parent's execution that waits for a sub-orchestration. */
export interface Parent {
  readonly id: string;
  readonly execution: string;
  readonly task: number;
}

/** One orchestration. JSON texts as they came; times in milliseconds since 1970 UTC. */
export interface Instance {
  readonly id: string;
  /** Another one after each start and each continue-as-new: results for an older one count no more. */
  readonly execution: string;
  readonly name: string;
  readonly version: string | null;
  readonly input: string | null;
  readonly output: string | null;
  readonly customStatus: string | null;
  readonly status: RuntimeStatus;
  readonly created: number;
  readonly updated: number;
  readonly parent: Parent | undefined;
}

export interface NewInstance {
  readonly id: string;
  readonly name: string;
  readonly version: string | null;
  readonly input: string | null;
  readonly parent?: Parent;
}

/** An activity that has no result yet. */
export interface ActivityItem {
  readonly instance: string;
  readonly execution: string;
  readonly task: number;
  readonly name: string;
  readonly input: string | null;
}

/** Everything an episode needs to run. */
export interface EpisodeInput {
  readonly instance: Instance;
  /** What earlier episodes have seen. */
  readonly past: readonly HistoryEvent[];
  /** What has arrived since, in order. */
  readonly arrived: readonly HistoryEvent[];
  /** The last of the arrived messages; later ones wait for the next episode. */
  readonly lastMessage: number;
}

export type EpisodeEnd =
  | { readonly kind: 'completed'; readonly output: string }
  /** `reason` goes to a parent. */
  | { readonly kind: 'failed'; readonly output: string; readonly reason: string }
  | { readonly kind: 'continuedAsNew'; readonly input: string | null; readonly keep: readonly EventRaised[] };

/** What an episode has decided; written in one transaction or not at all. */
export interface EpisodeOutcome {
  readonly time: number;
  readonly events: readonly HistoryEvent[];
  readonly activities: readonly { readonly task: number; readonly name: string; readonly input: string | null }[];
  readonly timers: readonly { readonly task: number; readonly fireAt: number }[];
  readonly cancelledTimers: readonly number[];
  readonly subOrchestrations: readonly (NewInstance & { readonly task: number })[];
  /** Undefined leaves the last one. */
  readonly customStatus: string | undefined;
  readonly end: EpisodeEnd | undefined;
}

export interface InstanceFilter {
  readonly createdFrom?: number;
  readonly createdTo?: number;
  readonly statuses?: readonly string[];
  readonly idPrefix?: string;
}
