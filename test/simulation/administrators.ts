import { pick } from '../../local/dataverse/model/random.ts';
import type { ExportPorts } from '../../shared/export/ports.ts';
import {
  ACTIVATION_STEPS,
  type Activation,
  requestActivation,
  runActivationStep,
} from '../../shared/export/profiles/activation.ts';
import { deactivateProfile, deleteProfile, visibleProfile } from '../../shared/export/profiles/profiles.ts';
import { replaceProfile } from '../../shared/export/profiles/replace.ts';
import { ORGANIZATION_ID, profileBody } from '../support/world.ts';
import type { Crew } from './crew.ts';
import { EXPORTED, LINKS } from './definitions.ts';
import type { Scene } from './scene.ts';
import type { Standstill } from './standstill.ts';
import { REFUSED } from './witness.ts';

const PROFILES_MAX = 3;
/** Databases that profiles are made for in one history. */
const NAMES_MAX = 5;
/** How often a profile adopts the tables that another one left, where there are any. */
const HEIRS = 0.6;

/** What administrators do with whole profiles. What breaks off is done again, as Durable and people do. */
export class Administrators {
  readonly #scene: Scene;
  readonly #crew: Crew;
  readonly #standstill: Standstill;
  #joined = 0;

  constructor(scene: Scene, crew: Crew, standstill: Standstill) {
    this.#scene = scene;
    this.#crew = crew;
    this.#standstill = standstill;
  }

  /** Names of databases that some profile ever wrote to. */
  get databases(): readonly string[] {
    return Array.from({ length: this.#joined }, (_, index) => `p${index + 1}`);
  }

  async profiles() {
    return this.#scene.world.control.profiles.list([ORGANIZATION_ID]);
  }

  /**
   * A profile of its own database, or the heir of one that left. The first profile has all entities, others some; in a calm history all have all, for what a cascade reaches behind an
   * entity that nobody exports is found by the sweep alone.
   */
  async join(): Promise<void> {
    const { random, world, trace, swarm } = this.#scene;
    const profiles = await this.profiles();
    const left = this.databases.filter((one) => profiles.every(({ settings }) => settings.name !== one));
    const heir = left.length > 0 && random() < HEIRS;
    if ((this.#joined === NAMES_MAX && !heir) || profiles.length === PROFILES_MAX) return;
    const name = heir ? pick(random, left) : `p${++this.#joined}`;
    const entities = name === 'p1' || swarm.calm ? EXPORTED : this.#some();
    world.database(name).constraint = (_entity, _id, row) =>
      this.#scene.faulty && String(row?.name).startsWith('bad') ? REFUSED : null;
    const Entities = entities.map((Type) => ({ Type, Settings: { Adopt: heir } }));
    const id = await world.createProfile(name, { Entities, WriteDeleteLog: random() < 0.3 });
    trace.note(`${name} joins with ${entities.join(', ')}${heir ? ', adopting what is there' : ''}`);
    this.#activate(name, id);
  }

  /** Deactivates an active profile, and activates any other. */
  async switch(): Promise<void> {
    const profile = pick(this.#scene.random, await this.profiles());
    if (!profile) return;
    const { id, state, settings } = profile;
    this.#scene.trace.note(`${settings.name} is to be ${state === 'active' ? 'deactivated' : 'activated'}`);
    if (state !== 'active') return this.#activate(settings.name, id);
    const deactivate = async (ports: ExportPorts) => void (await deactivateProfile(ports, [ORGANIZATION_ID], id));
    this.#wish('deactivate', settings.name, deactivate, () => EXPORTED);
  }

  /** The last one stays. */
  async leave(): Promise<void> {
    const profiles = await this.profiles();
    if (profiles.length < 2) return;
    const { id, settings } = pick(this.#scene.random, profiles);
    this.#scene.trace.note(`${settings.name} leaves`);
    this.#wish(
      'delete',
      settings.name,
      (ports) => deleteProfile(ports, [ORGANIZATION_ID], id),
      () => EXPORTED,
    );
  }

  /** Entities come and go; the tables of those that were there before are adopted. */
  async replace(): Promise<void> {
    const profile = pick(this.#scene.random, await this.profiles());
    if (!profile) return;
    const { name, writeDeleteLog } = profile.settings;
    const entities = this.#some();
    this.#scene.trace.note(`${name} is to have ${entities.join(', ')}`);
    const Entities = entities.map((Type) => ({ Type, Settings: { Adopt: true } }));
    const body = { ...profileBody(name), Entities, WriteDeleteLog: writeDeleteLog };
    const others = EXPORTED.filter((entity) => !entities.includes(entity));
    const put = (ports: ExportPorts) => replaceProfile(ports, [ORGANIZATION_ID], profile.id, body);
    this.#orchestrate('replace', name, put, others);
  }

  /** From now on nothing is written to the tables of entities that are not exported, for nobody is at work any more. */
  async settleRemoved(): Promise<void> {
    const profiles = await this.profiles();
    for (const name of this.databases) {
      const entities = profiles.find(({ settings }) => settings.name === name)?.settings.entities ?? [];
      const exported = new Set(entities.map(({ entity }) => entity));
      for (const entity of EXPORTED)
        if (!exported.has(entity)) this.#standstill.settle(name, entity, this.#crew.started);
    }
  }

  #activate(name: string, id: string): void {
    const request = async (ports: ExportPorts) =>
      requestActivation(ports, await visibleProfile(ports, [ORGANIZATION_ID], id));
    this.#orchestrate('activate', name, request);
  }

  /** What a request brings about goes on from where it broke off. */
  #orchestrate(
    what: string,
    name: string,
    request: (ports: ExportPorts) => Promise<Activation | null>,
    settled: readonly string[] = [],
  ): void {
    let activation: Activation | null = null;
    let done = 0;
    let holds = settled;
    const work = async (ports: ExportPorts) => {
      activation ??= await request(ports);
      for (const step of activation ? ACTIVATION_STEPS.slice(done) : []) {
        if (activation && (await runActivationStep(ports, activation, step)).outcome !== 'done') {
          // Something else holds now, or nobody knows what.
          holds = [];
          return;
        }
        done++;
      }
    };
    this.#wish(what, name, work, () => holds);
  }

  /** Links alone are refused: they are exported beside what they relate. */
  #some(): readonly (typeof EXPORTED)[number][] {
    const some = EXPORTED.filter(() => this.#scene.random() < 0.6);
    const related = some.includes('parent') || some.includes('child');
    const chosen = some.filter((entity) => entity !== LINKS || related);
    return chosen.length > 0 ? chosen : EXPORTED;
  }

  /** `settled`: the tables that nobody who begins after it writes to. */
  #wish(
    what: string,
    name: string,
    work: (ports: ExportPorts) => Promise<void>,
    settled: () => readonly string[],
  ): void {
    const end = this.#standstill.wish(name);
    this.#crew.insist(`${what}-${name}`, work, (done) => end(done ? settled() : [], this.#crew.started));
  }
}
