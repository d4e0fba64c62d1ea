import { agentMutations } from './agent-mutations.ts';
import type { Mutation } from './mutation.ts';
import { sandboxMutations } from './sandbox-mutations.ts';

/** Each protection that can be taken away by a change of the sources. `npm run attacks -- --mutations` tries them. */
export const mutations: readonly Mutation[] = [...sandboxMutations, ...agentMutations];
