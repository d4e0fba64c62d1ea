import type { JsonObject } from '../../../../../schemas/index.ts';
import type { Grant } from '../../../../grants/api.ts';
import { callUnder, testGrant } from '../../../../grants/testing/grant.ts';
import { makeTestScope, type TestScope } from '../../../testing/call.ts';
import { testImage } from '../../testing/images.ts';

/** What a client of the socket is granted unless a test says otherwise. */
export const usualEntry: JsonObject = {
  images: [testImage, 'waterflow.test/built:*'],
  operations: ['run', 'exec', 'logs'],
  network: 'run',
  mounts: ['workspace', 'volume'],
};

/** A scope of a run of its own. */
export function clientScope(name: string): TestScope {
  const scope = makeTestScope();
  return Object.assign(scope, { owner: { ...scope.owner, run: `socket-test-${process.pid}-${name}` } });
}

/** Any program, with these entries of docker, in profile `workspace` or `host`. */
export function clientGrant(
  entries: readonly JsonObject[] = [usualEntry],
  more: { readonly policy?: string; readonly profile?: 'workspace' | 'host' } = {},
): Grant {
  const { profile = 'workspace', policy } = more;
  return testGrant({
    manifest: {
      exec: [{ command: '*', args: 'any', env: 'any', profile }],
      docker: [...entries],
      fs: [{ read: '**' }, { write: '**' }],
    },
    ...(policy === undefined ? {} : { policy }),
  });
}

/** What a script came to. */
export interface ClientResult {
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a bash script that has a docker socket. */
export async function runClient(
  script: string,
  { scope, grant = clientGrant() }: { readonly scope: TestScope; readonly grant?: Grant },
): Promise<ClientResult> {
  const args = { command: 'bash', args: ['-c', script], docker: true, stdout: 'capture', stderr: 'capture' };
  // What exec.run answers where both are captured.
  return (await callUnder(grant, 'exec.run', { args, scope })) as unknown as ClientResult;
}
