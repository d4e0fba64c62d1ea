import { describe, expect, it } from 'vitest';
import { digestOf, registryOf } from './image-name.ts';
import { checkInputs, type Inputs, textsOf } from './inputs.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;

describe('the registry of an image', () => {
  it.each([
    ['alpine', 'docker.io'],
    ['acme/app:1', 'docker.io'],
    ['localhost/app', 'localhost'],
    ['127.0.0.1:5000/team/app:1', '127.0.0.1:5000'],
    ['ghcr.io/acme/app@sha256:0', 'ghcr.io'],
  ])('of %s is %s', (image, registry) => expect(registryOf(image)).toBe(registry));
});

describe('the digest of an image', () => {
  it.each([
    ['alpine:3', [`alpine@${digest}`]],
    ['docker.io/library/alpine', [`alpine@${digest}`]],
    ['acme/app:1', [`ghcr.io/acme/app@${other}`, `acme/app@${digest}`]],
    ['127.0.0.1:5000/team/app:1', [`127.0.0.1:5000/team/app@${digest}`]],
    [`ghcr.io/acme/app@${digest}`, [`ghcr.io/acme/app@${digest}`]],
  ])('of %s is that of its own name', (image, known) => expect(digestOf(image, known)).toBe(digest));

  it('is unknown of an image that its registry has under other names, or not at all', () => {
    expect(digestOf('acme/app:1', [`ghcr.io/acme/app@${digest}`, `acme/app2@${digest}`])).toBeUndefined();
    expect(digestOf('acme/app:1', [])).toBeUndefined();
  });
});

/** With the defaults of plugin.yaml. */
const inputs = (given: Partial<Inputs>): Inputs => ({
  operation: 'run',
  image: 'alpine:3',
  network: 'none',
  'read-only': false,
  pull: 'missing',
  detach: false,
  capture: false,
  context: '.',
  ...given,
});
const container = 'c'.repeat(64);

describe('the inputs of a step', () => {
  it.each<Partial<Inputs>>([
    {},
    { command: ['true'], env: { A: 1 }, mounts: [{ path: '.', target: '/x', access: 'read' }], network: 'run' },
    { script: 'true', user: 'root', memory: '1GiB', processes: 5, capture: true, 'stdin-file': 'x' },
    { detach: true, name: 'db', network: 'bridge', ports: [{ container: 80, host: 8080 }] },
    { operation: 'exec', container, command: ['true'], capture: true },
    { operation: 'logs', container, tail: 3, 'stdout-file': 'x' },
    { operation: 'wait', container, timeout: '5m' },
    { operation: 'remove', container },
    { operation: 'build', context: 'app', 'base-images': ['alpine:3'], username: 'me', password: 'p', registry: 'x.y' },
    { operation: 'pull', username: 'me', password: 'p' },
    { operation: 'push', timeout: '5m' },
    { operation: 'login', username: 'me', password: 'p' },
  ])('may be %j', (given) => expect(() => checkInputs(inputs(given))).not.toThrow());

  it.each<[Partial<Inputs>, string]>([
    [{ operation: 'pull', command: ['true'] }, "command: operation pull doesn't use it"],
    [{ operation: 'build', detach: true }, "detach: operation build doesn't use it"],
    [{ operation: 'exec', container, command: ['true'], network: 'run' }, "network: operation exec doesn't use it"],
    [{ container }, "container: operation run doesn't use it"],
    [{ context: 'app' }, "context: operation run doesn't use it"],
    [{ command: ['true'], script: 'true' }, "command and script can't be given together"],
    [{ stdin: 'x', 'stdin-file': 'x' }, "stdin and stdin-file can't be given together"],
    [{ capture: true, 'stdout-file': 'x' }, "capture and stdout-file can't be given together"],
    [{ detach: true, capture: true }, "capture: a container with detach can't have it"],
    [{ name: 'db' }, "name: a container without detach can't have it"],
    [{ detach: true, ports: [{ container: 80, host: 80 }] }, 'ports need network: bridge'],
    [{ username: 'me' }, 'username and password are given together'],
    [{ registry: 'x.y' }, 'registry says where username and password are for'],
    [{ operation: 'login' }, 'login needs username and password'],
    [{ operation: 'logs' }, 'container: operation logs needs the container'],
    [{ operation: 'exec', container }, 'exec needs command or script'],
  ])('may not be %j', (given, message) => expect(() => checkInputs(inputs(given))).toThrow(message));

  it('are text for Docker, whatever YAML reads in them', () => {
    expect(textsOf({ PORT: 8080, DEBUG: false, NAME: 'grün' })).toEqual({ PORT: '8080', DEBUG: 'false', NAME: 'grün' });
    expect(textsOf(undefined)).toEqual({});
  });
});
