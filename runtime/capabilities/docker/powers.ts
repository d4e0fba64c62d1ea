import type { ExecPowers } from '../exec/powers.ts';

/** What docker needs of the outside; only the composition root hands in the real ones. */
export interface DockerPowers extends ExecPowers {
  /** Of the agent, not of the step. */
  readonly environment: { readonly DOCKER_HOST?: string | undefined };
}
