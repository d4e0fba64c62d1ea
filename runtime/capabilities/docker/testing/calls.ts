import { spawn } from 'node:child_process';
import { setTimeout as timer } from 'node:timers/promises';
import type { Json, JsonObject } from '../../../../schemas/index.ts';
import type { HostCall } from '../../../host-call.ts';
import type { CallScope, Capability } from '../../capability.ts';
import { createDockerCapability } from '../../docker.ts';
import { performTestCall } from '../../testing/call.ts';
import type { DockerPowers } from '../powers.ts';
import type { DockerEffective, DockerRule } from '../rule.ts';

type DockerCapability = Capability<DockerRule, DockerEffective>;

/** Powers of this machine, with short graces. */
export function testPowers(changes: Partial<DockerPowers> = {}): DockerPowers {
  return {
    spawn: (command, args, options) => spawn(command, args, options),
    kill: (pid, signal) => void process.kill(pid, signal),
    pause: (ms, signal) => timer(ms, undefined, signal === undefined ? {} : { signal }),
    graces: { interrupt_ms: 300, terminate_ms: 100 },
    environment: process.env,
    ...changes,
  };
}

/** docker with them. */
export function testDocker(changes?: Partial<DockerPowers>): DockerCapability {
  return createDockerCapability(testPowers(changes));
}

/** A call under one entry in one layer. */
export interface DockerTestCall {
  readonly entry: JsonObject;
  readonly scope: CallScope;
  readonly implied?: (call: HostCall) => boolean;
}

/** Carries calls out; a denial is thrown. Answers are objects, or null. */
export function callsUnder(
  capability: DockerCapability,
  { entry, scope, implied }: DockerTestCall,
): (operation: string, args: JsonObject) => Promise<JsonObject> {
  return async (operation, args) => {
    const answer: Json = await performTestCall(
      capability,
      { layers: [[entry]], operation, args, ...(implied === undefined ? {} : { implied }) },
      scope,
    );
    return answer === null ? {} : (answer as JsonObject);
  };
}
