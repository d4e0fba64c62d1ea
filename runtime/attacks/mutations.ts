import { agentMutations } from './agent-mutations.ts';
import { containerMutations } from './container-mutations.ts';
import { furtherMutations } from './further-mutations.ts';
import type { Mutation } from './mutation.ts';
import { programMutations } from './program-mutations.ts';
import { reachMutations } from './reach-mutations.ts';
import { sandboxMutations } from './sandbox-mutations.ts';

/** Each protection that can be taken away by a change of the sources. `npm run attacks -- --mutations` tries them. */
export const mutations: readonly Mutation[] = [
  ...sandboxMutations,
  ...agentMutations,
  ...programMutations,
  ...reachMutations,
  ...containerMutations,
  ...furtherMutations,
];
