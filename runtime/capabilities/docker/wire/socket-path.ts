import type { AbsolutePath } from '../../../../schemas/index.ts';
import { CallFailure } from '../../capability.ts';
import { isPlainAbsolutePath } from '../../exec/rule.ts';

const usualSocket = '/var/run/docker.sock';

/**
 * The daemon's socket: that of DOCKER_HOST, else the usual one. Throws where DOCKER_HOST names anything but a unix socket: who can
 * connect to a TCP port of a daemon is root there, and the agent must not be the one to open it up.
 */
export function socketPath(environment: { readonly DOCKER_HOST?: string | undefined }): AbsolutePath {
  const { DOCKER_HOST: host = '' } = environment;
  const path = host === '' ? usualSocket : host.startsWith('unix://') ? host.slice('unix://'.length) : '';
  // Absolute by that check.
  if (isPlainAbsolutePath(path)) return path as AbsolutePath;
  throw new CallFailure('FAILED', `the agent's DOCKER_HOST, \`${host}\`, is not a unix socket`, {
    remedy: 'Set it to `unix:///path/of/docker.sock`, or leave it out.',
  });
}
