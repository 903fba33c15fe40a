import { setTimeout as pause } from 'node:timers/promises';
import type pg from 'pg';
import { type Activity, LcsClient, type OperationDetails } from '../../local/client/lcs-client.ts';
import { PRODUCTION_ID, PROJECT_ID, SANDBOX_ID } from '../../local/environments/definitions.ts';
import { ensureEnvironments } from '../../local/environments/ensure.ts';
import { until } from '../../local/support/until.ts';
import { isRunbookStep, RUNBOOK } from '../../shared/refresh/runbook/plan.ts';
import { aim, kill } from './kill.ts';
import { OperationRow } from './operation-row.ts';
import { type Blow, type BlowAtMoment, type BlowAtStep, blowCount, blowsOf, type Phase } from './refresh-blows.ts';
import { type Contents, differing, Environments, type Names, rowsIn } from './sandbox.ts';
import type { Chaos, Outcome, Scenario } from './scenario.ts';
import { onSite, type Site } from './site.ts';

/** A refresh that ended before its kill is made again, at most so many times in all. */
const MISSES_MAX = 12;
/** The next time, it is struck this much sooner. */
const SOONER = 0.7;
/** A dead worker's turn is free after 20 s; an operation that nobody drives is found after two minutes, by a timer each minute. */
const RESTS_WITHIN_MS = 300_000;
/** Two of each environment. */
const DATABASES = 4;
const UNDER_WAY = ['NotStarted', 'InProgress', 'RollbackInProgress'];

export const refreshScenarios: readonly Scenario[] = [
  {
    name: 'refresh',
    what: `kill -9 of functions or postgres ${blowCount({ quick: false })} times in the middle of refreshes and rollbacks`,
    run: (chaos) =>
      onSite(chaos, { rows: 1, settings: { FRESHET_REFRESH_LIMIT: '1000' } }, async (site) =>
        (await Refreshes.prepare(site, chaos)).play(),
      ),
  },
];

/** How the sandbox stood before a refresh: it must be there again, or have been replaced whole. */
interface Before {
  readonly names: Names;
  readonly contents: Contents;
}

/** Refreshes of the sandbox, one after the other, each struck once. */
class Refreshes {
  readonly #site: Site;
  readonly #chaos: Chaos;
  readonly #client: LcsClient;
  readonly #environments: Environments;
  readonly #control: pg.Pool;
  readonly #problems: string[] = [];
  /** How many operations came to rest in which state. */
  readonly #ends: Record<string, number> = {};
  /** The steps that the kills fell into. */
  readonly #struck: string[] = [];
  /** At least, without a kill. */
  readonly #takesMs: Record<Phase, number> = { refresh: RESTS_WITHIN_MS, rollback: RESTS_WITHIN_MS };
  /** What a refresh brings. */
  #fresh: Contents = new Map();
  #rounds = 0;
  #misses = 0;
  #rowsCompared = 0;
  #differences = 0;
  #slowestRestMs = 0;

  private constructor(site: Site, chaos: Chaos, environments: Environments) {
    const { functions, identity } = site.test.installation.addresses;
    this.#site = site;
    this.#chaos = chaos;
    this.#client = new LcsClient({ app: functions, issuer: identity });
    this.#environments = environments;
    this.#control = site.pool(site.control);
  }

  static async prepare(site: Site, chaos: Chaos): Promise<Refreshes> {
    await ensureEnvironments(site.test.installation);
    return new Refreshes(site, chaos, await Environments.connect(site.test.installation.addresses));
  }

  async play(): Promise<Outcome> {
    // What was found until then is told, too.
    await this.#all().catch((error: unknown) => this.#problem(error instanceof Error ? error.message : String(error)));
    const figures = {
      kills: this.#struck.length,
      changes: this.#rounds,
      rowsCompared: this.#rowsCompared,
      differences: this.#differences,
      misses: this.#misses,
      refreshMs: Math.round(this.#takesMs.refresh),
      rollbackMs: Math.round(this.#takesMs.rollback),
      slowestRestS: Math.round(this.#slowestRestMs / 100) / 10,
      ends: inWords(this.#ends),
      struck: this.#struck.join(', '),
    };
    return { figures, problems: this.#problems };
  }

  async #all(): Promise<void> {
    const production = await this.#environments.production();
    await this.#undisturbed();
    for (const blow of blowsOf(this.#chaos)) {
      while (!(await this.#round(blow))) {
        this.#misses += 1;
        if (this.#misses > MISSES_MAX) throw new Error('the operations end before they are struck');
      }
    }
    await this.#last();
    this.#compare('production', production, await this.#environments.production());
  }

  /** Learns what a refresh brings, and how long it and its rollback take. */
  async #undisturbed(): Promise<void> {
    const before = await this.#before();
    const activity = await this.#begin();
    this.#mustBe(await this.#rest(activity, 'refresh'), ['Completed']);
    this.#fresh = await this.#environments.sandbox();
    if (differing(this.#fresh, before.contents).length === 0) throw new Error('a refresh changes nothing here');
    await this.#rollBack(activity);
    this.#mustBe(await this.#rest(activity, 'rollback'), ['RollbackCompleted']);
    await this.#asBefore(before);
  }

  /** One refresh, struck once, and ended so that the next may begin. False when it ended before the blow. */
  async #round(blow: Blow): Promise<boolean> {
    const before = await this.#before();
    const activity = await this.#begin();
    let landed = blow.phase === 'refresh' && (await this.#strike(activity, blow));
    const refreshed = await this.#rest(activity, blow.phase === 'refresh' ? null : 'refresh');
    this.#mustBe(refreshed, ['Completed', 'Failed']);
    await this.#wholeOrNot(before, refreshed);
    const signs = blow.phase === 'refresh' && refreshed.OperationStatus === 'Completed' && this.#rounds % 2 === 0;
    if (signs) await this.#signOff(activity, refreshed);
    else {
      await this.#rollBack(activity);
      if (blow.phase === 'rollback') landed = await this.#strike(activity, blow);
      const back = await this.#rest(activity, blow.phase === 'rollback' ? null : 'rollback');
      this.#mustBe(back, ['RollbackCompleted']);
      await this.#asBefore(before);
    }
    return landed;
  }

  /** After all of that a refresh still begins and completes. */
  async #last(): Promise<void> {
    const before = await this.#before();
    const activity = await this.#begin();
    const details = await this.#rest(activity, 'refresh');
    this.#mustBe(details, ['Completed']);
    await this.#wholeOrNot(before, details);
    await this.#signOff(activity, details);
  }

  /** With something that only the sandbox has, so that no refresh and no rollback can be mistaken for none. */
  async #before(): Promise<Before> {
    this.#rounds += 1;
    await this.#environments.test(`tester${this.#rounds}@uat.example`);
    return { names: await this.#environments.names(), contents: await this.#environments.sandbox() };
  }

  async #begin(): Promise<Activity> {
    const { IsSuccess, ErrorMessage, OperationActivityId } = await this.#client.refresh(
      PROJECT_ID,
      PRODUCTION_ID,
      SANDBOX_ID,
    );
    if (!IsSuccess) throw new Error(`it may not begin: ${ErrorMessage}`);
    return { project: PROJECT_ID, environment: SANDBOX_ID, activity: OperationActivityId };
  }

  async #rollBack(activity: Activity): Promise<void> {
    const { IsSuccess, ErrorMessage } = await this.#client.rollBack(activity);
    if (!IsSuccess) throw new Error(`it cannot be rolled back: ${ErrorMessage}`);
  }

  async #signOff(activity: Activity, { StepsToAcknowledge }: OperationDetails): Promise<void> {
    const acknowledged = StepsToAcknowledge.map(({ Id }) => Id);
    const { IsSuccess, ErrorMessage } = await this.#client.signOff(activity, acknowledged);
    if (!IsSuccess) throw new Error(`it cannot be signed off: ${ErrorMessage}`);
    const alone = async () => (await this.#environments.names()).size === DATABASES;
    if (!(await until(alone, RESTS_WITHIN_MS))) this.#problem('the old databases are still there after the sign-off');
  }

  /** False when there was nothing left to disturb. */
  #strike(activity: Activity, blow: Blow): Promise<boolean> {
    return 'step' in blow ? this.#strikeStep(activity, blow) : this.#strikeMoment(activity, blow);
  }

  async #strikeMoment(activity: Activity, { victim, phase, share }: BlowAtMoment): Promise<boolean> {
    await pause(this.#takesMs[phase] * share);
    const { OperationStatus, Step } = await this.#client.details(activity);
    if (!UNDER_WAY.includes(OperationStatus)) {
      this.#takesMs[phase] *= SOONER;
      return false;
    }
    await kill(this.#site, victim);
    return this.#landed(victim, Step);
  }

  /** Whom to kill is found out while the step before `takeDown` has not begun. */
  async #strikeStep({ activity }: Activity, { victim, step, afterMs }: BlowAtStep): Promise<boolean> {
    const row = new OperationRow(this.#control, activity);
    if (!(await row.enters('finish', 50))) return false;
    const shoot = await aim(this.#site, victim);
    if (!(await row.enters(step, 1))) return false;
    await pause(afterMs);
    const now = await row.read();
    await shoot();
    // A server that was killed cannot be asked any more.
    const struck = victim === 'postgres' ? now : await row.read();
    return this.#landed(victim, struck.step && isRunbookStep(struck.step) ? RUNBOOK[struck.step].title : struck.step);
  }

  #landed(victim: Blow['victim'], step: string | null): true {
    this.#struck.push(`${victim}: ${step}`);
    this.#chaos.say(`${this.#struck.length}: ${victim} killed at “${step}”`);
    return true;
  }

  /** `undisturbed`: the phase that nobody strikes, so that the time it takes is known. The machine may have been busier before. */
  async #rest(activity: Activity, undisturbed: Phase | null): Promise<OperationDetails> {
    const began = performance.now();
    let details: OperationDetails | null = null;
    const resting = async () => {
      // Whoever has just been killed does not answer, or cannot read.
      details = await this.#client.details(activity).catch(() => null);
      return details?.IsSuccess === true && !UNDER_WAY.includes(details.OperationStatus);
    };
    const rested = await until(resting, RESTS_WITHIN_MS);
    const known = details as OperationDetails | null;
    if (!rested || !known) throw new Error(`it does not end: ${known?.OperationStatus} at ${known?.Step}`);
    const tookMs = Math.round(performance.now() - began);
    if (undisturbed) this.#takesMs[undisturbed] = Math.min(this.#takesMs[undisturbed], tookMs);
    else this.#slowestRestMs = Math.max(this.#slowestRestMs, tookMs);
    return known;
  }

  /** A state that nothing leads on from ends the scenario. */
  #mustBe({ OperationStatus, Failure }: OperationDetails, states: readonly string[]): void {
    this.#ends[OperationStatus] = (this.#ends[OperationStatus] ?? 0) + 1;
    if (states.includes(OperationStatus)) return;
    const reason = Failure ? ` at “${Failure.Step}”: ${Failure.Code} ${Failure.Message}` : '';
    throw new Error(`it ended as ${OperationStatus}${reason}`);
  }

  /** Both databases exchanged and the old ones kept, or both in service as they were; with the data that belongs to it. */
  async #wholeOrNot(before: Before, { OperationStatus }: OperationDetails): Promise<void> {
    const now = await this.#environments.names();
    const kept = new Set(now.values());
    for (const [name, id] of before.names) if (!kept.has(id)) this.#problem(`the database that was ${name} is lost`);
    const names = this.#environments.sandboxNames;
    const exchanged = names.filter((name) => now.has(name) && now.get(name) !== before.names.get(name)).length;
    const lacking = names.filter((name) => !now.has(name));
    if (lacking.length > 0) return this.#problem(`there is no database ${lacking.join(', ')}`);
    if (exchanged > 0 && exchanged < names.length) return this.#problem('one database is new and the other is old');
    if (OperationStatus === 'Completed' && exchanged === 0) this.#problem('it is completed, and nothing was exchanged');
    const expected = exchanged > 0 ? this.#fresh : before.contents;
    if (now.size !== DATABASES + exchanged) this.#problem(`there are databases ${[...now.keys()].join(', ')}`);
    this.#compare('the sandbox after it', expected, await this.#environments.sandbox());
  }

  /** The same databases under the same names with the same contents, and no other. */
  async #asBefore({ names, contents }: Before): Promise<void> {
    const now = await this.#environments.names();
    const same = now.size === names.size && [...names].every(([name, id]) => now.get(name) === id);
    if (!same) this.#problem(`after the rollback there are databases ${[...now.keys()].join(', ')}`);
    this.#compare('the sandbox after the rollback', contents, await this.#environments.sandbox());
  }

  #compare(what: string, expected: Contents, found: Contents): void {
    const tables = differing(expected, found);
    this.#rowsCompared += rowsIn(found);
    this.#differences += tables.length;
    if (tables.length > 0) this.#problem(`${what}: ${tables.slice(0, 3).join(', ')} differ`);
  }

  #problem(words: string): void {
    this.#problems.push(`round ${this.#rounds}: ${words}`);
  }
}

const inWords = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ');
