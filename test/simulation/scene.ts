import type { Random } from '../../local/dataverse/model/random.ts';
import type { World } from '../support/world.ts';
import type { Swarm } from './swarm.ts';
import type { Trace } from './trace.ts';

/** What the parts of one history share. */
export interface Scene {
  readonly random: Random;
  readonly swarm: Swarm;
  readonly world: World;
  readonly trace: Trace;
  /** False while the system comes to rest. */
  faulty: boolean;
  /** Destinations may differ from the organization by more than what is under way. */
  disturbed: boolean;
}

/** Whether trouble of this rate happens now. */
export function strikes(scene: Scene, rate: number): boolean {
  return scene.faulty && rate > 0 && scene.random() < rate;
}
