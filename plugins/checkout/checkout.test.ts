import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { surroundingsOf } from './configuration.ts';
import { checkRef, chooseTarget, patternsFor, refspecOf } from './reference.ts';
import { parsePath, parseRepository } from './repository.ts';

describe('repository', () => {
  it.each([
    ['https://example.com/owner/name.git', 'https'],
    ['https://[::1]:8443/name', 'https'],
    ['ssh://git@example.com:2222/owner/name.git', 'ssh'],
    ['git@example.com:owner/name.git', 'ssh'],
    ['/srv/git/a name.git', 'file'],
    ['file:///srv/git/name.git', 'file'],
    ['git://example.com:9418/name.git', 'git'],
  ])('%s is reached by %s', (text, protocol) => {
    expect(parseRepository(text)).toMatchObject({ protocol, url: text });
  });

  it.each([
    'ext::sh -c touch% /tmp/x',
    '-oProxyCommand@host:path',
    'ssh://-oProxyCommand@host/path',
    'fd::17',
    '--upload-pack=touch /tmp/x',
    '-u/x',
    'ssh://-oProxyCommand=touch/x',
    'git@-oProxyCommand=touch:x',
    'ssh://git@-oProxyCommand=x/y',
    'http://example.com/x',
    'git+ssh://example.com/x',
    'git://-x/y',
    'git://a@example.com/x',
    './relative',
    '../up',
    '',
    'https://example.com/a\nb',
    '/srv/a\nb',
    'file://host/x',
  ])('%j is refused', (text) => {
    expect(() => parseRepository(text)).toThrow(/^repository: /);
  });

  it('holds no credentials', () => {
    expect(() => parseRepository('https://user:pass@example.com/x')).toThrow('give the token as `token`');
    expect(() => parseRepository('https://token@example.com/x')).toThrow('give the token as `token`');
  });

  it('never begins with an option or a transport that runs commands, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('-', ':', '/', '@', 'a', 'ssh://', 'ext::', 'https://', '\n') }),
        (text) => {
          let accepted = '';
          try {
            accepted = parseRepository(text).url;
          } catch {
            return;
          }
          expect(accepted.startsWith('-')).toBe(false);
          expect(accepted).not.toMatch(/^[a-z]+::/);
          expect(accepted).not.toMatch(/^[^/]*(?:@|:\/\/)-/);
        },
      ),
    );
  });
});

describe('path', () => {
  it('is a folder of the workspace', () => {
    expect(parsePath('.')).toBe('.');
    expect(parsePath('./a//b/')).toBe('a/b');
    for (const path of ['..', 'a/../../b', '/etc', 'a\0b']) {
      expect(() => parsePath(path)).toThrow('is not a folder of the workspace');
    }
  });
});

describe('ref', () => {
  const one = '1'.repeat(40);
  const two = '2'.repeat(40);
  const listing = `ref: refs/heads/trunk\tHEAD\n${one}\tHEAD\n${one}\trefs/heads/trunk\n${two}\trefs/heads/v1\n${one}\trefs/tags/v1\n${two}\trefs/tags/v2\n${two}\trefs/pull/1/head\n`;

  it('is the default branch, a branch before a tag, a tag, a full ref or a commit', () => {
    expect(chooseTarget(undefined, listing)).toMatchObject({ kind: 'branch', name: 'trunk', commit: one });
    expect(chooseTarget('v1', listing)).toMatchObject({ kind: 'branch', full: 'refs/heads/v1' });
    expect(chooseTarget('v2', listing)).toMatchObject({ kind: 'tag', full: 'refs/tags/v2' });
    expect(chooseTarget('refs/tags/v1', listing)).toMatchObject({ kind: 'tag', name: 'v1' });
    expect(chooseTarget('refs/pull/1/head', listing)).toMatchObject({ kind: 'other', commit: two });
    expect(chooseTarget('A'.repeat(40), '')).toEqual({ kind: 'commit', commit: 'a'.repeat(40) });
    expect(chooseTarget(undefined, `${one}\tHEAD\n`)).toMatchObject({ kind: 'other', full: 'HEAD' });
  });

  it('that the repository does not have is an error', () => {
    expect(() => chooseTarget('v3', listing)).toThrow('no branch or tag "v3"');
    expect(() => chooseTarget(undefined, '')).toThrow('it is empty');
  });

  it.each([
    '-B',
    '--upload-pack=x',
    'a..b',
    'a b',
    'a~1',
    'a^',
    'a:b',
    'a*',
    'a?',
    'a[',
    'a\\b',
    '@',
    'a@{1}',
    '/a',
    'a/',
    '',
    '.a',
    'a.lock',
    'a\n',
  ])('%j is refused', (ref) => {
    expect(() => checkRef(ref)).toThrow('is no name of a branch, a tag or a commit');
  });

  it('is asked for and fetched alone', () => {
    expect(patternsFor('main')).toEqual(['HEAD', 'refs/heads/main', 'refs/tags/main']);
    expect(refspecOf(chooseTarget('v1', listing))).toBe('+refs/heads/v1:refs/remotes/origin/v1');
    expect(refspecOf(chooseTarget('v2', listing))).toBe('+refs/tags/v2:refs/tags/v2');
  });
});

describe('what surrounds git', () => {
  it.each([
    ['/srv/git/a "b"/', ['/srv/git/a \\"b\\"', '/srv/git/a \\"b\\"/.git']],
    ['file:///srv/%C3%BC%20x', ['/srv/ü x', '/srv/ü x.git', '/srv/ü x.git/.git']],
  ])('lets git go into no other local repository than %s', (url, places) => {
    const config = surroundingsOf(parseRepository(url), { username: 'x' }).files['config']?.content ?? '';
    const safe = config.split('\n').filter((line) => line.startsWith('\tdirectory = '));
    expect(safe).toEqual(expect.arrayContaining(places.map((place) => `\tdirectory = "${place}"`)));
    expect(safe).toHaveLength(4);
  });

  it('has git see no repository where it only asks a server', () => {
    const { env } = surroundingsOf(parseRepository('/srv/x'), { username: 'x' }, { outside: true });
    expect(env['GIT_DIR']).toBe('/dev/null');
  });

  it('gives a token to the origin of the repository only, in a file', () => {
    const repository = parseRepository('https://example.com:8443/owner/name');
    const { env, files } = surroundingsOf(repository, { username: 'someone', token: 'PLACEHOLDER' });
    expect(JSON.stringify(env)).not.toContain('PLACEHOLDER');
    expect(files['config']?.content).toContain('[credential "https://example.com:8443"]');
    expect(files['config']?.content).not.toContain('PLACEHOLDER');
    expect(files['credential']).toEqual({
      content: 'username=someone\npassword=PLACEHOLDER\n',
      env: 'WATERFLOW_GIT_CREDENTIAL',
    });
  });

  it('gives an ssh key in a file, and trusts no host that it does not know', () => {
    const { env, files } = surroundingsOf(parseRepository('git@example.com:x'), { username: 'x', sshKey: 'KEY' });
    expect(env['GIT_SSH_COMMAND']).toContain('StrictHostKeyChecking=yes');
    expect(JSON.stringify(env)).not.toContain('KEY"');
    expect(files['key']?.content).toBe('KEY\n');
  });

  it("lets only a local repository have local submodules, and none use the keys of the agent's user", () => {
    const allowed = (url: string, sshKey = '') =>
      surroundingsOf(parseRepository(url), { username: 'x', ...(sshKey && { sshKey }) }).env['GIT_ALLOW_PROTOCOL'];
    expect(allowed('https://example.com/x')).toBe('https');
    expect(allowed('https://example.com/x', 'KEY')).toBe('https:ssh');
    expect(allowed('git@example.com:x', 'KEY')).toBe('https:ssh');
    expect(allowed('/srv/x')).toBe('https:file');
  });
});
