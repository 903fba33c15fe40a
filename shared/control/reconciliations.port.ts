/** The last reconciliation of each profile: what it found, and while it is under way where it stands. Errors: CONTROL_UNAVAILABLE (retry). */
export interface Reconciliations {
  /** Null: none was begun, or the profile is gone. */
  get(profileId: string): Promise<Reconciliation | null>;
  /** Takes the place of the profile's last one, which is given up if it is under way. False when the profile is gone. */
  begin(reconciliation: Omit<Reconciliation, 'revision'>): Promise<boolean>;
  /** Keeps what a step did; false when another worker was first or another reconciliation began. */
  save(known: Pick<Reconciliation, 'profileId' | 'id' | 'revision'>, step: ReconciliationStep): Promise<boolean>;
  /** Those whose next step is due by `now`, the earliest first. Moments are those of the caller's clock. */
  due(now: number, limit: number): Promise<Reconciliation[]>;
  /** Active profiles whose last one began before `before`, or that have none and were activated before it. */
  idle(before: number, limit: number): Promise<string[]>;
}

export interface ReconciliationStep {
  /** When the next step is due, ms; null once it has ended. */
  readonly dueAt: number | null;
  /** JSON, as shared/export/reconcile keeps it. */
  readonly work: unknown;
}

export interface Reconciliation extends ReconciliationStep {
  readonly profileId: string;
  readonly id: string;
  /** Counts the steps saved. */
  readonly revision: number;
  readonly beganAt: number;
}
