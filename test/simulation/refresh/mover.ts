import type { EnvironmentKey, EnvironmentSettings } from '../../../shared/control/environment.ts';
import type { RefreshWorld } from '../../support/refresh-world.ts';

/** Somebody registers an environment with databases elsewhere, after so many looks, and as it was so many looks later. */
export interface Move {
  readonly environment: EnvironmentKey;
  readonly settings: EnvironmentSettings;
  readonly at: number;
  readonly back: number;
}

const ELSEWHERE = 'https://freshet.vault.azure.net/secrets/elsewhere';

export class Mover {
  readonly #world: RefreshWorld;
  readonly #move: Move;
  #looks = 0;
  #isOver = false;

  constructor(world: RefreshWorld, move: Move) {
    this.#world = world;
    this.#move = move;
    world.servers.add('elsewhere');
    world.secrets.set(ELSEWHERE, { value: 'memory://elsewhere/AxDB', tags: {} });
  }

  /** Called between any two calls. What is refused has no effect; the way back is tried until it is not. */
  look(): void {
    const { settings, at, back } = this.#move;
    this.#looks += 1;
    if (this.#looks === at) void this.#register(settingsElsewhere(settings));
    if (this.#looks < at + back || this.#isOver) return;
    void this.#register(settings).then((outcome) => {
      this.#isOver ||= outcome === 'done';
    });
  }

  #register(settings: EnvironmentSettings) {
    return this.#world.control.environments.register({ ...this.#move.environment, settings });
  }
}

function settingsElsewhere(settings: EnvironmentSettings): EnvironmentSettings {
  const { transactional, financialReporting } = settings.databases;
  const keyVaultUri = ELSEWHERE;
  return {
    ...settings,
    databases: {
      transactional: { ...transactional, keyVaultUri },
      financialReporting: { ...financialReporting, keyVaultUri },
    },
  };
}
