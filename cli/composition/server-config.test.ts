import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it, onTestFinished } from 'vitest';
import schema from '../../schemas/server-config.schema.json' with { type: 'json' };
import { errorsOf } from '../failures.ts';
import { refusalOf } from '../testing/refusal.ts';
import { commandLine } from '../testing/terminal.ts';
import { type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { readServerSettings, type ServerFlags } from './server-config.ts';

function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  return folder;
}

const read = (env: Readonly<Record<string, string>>, yaml = '', flags: ServerFlags = {}) => {
  const folder = folderWith({ 'server.yaml': yaml });
  return readServerSettings({ env, cwd: folder }, { config: 'server.yaml', ...flags });
};

/** All that reading is refused with. */
function problemsOf(action: () => unknown): readonly WaterflowError[] {
  try {
    action();
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return errorsOf(cause);
    throw cause;
  }
  throw new Error('it was accepted');
}

describe("a server's configuration", () => {
  it('has a schema that is one', () => {
    const ajv = new Ajv();
    void ajv.validateSchema(schema);
    expect(ajv.errors ?? []).toEqual([]);
  });

  it('needs nothing, and then listens on this machine only', () => {
    const { config } = read({ XDG_STATE_HOME: '/somewhere' }, '# nothing yet\n');
    expect(config).toMatchObject({ host: '127.0.0.1', port: 8080, state: '/somewhere/waterflow', corsOrigins: [] });
    expect(config.apiKey).toBeUndefined();
    expect(config.databaseUrl).toBeUndefined();
  });

  it('takes the command line before the environment, and that before the file', () => {
    const yaml = 'host: 127.0.0.2\nport: 1\nlimits: { body: 2MiB }\n';
    expect(read({}, yaml).config).toMatchObject({ host: '127.0.0.2', port: 1, limits: { bodyBytes: 2 * 1024 ** 2 } });
    expect(read({ PORT: '2' }, yaml).config.port).toBe(2);
    expect(read({ PORT: '2' }, yaml, { port: '3' }).config.port).toBe(3);
    expect(read({ PORT: '' }, yaml).config.port).toBe(1);
  });

  it('finds the paths of a file beside it', () => {
    const folder = folderWith({ 'server.yaml': 'state: data\napi-key-file: key\n', key: 'abc-123\n' });
    const { config } = readServerSettings({ env: {}, cwd: '/' }, { config: join(folder, 'server.yaml') });
    expect(config).toMatchObject({ state: join(folder, 'data'), apiKey: 'abc-123' });
  });

  it('puts the password of a database into its URL from a file, and shows it nowhere', () => {
    const folder = folderWith({ 'server.yaml': 'database-password-file: key\n', key: 'a+b/c\n' });
    const at = (DATABASE_URL: string) =>
      readServerSettings({ env: { DATABASE_URL }, cwd: '/' }, { config: join(folder, 'server.yaml') });
    const { config, effective } = at('postgresql://waterflow@db/records');
    expect(config.databaseUrl).toBe('postgresql://waterflow@db/records?password=a%2Bb%2Fc');
    expect(JSON.stringify(effective)).not.toMatch(/a\+b|a%2Bb/u);
    expect(at('postgresql:///records?host=/run/postgresql').config.databaseUrl).toContain('password=a%2Bb%2Fc');
    for (const url of ['postgresql://waterflow:x@db/records', 'postgresql://db/records?password=x']) {
      expect(refusalOf(() => at(url))).toMatchObject({ message: expect.stringContaining('second password') });
    }
    expect(refusalOf(() => at(''))).toMatchObject({ code: 'USAGE', message: expect.stringContaining('no database') });
  });

  it('reads where blobs lie, and has the keys of a bucket from the environment alone', () => {
    const yaml = 'blobs: { bucket: my-blobs, prefix: waterflow/ }\n';
    const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's3cret' };
    const { config, effective } = read(keys, yaml);
    expect(config.blobs).toEqual({
      endpoint: 'https://s3.us-east-1.amazonaws.com',
      bucket: 'my-blobs',
      region: 'us-east-1',
      prefix: 'waterflow/',
      accessKeyId: 'AKIA',
      secretAccessKey: 's3cret',
    });
    expect(JSON.stringify(effective)).not.toMatch(/AKIA|s3cret/u);
    expect(effective).toContainEqual({ key: 'blobs.secret-key', value: '***', from: 'AWS_SECRET_ACCESS_KEY' });
    expect(read(keys, '').config.blobs).toBeUndefined();
    const elsewhere = 'blobs: { bucket: my-blobs, endpoint: "http://minio:9000" }\n';
    expect(read({ ...keys, AWS_SESSION_TOKEN: 'token' }, elsewhere).config.blobs).toMatchObject({
      endpoint: 'http://minio:9000',
      sessionToken: 'token',
    });
    expect(refusalOf(() => read({}, yaml))).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('AWS_ACCESS_KEY_ID'),
    });
  });

  it.each([
    'blobs: { endpoint: "http://minio:9000" }',
    'blobs: { bucket: My_Bucket }',
    'blobs: { bucket: ok-bucket, endpoint: "http://user:pass@minio" }',
    'blobs: { bucket: ok-bucket, endpoint: "http://minio/path" }',
    'blobs: { bucket: ok-bucket, prefix: /waterflow }',
    'blobs: { bucket: ok-bucket, secret-key: s3cret }',
  ])('refuses %s', (yaml) => {
    const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's3cret' };
    expect(refusalOf(() => read(keys, `${yaml}\n`))).toMatchObject({ code: 'INVALID_INPUT', line: 1 });
  });

  it('reads what tokens must say', () => {
    const yaml = 'jwt: { jwks-url: "https://id.example.com/keys", issuer: me, audience: waterflow, clock-skew: 1m }\n';
    expect(read({}, yaml).config.jwt).toEqual({
      jwks: { url: 'https://id.example.com/keys', allowPrivate: false },
      issuer: 'me',
      audience: 'waterflow',
      clockSkewSeconds: 60,
      tenantClaim: 'tenant',
      roleClaim: 'role',
      allowAllTenants: false,
    });
  });

  it.each([
    ['ports: 1', { code: 'INVALID_INPUT', line: 1, column: 1, remedy: 'Did you mean `port`?' }],
    ['port: 70000', { code: 'INVALID_INPUT', line: 1, column: 7, message: '`port` must be at most 65535' }],
    ['limits:\n  body: big', { code: 'INVALID_INPUT', line: 2, column: 9, message: '`limits.body` must be a size' }],
    ['keep-calls: 0s', { code: 'INVALID_INPUT', line: 1, message: '`keep-calls` must be a duration' }],
    ['keep-runs: 0s', { code: 'INVALID_INPUT', line: 1, message: '`keep-runs` must be a duration' }],
    ['trusted-proxies: [10.0.0.0/33]', { code: 'INVALID_INPUT', line: 1, message: expect.stringContaining('/33') }],
    ['trusted-proxies: [nginx]', { code: 'INVALID_INPUT', line: 1, message: expect.stringContaining('"nginx"') }],
    ['jwt: { issuer: a, audience: b }', { code: 'INVALID_INPUT', message: expect.stringContaining('jwks-url') }],
    ['port: 1\nport: 2', { code: 'INVALID_INPUT', line: 2 }],
    ['api-key-file: missing', { code: 'FILE_NOT_READABLE' }],
  ])('refuses %j in the file, with its place', (yaml, expected) => {
    expect(refusalOf(() => read({}, yaml))).toMatchObject(expected);
  });

  it.each([
    [{ PORT: 'http' }, 'PORT must be a whole number from 0 to 65535'],
    [{ PORT: '65536' }, 'PORT must be a whole number from 0 to 65535'],
    [{ API_KEY: 'two words' }, expect.stringContaining('blanks')],
    [{ DATABASE_URL: 'mysql://x' }, expect.stringContaining('PostgreSQL')],
    [{ TEMPORAL_HOST: 'http://temporal' }, expect.stringContaining('no address')],
  ])('refuses %j in the environment', (env, message) => {
    expect(refusalOf(() => read(env))).toMatchObject({ code: 'USAGE', message });
  });

  it('listens anywhere with a key', () => {
    expect(read({ HOST: '0.0.0.0', API_KEY: 'a-long-random-text' }).config.host).toBe('0.0.0.0');
  });

  it('reads no key that everybody on the machine can read', () => {
    const folder = folderWith({ 'server.yaml': 'api-key-file: key\n', key: 'abc\n' });
    chmodSync(join(folder, 'key'), 0o644);
    const refused = refusalOf(() => readServerSettings({ env: {}, cwd: folder }, { config: 'server.yaml' }));
    expect(refused).toMatchObject({ code: 'INVALID_INPUT', remedy: expect.stringContaining('chmod 640') });
    writeFileSync(join(folder, 'server.yaml'), 'database-url: "postgresql://u:p@db/w"\n');
    chmodSync(join(folder, 'server.yaml'), 0o644);
    const open = refusalOf(() => readServerSettings({ env: {}, cwd: folder }, { config: 'server.yaml' }));
    expect(open).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('holds a key') });
  });
});

describe('several things that are wrong', () => {
  it('are all said at once, those of the file with their places', () => {
    const yaml = 'port: 70000\nlimits:\n  body: big\nports: 1\nlog-level: loud\n';
    const errors = problemsOf(() => read({ DATABASE_URL: 'mysql://x', API_KEY: 'two words' }, yaml));
    expect(errors.map(({ code, line }) => [code, line])).toEqual([
      ['INVALID_INPUT', 1],
      ['INVALID_INPUT', 4],
      ['INVALID_INPUT', 5],
      ['USAGE', undefined],
      ['USAGE', undefined],
      ['INVALID_INPUT', 3],
    ]);
    for (const { remedy } of errors) expect(remedy).not.toBe('');
  });

  it('are those of values, too, and of the files that settings name', () => {
    const yaml = 'limits: { body: big }\nkeep-runs: 0s\ntrusted-proxies: [nginx]\npolicy: policy.yaml\n';
    const folder = folderWith({ 'server.yaml': yaml, 'policy.yaml': 'version: 1\nrules: [{ deny: 1 }]\nrule: []\n' });
    const flags = { config: 'server.yaml' };
    const errors = problemsOf(() => readServerSettings({ env: {}, cwd: folder }, flags, { files: 'checked' }));
    expect(errors.map(({ code, line }) => `${code} ${line}`)).toEqual([
      'INVALID_INPUT 3',
      'INVALID_INPUT 1',
      'INVALID_INPUT 2',
      expect.stringMatching(/^POLICY_INVALID/u),
      expect.stringMatching(/^POLICY_INVALID/u),
      ...errors.slice(5).map(() => expect.stringMatching(/^POLICY_INVALID/u)),
    ]);
  });

  it('are no others than they are where several entries of a list do not fit', () => {
    expect(problemsOf(() => read({}, 'trusted-proxies: [1, 10.0.0.5, 2]\n')).length).toBe(2);
  });

  it('are those of named files also where the file does not fit its schema', () => {
    const yaml =
      'policy: policy.yaml\nlimits: { body: big, bodies: 1 }\njwt: { jwks-file: none.json, issuer: me }\nport: [1]\n';
    const folder = folderWith({ 'server.yaml': yaml, 'policy.yaml': 'version: 1\nrule: []\n' });
    const flags = { config: 'server.yaml' };
    const errors = problemsOf(() => readServerSettings({ env: {}, cwd: folder }, flags, { files: 'checked' }));
    expect(errors.map(({ code, line }) => `${code} ${line}`)).toEqual([
      'INVALID_INPUT 2',
      'INVALID_INPUT 3',
      'INVALID_INPUT 4',
      'INVALID_INPUT 2',
      'POLICY_INVALID 1',
      'POLICY_INVALID 2',
      'INVALID_INPUT undefined',
    ]);
  });

  it('are those of keys and files for Temporal, too', async () => {
    const yaml = `temporal:
  host: 127.0.0.1:7233
  queue-keys: { deploy: nonsense }
`;
    const folder = folderWith({
      'server.yaml': yaml,
      'more.yaml': `${yaml.replace(/ {2}queue.*\n/u, '')}  payload-keys-file: nix\n`,
    });
    const shown = (file: string) => commandLine(['config', 'show', '--config', file], { cwd: folder, env: {} });
    expect(await shown('server.yaml')).toMatchObject({ code: 2, stderr: expect.stringContaining('server.yaml:3:') });
    expect(await shown('more.yaml')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('temporal.payload-keys-file'),
    });
  });

  it('say nothing of what a file that cannot be read may have', async () => {
    const folder = folderWith({ 'agent.yaml': 'task-queues: [a]\nslot: 1\n' });
    const argv = ['config', 'show', '--role', 'agent', '--config', 'agent.yaml'];
    const { code, stderr } = await commandLine(argv, { cwd: folder, env: { WATERFLOW_LOG_LEVEL: 'loud' } });
    expect(code).toBe(2);
    expect(stderr.match(/^error/gmu)).toHaveLength(2);
    expect(stderr).toContain('Did you mean `slots`?');
    expect(stderr).toContain('is no level');
  });
});

describe('waterflow config show', () => {
  const env = { PORT: '9', API_KEY: 'very-secret-key', DATABASE_URL: 'postgresql://u:hidden@db/w' };

  it('says where each value comes from, and shows no secret', async () => {
    const folder = folderWith({ 'server.yaml': 'log-level: debug\n' });
    const { code, stdout } = await commandLine(['config', 'show', '--config', 'server.yaml'], { cwd: folder, env });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^port +9 +PORT$/mu);
    expect(stdout).toMatch(/^log-level +debug +.*server\.yaml:1$/mu);
    expect(stdout).toMatch(/^api-key +\*\*\* +API_KEY$/mu);
    expect(stdout).toMatch(/^host +127\.0\.0\.1 +default$/mu);
    expect(stdout).toMatch(/^policy +.*\/(?:etc\/waterflow\/policy|policies\/default)\.yaml +default$/mu);
    expect(stdout).toMatch(/^plugin-dir +\/opt\/waterflow\/plugins +default$/mu);
    expect(stdout).not.toMatch(/very-secret-key|hidden/u);
  });

  it('shows that of an agent', async () => {
    const agent = { TASK_QUEUES: 'deploy', WATERFLOW_AGENT_KEY: 'hidden', WATERFLOW_SERVER_URL: 'https://w.example' };
    const argv = ['config', 'show', '--role', 'agent'];
    const { code, stdout } = await commandLine(argv, { env: agent });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^task-queues +deploy +TASK_QUEUES$/mu);
    expect(stdout).toMatch(/^policy +.*\.yaml +default$/mu);
    expect(stdout).toMatch(/^plugin-dir +\/opt\/waterflow\/plugins +default$/mu);
    expect(stdout).toMatch(/^server\.key +\*\*\* +WATERFLOW_AGENT_KEY$/mu);
    expect(await commandLine([...argv, '--port', '1'], { env: agent })).toMatchObject({ code: 2 });
  });

  it('warns of variables that nothing reads, with what was meant', async () => {
    const mistaken = {
      ...env,
      WATERFLOW_POLCY: '/p.yaml',
      WATERFLOW_RUN_ID: 'run-1',
      WATERFLOW_ZZZ: '1',
      WATERFLOW_PORT: '1',
      WATERFLOW_PLUGIN_DIRR: '/p',
    };
    const { code, stderr } = await commandLine(['config', 'show'], { env: mistaken });
    expect(code).toBe(0);
    expect(stderr).toContain('WATERFLOW_POLCY: did you mean WATERFLOW_POLICY?');
    expect(stderr).toContain('WATERFLOW_ZZZ\n');
    expect(stderr).toContain('WATERFLOW_PORT: did you mean PORT?');
    expect(stderr).toContain('WATERFLOW_PLUGIN_DIRR: did you mean PLUGIN_DIR?');
    expect(stderr).not.toContain('WATERFLOW_RUN_ID');
  });

  it('is JSON for programs', async () => {
    const { stdout } = await commandLine(['config', 'show', '--json'], { env });
    const { settings } = JSON.parse(stdout) as { readonly settings: readonly object[] };
    expect(settings).toContainEqual({ key: 'port', value: '9', from: 'PORT' });
    expect(stdout).not.toMatch(/very-secret-key|hidden/u);
  });
});
