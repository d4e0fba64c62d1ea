import { describe, expect, it } from 'vitest';
import { problemsOf, servicesOf } from './check.ts';
import { checkInputs, type Inputs } from './inputs.ts';

/** As docker-compose 1.29.2 prints it. */
const plain = `networks:
  back: {}
services:
  'on':
    image: waterflow.test/busybox:1
    privileged: false
    restart: 'no'
  web-1:
    command:
    - sh
    - -c
    - "privileged: true\\n  devices:\\n    pid: host"
    environment:
      pid: host
    labels:
      restart: always
    volumes:
    - data:/data:rw
version: '3.4'
volumes:
  data: {}
  privileged: {}
`;

describe('a Compose file', () => {
  it('has services by name', () => {
    expect(servicesOf(plain)).toEqual(['on', 'web-1']);
    expect(servicesOf('version: "3"\n')).toEqual([]);
  });

  it('is without problems where its words only stand in other places', () => expect(problemsOf(plain)).toEqual([]));

  it.each([
    'privileged: true',
    'network_mode: host',
    'network_mode: service:web-1',
    'pid: host',
    'ipc: host',
    'devices:',
    'cap_add:',
    'security_opt:',
    'restart: always',
    'restart: unless-stopped',
    'healthcheck:',
    'provider:',
    'post_start:',
  ])('has a problem with %s in a service', (line) => {
    const key = line.split(':')[0] ?? '';
    const problems = problemsOf(plain.replace('    image:', `    ${line}\n    image:`));
    expect(problems).toEqual([expect.stringContaining(`.${key}: `)]);
  });
});

const inputs = (given: Partial<Inputs>): Inputs => ({
  operation: 'up',
  file: 'docker-compose.yml',
  'project-name': 'app',
  images: ['alpine:3'],
  network: 'run',
  volumes: false,
  capture: false,
  ...given,
});

describe('the inputs of a step', () => {
  it.each<Partial<Inputs>>([
    {},
    { services: ['web'], scale: { web: 2 }, file: 'mein projekt/ü.yml', 'env-file': '.env.test' },
    { operation: 'exec', service: 'web', command: ['true'], capture: true },
    { operation: 'down', volumes: true },
    { operation: 'logs', tail: 3 },
  ])('may be %j', (given) => expect(() => checkInputs(inputs(given))).not.toThrow());

  it.each<[Partial<Inputs>, string]>([
    [{ file: '/etc/passwd' }, 'no path within the workspace'],
    [{ file: '-' }, 'no path within the workspace'],
    [{ file: 'a/../../x.yml' }, 'no path within the workspace'],
    [{ 'env-file': '--x' }, 'no path within the workspace'],
    [{ operation: 'down', scale: { web: 2 } }, "scale: operation down doesn't use it"],
    [{ capture: true }, "capture: operation up doesn't use it"],
    [{ operation: 'exec', command: ['true'] }, 'exec needs service and command'],
    [{ ports: [80] }, 'ports need network: bridge'],
  ])('may not be %j', (given, message) => expect(() => checkInputs(inputs(given))).toThrow(message));
});
