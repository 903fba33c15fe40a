import { pick } from '../../local/dataverse/model/random.ts';
import { resyncFailedRecords } from '../../shared/export/failures/resync.ts';
import type { ExportPorts } from '../../shared/export/ports.ts';
import { pause, type Request, resync } from '../../shared/export/profiles/actions.ts';
import { reconcile } from '../../shared/export/reconcile/request.ts';
import { ORGANIZATION_ID } from '../support/world.ts';
import type { Crew } from './crew.ts';
import { EXPORTED } from './definitions.ts';
import type { Scene } from './scene.ts';
import type { Standstill } from './standstill.ts';

/** What administrators ask of a profile while it runs, for one of its entities or for all. What it does not export is refused. */
export class Requests {
  readonly #scene: Scene;
  readonly #crew: Crew;
  readonly #standstill: Standstill;

  constructor(scene: Scene, crew: Crew, standstill: Standstill) {
    this.#scene = scene;
    this.#crew = crew;
    this.#standstill = standstill;
  }

  pauseOrResume(): Promise<void> {
    const paused = this.#scene.random() < 0.5;
    return this.#ask(paused ? 'pause' : 'resume', (name, request) => {
      const end = this.#standstill.wish(name);
      const entities = request.entity === undefined ? EXPORTED : [request.entity];
      const work = async (ports: ExportPorts) => void (await pause(ports, request, paused));
      this.#crew.insist(`pause-${name}`, work, (done) => end(done && paused ? entities : [], this.#crew.started));
    });
  }

  resync(): Promise<void> {
    return this.#ask('resync', (name, request) =>
      this.#crew.insist(`resync-${name}`, async (ports) => void (await resync(ports, request))),
    );
  }

  retryFailed(): Promise<void> {
    return this.#ask('resync of failed records', (name, request) =>
      this.#crew.insist(`retry-${name}`, async (ports) => void (await resyncFailedRecords(ports, request))),
    );
  }

  reconcile(): Promise<void> {
    const heal = this.#scene.random() < 0.7;
    return this.#ask(heal ? 'reconcile and heal' : 'reconcile', (name, request) =>
      this.#crew.insist(`reconcile-${name}`, async (ports) => void (await reconcile(ports, request, heal))),
    );
  }

  async #ask(what: string, act: (name: string, request: Request) => void): Promise<void> {
    const { random, world, trace } = this.#scene;
    const profile = pick(random, await world.control.profiles.list([ORGANIZATION_ID]));
    if (!profile) return;
    const { name } = profile.settings;
    const entity = random() < 0.5 ? undefined : pick(random, EXPORTED);
    trace.note(`${what} of ${entity ?? 'all'} of ${name}`);
    act(name, { administered: [ORGANIZATION_ID], profileId: profile.id, entity });
  }
}
