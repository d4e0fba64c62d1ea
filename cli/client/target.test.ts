import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, it, onTestFinished } from 'vitest';
import schema from '../../schemas/client-config.schema.json' with { type: 'json' };
import { refusalOf } from '../testing/refusal.ts';
import { findServer, requireServer, type TargetFlags } from './target.ts';

/** A home with this configuration, and a key file that nobody else may read. */
function homeWith(yaml: string): { readonly folder: string; readonly env: { readonly XDG_CONFIG_HOME: string } } {
  const home = mkdtempSync(join(tmpdir(), 'waterflow-client-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const folder = join(home, 'waterflow');
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.yaml'), yaml, { mode: 0o600 });
  writeFileSync(join(folder, 'prod.key'), 'key-of-prod\n', { mode: 0o600 });
  return { folder, env: { XDG_CONFIG_HOME: home } };
}

const nowhere = { XDG_CONFIG_HOME: '/nonexistent' };
const find = (env: Readonly<Record<string, string>>, flags: TargetFlags = {}) => findServer({ env, cwd: '/' }, flags);

describe('the server that a command is for', () => {
  it('has a schema of its file that is one', () => {
    const ajv = new Ajv();
    void ajv.validateSchema(schema);
    expect(ajv.errors ?? []).toEqual([]);
  });

  it('is none where nothing names one', () => {
    expect(find(nowhere)).toBeUndefined();
    expect(refusalOf(() => requireServer({ env: nowhere, cwd: '/' }, {}))).toMatchObject({ code: 'USAGE' });
  });

  it('is what the command line says, else the environment, else the default profile', () => {
    const { env } = homeWith('profiles: { here: { url: "http://127.0.0.1:1" } }\ndefault-profile: here\n');
    const inEnvironment = { ...env, WATERFLOW_SERVER_URL: 'https://b.example.com/waterflow' };
    expect(find(inEnvironment, { server: 'https://a.example.com' })?.url.href).toBe('https://a.example.com/');
    expect(find(inEnvironment, { profile: 'here' })?.url.href).toBe('http://127.0.0.1:1/');
    expect(find(inEnvironment)?.url.href).toBe('https://b.example.com/waterflow/');
    expect(find(env)?.url.href).toBe('http://127.0.0.1:1/');
    expect(find(inEnvironment, { state: 'folder' })).toBeUndefined();
  });

  it('gets its own key, and never that of another profile', () => {
    const { env } = homeWith(`profiles:
  prod: { url: "https://prod.example.com", api-key-file: prod.key, tenant: acme }
  other: { url: "https://other.example.com", api-key-env: OTHER_KEY }
  open: { url: "http://localhost:8080" }
`);
    const keys = { ...env, WATERFLOW_API_KEY: 'general', OTHER_KEY: 'key-of-other' };
    expect(find(keys, { profile: 'prod' })).toMatchObject({ apiKey: 'key-of-prod', tenant: 'acme' });
    expect(find(keys, { profile: 'other' })?.apiKey).toBe('key-of-other');
    expect(find(keys, { profile: 'open' })?.apiKey).toBe('general');
    expect(find(keys, { server: 'https://else.example.com' })?.apiKey).toBe('general');
    expect(refusalOf(() => find(env, { profile: 'other' }))).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('is not asked with a key that others on this machine can read', () => {
    const { folder, env } = homeWith('profiles: { prod: { url: "https://p.example.com", api-key-file: prod.key } }\n');
    chmodSync(join(folder, 'prod.key'), 0o640);
    expect(refusalOf(() => find(env, { profile: 'prod' }))).toMatchObject({ remedy: expect.stringContaining('600') });
    writeFileSync(join(folder, 'config.yaml'), 'profiles: { prod: { url: "https://p.example.com", api-key: abc } }\n');
    expect(find(env, { profile: 'prod' })?.apiKey).toBe('abc');
    chmodSync(join(folder, 'config.yaml'), 0o644);
    expect(refusalOf(() => find(env, { profile: 'prod' }))).toMatchObject({ message: expect.stringContaining('key') });
  });

  it.each([
    ['http://waterflow.example.com', expect.stringContaining('everybody could read the key')],
    ['http://127.0.0.1.example.com', expect.stringContaining('everybody could read the key')],
    ['https://me:secret@waterflow.example.com', expect.stringContaining('user name')],
    ['ftp://waterflow.example.com', expect.stringContaining('no URL of the web')],
    ['waterflow', expect.stringContaining('is no URL')],
  ])('is not %s', (server, message) => {
    expect(refusalOf(() => find(nowhere, { server }))).toMatchObject({ code: 'USAGE', message });
  });

  it.each([
    ['profiles: { a: { urll: x } }', { code: 'INVALID_INPUT', line: 1 }],
    ['profiles: { prod: { url: "https://x" } }\ndefault-profile: prd', { remedy: expect.stringContaining('prod') }],
  ])('is named by a file that is right: not %j', (yaml, expected) => {
    expect(refusalOf(() => find(homeWith(yaml).env))).toMatchObject(expected);
  });

  it('is one, not two', () => {
    expect(refusalOf(() => find(nowhere, { server: 'https://a', profile: 'b' }))).toMatchObject({ code: 'USAGE' });
    expect(refusalOf(() => find(nowhere, { server: 'https://a', state: 'b' }))).toMatchObject({ code: 'USAGE' });
  });
});
