import type { Json, JsonObject } from '../../../../schemas/index.ts';
import type { Authorized } from '../../../grants/api.ts';
import { requireAuthorized } from '../../../grants/brand.ts';
import type { CallScope, Operation } from '../../capability.ts';
import { type DockerCall, dockerSchemas } from '../call.ts';
import type { Logins } from '../credentials.ts';
import { checkDocker, type DockerDemand, deniesDocker } from '../demand.ts';
import { imageProblem } from '../demands-of-calls.ts';
import type { DockerPowers } from '../powers.ts';
import type { DockerEffective, DockerRule } from '../rule.ts';
import type { RunSession } from '../session.ts';
import { failureOfEngine } from '../wire/errors.ts';

/** What all operations share. */
export interface DockerMachinery {
  readonly powers: DockerPowers;
  readonly logins: Logins;
  readonly session: (scope: CallScope) => Promise<RunSession>;
}

/** An authorized call of docker under way. */
export interface DockerCallContext<Args> {
  readonly authorized: Authorized<Args, DockerEffective>;
  readonly args: Args;
  readonly scope: CallScope;
  readonly session: RunSession;
  readonly machinery: DockerMachinery;
}

/** An operation of this capability, as its file defines it. */
export interface DockerOperationParts<Args> {
  readonly demands: (args: Args) => readonly DockerDemand[];
  /** Of those that name an image: which argument does. */
  readonly image?: (args: Args) => string;
  readonly perform: (call: DockerCallContext<Args>) => Promise<Json>;
}

export type DockerHostCall<Args> = Operation<DockerRule, DockerEffective, Args, DockerDemand>;

/** Puts around each operation what all of them need: the brand, the check, the run's session, and the daemon's refusals as failures. */
export function dockerOperation<Args extends object>(
  name: DockerCall,
  machinery: DockerMachinery,
  parts: DockerOperationParts<Args>,
): DockerHostCall<Args> {
  const argsSchema: JsonObject = dockerSchemas[name];
  const { image } = parts;
  return {
    argsSchema,
    ...(image === undefined ? {} : { misfit: (args: Args) => imageProblem(image(args)) }),
    demands: parts.demands,
    check: checkDocker,
    denies: deniesDocker,
    async perform(authorized, scope) {
      requireAuthorized(authorized);
      try {
        const session = await machinery.session(scope);
        return await parts.perform({ authorized, args: authorized.args, scope, session, machinery });
      } catch (cause) {
        throw failureOfEngine(cause, 'docker');
      }
    },
  };
}
