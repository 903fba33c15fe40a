import { pick } from '../../local/dataverse/model/random.ts';
import { RETRIES_CONTAINER } from '../../shared/export/apply/retry-blobs.ts';
import { PAGES_CONTAINER } from '../../shared/export/pages.ts';
import type { Crew } from './crew.ts';
import type { Faults } from './faults.ts';
import type { Scene } from './scene.ts';
import type { Standstill } from './standstill.ts';

/** What goes back in time or gets lost: the control database or a destination restored from a backup, blobs gone. */
export class Backups {
  readonly #scene: Scene;
  readonly #crew: Crew;
  readonly #faults: Faults;
  readonly #standstill: Standstill;
  #restore: (() => void) | null = null;

  constructor(scene: Scene, crew: Crew, faults: Faults, standstill: Standstill) {
    this.#scene = scene;
    this.#crew = crew;
    this.#faults = faults;
    this.#standstill = standstill;
  }

  /** Restores the last backup, or makes one. */
  restoreOrBackUp(databases: readonly string[]): void {
    const { random, trace } = this.#scene;
    if (this.#restore) {
      this.#restore();
      this.#restore = null;
      this.#scene.disturbed = true;
      return;
    }
    const name = pick(random, ['control', ...databases]);
    trace.note(`backup of ${name}`);
    this.#restore = name === 'control' ? this.#ofControl() : this.#ofDestination(name);
  }

  /** A profile that joined since would stand in its database alone. */
  forget(): void {
    this.#restore = null;
  }

  async loseBlob(): Promise<void> {
    const { world, random, trace } = this.#scene;
    const container = pick(random, [PAGES_CONTAINER, RETRIES_CONTAINER]);
    const names: string[] = [];
    for await (const { name } of world.blobs.list(container)) names.push(name);
    if (names.length === 0) return;
    const name = pick(random, names);
    trace.note(`blob lost: ${container}/${name}`);
    await world.blobs.remove(container, name);
  }

  /** Connections to the old database are gone: whoever works loses them. */
  #ofControl(): () => void {
    const { control } = this.#scene.world;
    const state = control.snapshot();
    return () => {
      this.#scene.trace.note('control restored');
      control.restore(state);
      this.#standstill.forgetAll();
      this.#crew.dismiss();
    };
  }

  #ofDestination(name: string): () => void {
    const database = this.#scene.world.database(name);
    const state = database.snapshot();
    return () => {
      this.#scene.trace.note(`${name} restored`);
      database.restore(state);
      this.#faults.cutConnections(`destination ${name}`);
    };
  }
}
