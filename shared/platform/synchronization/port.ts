/**
 * Asks an environment to synchronize its database with its application, as it does after each deployment (reference:
 * refresh-database.md: what fails there is the usual reason for a rollback).
 * Errors: SYNCHRONIZATION_UNAVAILABLE (retry), SYNCHRONIZATION_REFUSED (stop).
 */
export interface Synchronization {
  /** Begins it. One of that id that was begun already goes on. */
  begin(url: string, request: SynchronizationRequest): Promise<void>;
  progress(url: string, id: string): Promise<SynchronizationProgress>;
}

export interface SynchronizationRequest {
  /** Of this synchronization: the same for a repeated request. */
  readonly id: string;
  readonly environmentId: string;
  /** The databases as they are named in service. */
  readonly databases: readonly string[];
}

export interface SynchronizationProgress {
  readonly status: 'running' | 'succeeded' | 'failed';
  /** In the words of the environment, without secrets; empty when it says nothing. */
  readonly text: string;
}
