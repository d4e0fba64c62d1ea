import { describe, expect, it } from 'vitest';
import { readSecretsDocument } from './document.ts';

const whole = `
version: 1
cache: 30s
providers:
  here: { environment: { prefix: WF_ } }
  folder: { files: { folder: secrets.d } }
  vault:
    vault:
      address: https://vault.example.com:8200/
      namespace: team/a/
      tls: { ca: ca.pem, cert: cert.pem, key: key.pem }
      auth: { approle: { role-id: r, secret-id-file: secret-id } }
  program: { command: { command: [/usr/bin/pass, show, "x/{path}"], output: json } }
secrets:
  TOKEN: { provider: vault, path: deploy/prod, field: token, version: 3, tenants: [default] }
  HERE: { provider: here }
`;

describe('a secrets file', () => {
  it('is read with its defaults, and paths from its own folder', () => {
    const read = readSecretsDocument(whole, '/etc/waterflow/secrets.yaml');
    expect('document' in read ? read.document : read).toMatchObject({
      cacheMs: 30_000,
      providers: new Map<string, unknown>([
        ['here', { kind: 'environment', prefix: 'WF_' }],
        ['folder', { kind: 'files', folder: '/etc/waterflow/secrets.d' }],
        [
          'vault',
          {
            kind: 'vault',
            address: 'https://vault.example.com:8200',
            namespace: 'team/a',
            mount: 'secret',
            tls: {
              ca: '/etc/waterflow/ca.pem',
              client: { cert: '/etc/waterflow/cert.pem', key: '/etc/waterflow/key.pem' },
            },
            auth: { kind: 'approle', roleId: 'r', secretIdFile: '/etc/waterflow/secret-id', mount: 'approle' },
            timeoutMs: 5000,
            attempts: 4,
          },
        ],
        [
          'program',
          {
            kind: 'command',
            command: ['/usr/bin/pass', 'show', 'x/{path}'],
            output: 'json',
            environment: [],
            timeoutMs: 10_000,
          },
        ],
      ]),
      secrets: new Map<string, unknown>([
        ['TOKEN', { provider: 'vault', path: 'deploy/prod', field: 'token', version: 3, tenants: ['default'] }],
        ['HERE', { provider: 'here', path: 'HERE' }],
      ]),
    });
  });

  it.each([
    ['an unknown key', 'version: 1', 'version: 1\nvalues: {}', /3:1 .*values/],
    [
      'two kinds in one provider',
      '{ environment: { prefix: WF_ } }',
      '{ environment: {}, files: { folder: x } }',
      /5:\d+ .*here/,
    ],
    [
      'a token that would go out in clear',
      'https://vault.example.com:8200/',
      'http://vault.example.com:8200',
      /9:\d+ .*in clear/,
    ],
    ['a certificate without its key', ', key: key.pem', '', /11:\d+ .*certificate alone/],
    ['a program by its name alone', '/usr/bin/pass', 'pass', /13:\d+ .*absolute path/],
    ['a hole that stands for nothing', '{path}', '{pth}', /13:\d+ .*`\{pth\}` stands for nothing/],
    ['an unknown provider', 'provider: here', 'provider: her', /16:\d+ .*no provider `her`.*Did you mean `here`/],
    ['a path that climbs', 'deploy/prod', 'deploy/../prod', /15:\d+ .*no parts of a path/],
    ['a field where there are none', 'provider: here', 'provider: here, field: x', /16:\d+ .*has no fields/],
    ['a version where there are none', 'provider: here', 'provider: here, version: 2', /16:\d+ .*has no versions/],
    ['no field where there are several', 'field: token, ', '', /15:\d+ .*`field` doesn't say which/],
    ['one name in two cases', 'HERE: {', 'Token: {', /16:3 .*ignore case/],
    ['a cache that is too long', '30s', '2h', /3:\d+ .*60 minutes at most/],
    ['a second way to log in', 'approle: {', 'token-variable: T, approle: {', /12:\d+ .*auth/],
  ])('is refused with %s, by its line and column', (_what, from, to, problem) => {
    expect(whole).toContain(from);
    const read = readSecretsDocument(whole.replace(from, to), 'secrets.yaml');
    const errors = 'errors' in read ? read.errors : [];
    const shown = errors.map(({ line, column, message, remedy }) => `${line}:${column} ${message} ${remedy}`);
    expect(shown).toEqual([expect.stringMatching(problem)]);
  });

  it('is told all that is wrong with it at once, in its order', () => {
    const wrong = whole
      .replace('https://vault', 'http://vault')
      .replace('provider: here', 'provider: nobody')
      .replace('30s', 'soon');
    const read = readSecretsDocument(wrong, 'secrets.yaml');
    expect('errors' in read && read.errors.map(({ line }) => line)).toEqual([3, 9, 16]);
  });
});
