import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjectOf } from './subject.ts';

const unchanged = (text: string): string => text;

describe('what a host call is about', () => {
  it.each([
    ['net', 'request', { url: 'https://example.com/x', method: 'POST' }, 'POST https://example.com/x'],
    ['net', 'request', { url: 'https://example.com/x' }, 'GET https://example.com/x'],
    ['exec', 'run', { command: 'bash', args: ['-e', { file: 'script' }] }, 'bash -e <script>'],
    ['docker', 'run', { image: 'alpine:3', command: ['ls', '-l'] }, 'alpine:3 ls -l'],
    ['docker', 'build', { tag: 'acme/app:1' }, 'acme/app:1'],
    ['docker', 'status', { container: 'c0ffee' }, 'c0ffee'],
    ['docker', 'create_volume', { name: 'cache' }, 'cache'],
    ['ssh', 'exec', { host: 'a.example.com', command: 'ls', args: ['-l'] }, 'a.example.com ls -l'],
    ['ssh', 'upload', { host: 'a', port: 2222, user: 'ci', from: 'out', to: '/srv' }, 'ci@a:2222 out /srv'],
    ['ssh', 'list', { host: 'a', path: '/srv' }, 'a /srv'],
    [
      'mail',
      'send',
      {
        host: 'mx',
        from: { address: 'a@x', name: 'A' },
        to: ['b@x'],
        cc: ['c@x'],
        bcc: ['d@x'],
        subject: 'S',
        text: 'T',
      },
      'mx a@x b@x c@x d@x',
    ],
    ['store', 'set', { key: 'a/b', value: 'content' }, 'a/b'],
    ['store', 'list', { prefix: 'a/' }, 'a/'],
    ['fs', 'pack', { from: 'a', to: 'b.tar' }, 'a b.tar'],
    ['fs', 'write', { path: 'out/x', content: 'long' }, 'out/x'],
    ['fs', 'move', { from: 'a', to: 'b' }, 'a b'],
    ['fs', 'glob', { pattern: '**' }, '**'],
    ['secrets', 'get', { name: 'TOKEN' }, 'TOKEN'],
    ['clock', 'now', {}, ''],
    ['fs', 'write', { path: 'two\nlines' }, 'two lines'],
    ['ssh', 'exec', { host: 'a', command: 'ls', args: ['\u001b[2K\r', '\u202egnp.exe'] }, 'a ls [2K gnp.exe'],
  ])('%s.%s %j', (capability, operation, args, subject) => {
    expect(subjectOf({ capability, operation, args }, unchanged)).toBe(subject);
  });

  it('is redacted before it is cut', () => {
    const args = { url: `https://example.com/${'x'.repeat(165)}secret-value-that-is-long` };
    const redact = (text: string): string => text.replace('secret-value-that-is-long', '***');
    expect(subjectOf({ capability: 'net', operation: 'request', args }, redact)).not.toContain('secret');
  });

  it('is one short line, whatever a guest calls', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.jsonValue(), (capability, operation, args) => {
        // fast-check's JSON values are JSON.
        const subject = subjectOf({ capability, operation, args: args as never }, unchanged);
        expect(subject.length).toBeLessThanOrEqual(200);
        expect(subject).not.toContain('\n');
      }),
    );
  });

  it('is not looked through where it is long and has characters that are not shown', () => {
    const looked: string[] = [];
    const look = (text: string): string => {
      looked.push(text);
      return text.replaceAll('secret', '***');
    };
    const subject = (path: string): string => subjectOf({ capability: 'fs', operation: 'read', args: { path } }, look);
    expect(subject('se\u200bcret'.repeat(10_000))).toBe('…');
    expect(subject(`${'a'.repeat(64 * 1024)}\u200b`)).toBe('…');
    expect(looked).toEqual([]);
    // Either alone is looked through as a whole.
    expect(subject('a\u200bsecret')).toBe('a ***');
    expect(subject(`secret${'a'.repeat(64 * 1024)}`)).toBe(`***${'a'.repeat(196)}…`);
    expect(looked.map((text) => text.length)).toEqual([9, 64 * 1024 + 7]);
  });
});
