import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostCall } from '../host-call.ts';
import { parseCallText } from './call-text.ts';

const callOf = (text: string): HostCall | undefined => {
  const parsed = parseCallText(text);
  return 'call' in parsed ? parsed.call : undefined;
};
const problemOf = (text: string): string => {
  const parsed = parseCallText(text);
  return 'problem' in parsed ? parsed.problem : '';
};

const container = 'c'.repeat(64);

describe('a call on a command line', () => {
  it.each<[string, string, string, unknown]>([
    ['net GET https://example.com/a?b=1', 'net', 'request', { method: 'GET', url: 'https://example.com/a?b=1' }],
    [
      'exec git clone -- "a b" \'c"d\' e\\ f',
      'exec',
      'run',
      { command: 'git', args: ['clone', '--', 'a b', 'c"d', 'e f'] },
    ],
    ["exec printf ''", 'exec', 'run', { command: 'printf', args: [''] }],
    ['fs read src/a.ts', 'fs', 'read', { path: 'src/a.ts' }],
    ['fs write out', 'fs', 'write', { path: 'out', content: '' }],
    ['fs copy a b', 'fs', 'copy', { from: 'a', to: 'b' }],
    ['fs pack a b.tar', 'fs', 'pack', { from: 'a', to: 'b.tar' }],
    ['ssh a.example.com exec ls -l', 'ssh', 'exec', { host: 'a.example.com', command: 'ls', args: ['-l'] }],
    ['ssh ci@[::1]:2222 exec ls', 'ssh', 'exec', { host: '::1', port: 2222, user: 'ci', command: 'ls', args: [] }],
    ['ssh ::1 list /srv', 'ssh', 'list', { host: '::1', path: '/srv' }],
    ['ssh a.example.com upload out /srv', 'ssh', 'upload', { host: 'a.example.com', from: 'out', to: '/srv' }],
    [
      'mail smtp.example.com:465 a@x.example b@x.example c@x.example',
      'mail',
      'send',
      { host: 'smtp.example.com', port: 465, from: 'a@x.example', to: ['b@x.example', 'c@x.example'], subject: '' },
    ],
    ['docker run alpine:3 ls -l', 'docker', 'run', { image: 'alpine:3', command: ['ls', '-l'] }],
    [`docker exec ${container} ls`, 'docker', 'exec', { container, command: ['ls'] }],
    ['docker build acme/app:1', 'docker', 'build', { tag: 'acme/app:1' }],
    [`docker logs ${container}`, 'docker', 'logs', { container }],
    ['store set a', 'store', 'set', { key: 'a', value: null }],
    ['store list a/', 'store', 'list', { prefix: 'a/' }],
    ['docker pull alpine:3', 'docker', 'pull', { image: 'alpine:3' }],
    ['store get a/b', 'store', 'get', { key: 'a/b' }],
    ['fs glob src/**', 'fs', 'glob', { pattern: 'src/**' }],
    ['secrets get TOKEN', 'secrets', 'get', { name: 'TOKEN' }],
    [
      ' net request {"url": "https://example.com", "method": "PUT"} ',
      'net',
      'request',
      { url: 'https://example.com', method: 'PUT' },
    ],
  ])('%s', (text, capability, operation, args) => {
    expect(callOf(text)).toEqual({ capability, operation, args });
  });

  it.each([
    ['', 'no capability'],
    ['nett GET https://a', 'no capability'],
    ['net GET', 'not of the form'],
    ['net GET https://a b', 'not of the form'],
    ['net GET notaurl', 'not of the form'],
    ['net get https://a/', 'not of the form'],
    ['net request {bad', 'not of the form'],
    ['docker run Bad:Image:x', 'not an image'],
    ['exec "git', 'not closed'],
    ['fs raed a', 'no operation'],
    ['fs read a b', 'not of the form'],
    ['net request {"url": 1}', 'must be of type string'],
    ['net request {"url"}', 'no JSON'],
    ['ssh a b', 'not of the form'],
    ['ssh @a list /', 'not of the form'],
    ['ssh a:b:c exec ls', 'not of the form'],
    ['mail ci@smtp.example.com a@x b@x', 'not of the form'],
    ['mail smtp.example.com a@x', 'not of the form'],
    ['docker pull a b', 'not of the form'],
    ['docker shell a', 'no operation'],
    ['store get', 'not of the form'],
    ['net constructor {}', 'no operation'],
    ['toString x {}', 'no capability'],
  ])('%j is refused', (text, why) => {
    expect(problemOf(text)).toContain(why);
  });

  it('answers any text', () => {
    const parts = fc.constantFrom('net', 'exec', '"', "'", '\\', ' ', 'GET', '{', '}', '\0');
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(parts).map((words) => words.join('')),
    );
    fc.assert(fc.property(texts, (text) => 'call' in parseCallText(text) || problemOf(text) !== ''));
    expect(callOf('exec a')).toBeDefined();
  });

  it('has its words whatever they hold, when they are quoted as for a shell', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (args) => {
        const quoted = args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`);
        const clean = args.every((arg) => !arg.includes('\0'));
        expect(callOf(`exec x ${quoted.join(' ')}`)).toEqual(
          clean ? { capability: 'exec', operation: 'run', args: { command: 'x', args } } : undefined,
        );
      }),
    );
  });
});
