import { expect, test } from 'vitest';
import { socketPath } from './socket-path.ts';

test('the usual socket, or the one that DOCKER_HOST names', () => {
  expect(socketPath({})).toBe('/var/run/docker.sock');
  expect(socketPath({ DOCKER_HOST: '' })).toBe('/var/run/docker.sock');
  expect(socketPath({ DOCKER_HOST: 'unix:///run/user/1000/docker.sock' })).toBe('/run/user/1000/docker.sock');
});

test.each([
  'tcp://127.0.0.1:2375',
  'ssh://root@build',
  'npipe:////./pipe/docker',
  'unix://relative',
  '/run/docker.sock',
  'unix:///run/../etc',
])('refuses %s', (host) => {
  expect(() => socketPath({ DOCKER_HOST: host })).toThrow('is not a unix socket');
});
