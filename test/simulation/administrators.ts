import { pick } from '../../local/dataverse/model/random.ts';
import { type FreshetError, isFreshetError } from '../../shared/errors/error.ts';
import type { ExportPorts } from '../../shared/export/ports.ts';
import {
  ACTIVATION_STEPS,
  type Activation,
  requestActivation,
  runActivationStep,
} from '../../shared/export/profiles/activation.ts';
import { deactivateProfile, deleteProfile, visibleProfile } from '../../shared/export/profiles/profiles.ts';
import { ORGANIZATION_ID } from '../support/world.ts';
import { EXPORTED } from './changes.ts';
import type { Crew } from './crew.ts';
import type { Scene } from './scene.ts';
import { REFUSED } from './witness.ts';

/** Links alone are refused: they are exported beside what they relate. */
const LINKS = 'parentchild';
const PROFILES_MAX = 3;
/** Profiles ever made in one history. */
const NAMES_MAX = 5;

/** What administrators do: profiles join, pause, resume and leave. What breaks off is done again, as Durable and people do. */
export class Administrators {
  readonly #scene: Scene;
  readonly #crew: Crew;
  #joined = 0;

  constructor(scene: Scene, crew: Crew) {
    this.#scene = scene;
    this.#crew = crew;
  }

  /** Names of databases that some profile ever wrote to. */
  get databases(): readonly string[] {
    return Array.from({ length: this.#joined }, (_, index) => `p${index + 1}`);
  }

  async profiles() {
    return this.#scene.world.control.profiles.list([ORGANIZATION_ID]);
  }

  /**
   * The first profile has all entities, others some; in a calm history all have all, for what a cascade reaches behind an
   * entity that nobody exports is found by the sweep alone.
   */
  async join(): Promise<void> {
    const { random, world, trace, swarm } = this.#scene;
    if (this.#joined === NAMES_MAX || (await this.profiles()).length === PROFILES_MAX) return;
    const name = `p${++this.#joined}`;
    const some = EXPORTED.filter(() => swarm.calm || random() < 0.6);
    const entities = this.#joined === 1 || some.every((entity) => entity === LINKS) ? EXPORTED : some;
    world.database(name).constraint = (_entity, _id, row) =>
      this.#scene.faulty && String(row?.name).startsWith('bad') ? REFUSED : null;
    const Entities = entities.map((Type) => ({ Type }));
    const id = await world.createProfile(name, { Entities, WriteDeleteLog: random() < 0.3 });
    trace.note(`${name} joins with ${entities.join(', ')}`);
    this.#activate(name, id);
  }

  async pauseOrResume(): Promise<void> {
    const profile = pick(this.#scene.random, await this.profiles());
    if (!profile) return;
    const { id, settings } = profile;
    this.#scene.trace.note(`${profile.state === 'active' ? 'pause' : 'resume'} ${settings.name}`);
    if (profile.state !== 'active') return this.#activate(settings.name, id);
    this.#do(`pause-${settings.name}`, async (ports) => void (await deactivateProfile(ports, [ORGANIZATION_ID], id)));
  }

  /** The last one stays. */
  async leave(): Promise<void> {
    const profiles = await this.profiles();
    if (profiles.length < 2) return;
    const { id, settings } = pick(this.#scene.random, profiles);
    this.#scene.trace.note(`${settings.name} leaves`);
    this.#do(`delete-${settings.name}`, (ports) => deleteProfile(ports, [ORGANIZATION_ID], id));
  }

  #activate(name: string, id: string): void {
    let wish: Activation | null = null;
    let done = 0;
    this.#do(`activate-${name}`, async (ports) => {
      const profile = await visibleProfile(ports, [ORGANIZATION_ID], id);
      wish ??= await requestActivation(ports, profile);
      for (const step of ACTIVATION_STEPS.slice(done)) {
        const ended = wish && (await runActivationStep(ports, wish, step)).outcome;
        if (ended !== 'done') return;
        done++;
      }
    });
  }

  #do(name: string, work: (ports: ExportPorts) => Promise<void>): void {
    const again = (error: FreshetError | null) => {
      if (isFreshetError(error, 'PROFILE_NOT_FOUND') || isFreshetError(error, 'ACTIVATION_REFUSED')) return;
      this.#crew.start(name, work, again);
    };
    this.#crew.start(name, work, again);
  }
}
