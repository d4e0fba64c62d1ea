import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WaterflowFailure } from '../../schemas/index.ts';
import { type AgentFlags, type AgentSettings, readAgentSettings } from './agent-config.ts';

function fileWith(text: string, mode = 0o600): string {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-agent-config-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'agent.yaml');
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

const read = (text: string, env: Record<string, string> = {}, flags: AgentFlags = {}, mode = 0o600): AgentSettings =>
  readAgentSettings({ env, cwd: '/' }, { config: fileWith(text, mode), ...flags });

function refusalOf(work: () => unknown): { readonly code: string; readonly message: string } {
  try {
    work();
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return cause.error;
    throw cause;
  }
  throw new Error('it was accepted');
}

describe('the settings of an agent', () => {
  it('take queues as a list, with their jobs at a time, and from the environment', () => {
    expect(read('task-queues: [a, b]\nslots: 3').config.queues).toEqual({ a: 3, b: 3 });
    expect(read('task-queues: { a: 1, b: 2 }').config.queues).toEqual({ a: 1, b: 2 });
    expect(read('task-queues: [a]\nslots: 3', { TASK_QUEUES: 'c, d=7' }).config.queues).toEqual({ c: 3, d: 7 });
    expect(read('', {}, { taskQueues: 'e' }).config.queues).toEqual({ e: expect.any(Number) });
  });

  it.each([
    ['', /no queue/u],
    ['task-queues: [waterflow-engine]', /queue of Waterflow's own/u],
    ['task-queues: ["deploy build"]', /"deploy build", which can't be the name of a queue/u],
    ['task-queues: { a: 0 }', /task-queues|>= 1|minimum/u],
    ['task-queues: [a]\nname: "a b"', /no name of an agent/u],
    ['task-queues: [a]\ntemporal: { tls: { cert: c.pem } }', /certificate alone/u],
    ['task-queues: [a]\nserver: { url: "https://x.example" }', /no key for it/u],
    ['task-queues: [a]\nqueues: [b]', /queues/u],
  ])('are refused where they are wrong: %j', (text, message) => {
    expect(refusalOf(() => read(text)).message).toMatch(message);
  });

  it('keep keys from eyes: a file that everybody may read is refused, and none is shown', () => {
    const text = 'task-queues: [a]\nserver: { url: "https://x.example/", key: a-key }';
    expect(refusalOf(() => read(text, {}, {}, 0o644))).toMatchObject({ code: 'INVALID_INPUT' });
    const { config, effective } = read(text);
    expect(config.server).toEqual({ url: 'https://x.example', key: 'a-key' });
    expect(JSON.stringify(effective)).not.toContain('a-key');
  });

  it('take the grace of steps from the file and from the environment', () => {
    expect(read('task-queues: [a]').config.cancelGraceMs).toBe(10_000);
    expect(read('task-queues: [a]\ncancel-grace: 3s').config.cancelGraceMs).toBe(3000);
    expect(read('task-queues: [a]', { WATERFLOW_CANCEL_GRACE: '1m' }).config.cancelGraceMs).toBe(60_000);
  });

  it('read relative paths from the folder of their file', () => {
    const { config, file } = read('task-queues: [a]\nstate-dir: state\ntemporal: { tls: { ca: ca.pem } }');
    const folder = String(file).replace('/agent.yaml', '');
    expect(config).toMatchObject({ stateDir: `${folder}/state`, temporal: { tls: { ca: `${folder}/ca.pem` } } });
  });

  const archives = 'task-queues: [a]\narchives: { bucket: ci-cache, prefix: waterflow/ }';
  const env = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's3cret' };
  const keysFile = (text: string, mode = 0o600): string => {
    const file = fileWith(text, mode);
    return `task-queues: [a]\narchives: { bucket: ci-cache, credentials-file: ${JSON.stringify(file)} }`;
  };

  it('take the bucket of archives, with its keys from the environment, which are not shown', () => {
    expect(read('task-queues: [a]', env).config.archives).toBeUndefined();
    const { config, effective } = read(archives, env);
    expect(config.archives).toEqual({
      endpoint: 'https://s3.us-east-1.amazonaws.com',
      bucket: 'ci-cache',
      region: 'us-east-1',
      prefix: 'waterflow/',
      accessKeyId: 'AKIA',
      secretAccessKey: 's3cret',
    });
    expect(JSON.stringify(effective)).not.toContain('s3cret');
    expect(refusalOf(() => read(archives, { AWS_ACCESS_KEY_ID: 'AKIA' }))).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('AWS_SECRET_ACCESS_KEY'),
    });
    const wrong = 'task-queues: [a]\narchives: { bucket: ci-cache, secret-key: s3cret }';
    expect(refusalOf(() => read(wrong, env))).toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('take them from a file, unless the environment has them', () => {
    const text =
      '[other]\naws_access_key_id = no\n[default]\naws_access_key_id=FILE\naws_secret_access_key = in/file+=\naws_session_token = t';
    expect(read(keysFile(text)).config.archives).toMatchObject({
      accessKeyId: 'FILE',
      secretAccessKey: 'in/file+=',
      sessionToken: 't',
    });
    expect(read(keysFile(text), env).config.archives).toMatchObject({ accessKeyId: 'AKIA', secretAccessKey: 's3cret' });
    expect(refusalOf(() => read(keysFile(text, 0o644)))).toMatchObject({ code: 'INVALID_INPUT' });
    const half = refusalOf(() => read(keysFile('[default]\naws_access_key_id = FILE')));
    expect(half).toMatchObject({ code: 'INVALID_INPUT', message: expect.stringContaining('aws_secret_access_key') });
  });
});
