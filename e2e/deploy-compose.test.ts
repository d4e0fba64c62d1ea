/** The Compose file as it is shipped: what Compose makes of it, and what its programs make of their configuration. Nothing of it is started. */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { folderWith, root, waterflow } from './command.ts';
import { needs } from './require.ts';

const hasCompose = await needs('compose-v2');
const hasNginx = await needs('nginx');
const shipped = join(root, 'deploy/compose');

/** What an operator fills in. */
const filled: Readonly<Record<string, string>> = {
  WATERFLOW_VERSION: '0.1.0',
  WATERFLOW_UID: '1000',
  PUBLISH: '127.0.0.1:8443',
  TASK_QUEUES: 'deploy',
  WATERFLOW_AGENT_NAME: 'one',
  AGENT_SECCOMP: 'unconfined',
  AGENT_APPARMOR: 'unconfined',
  DOCKER_GID: '998',
};

function copied(leftOut?: string): string {
  const folder = folderWith({});
  cpSync(shipped, folder, { recursive: true });
  const lines = readFileSync(join(shipped, '.env.example'), 'utf8').split('\n');
  const env = lines.map((line) => {
    const [, name = ''] = /^([A-Z_]+)=$/u.exec(line) ?? [];
    return name === '' || name === leftOut ? line : `${line}${filled[name] ?? ''}`;
  });
  writeFileSync(join(folder, '.env'), env.join('\n'));
  return folder;
}

function run(folder: string, command: string, ...argv: readonly string[]) {
  const { PATH, HOME } = process.env;
  const { status, stdout, stderr } = spawnSync(command, argv, { cwd: folder, encoding: 'utf8', env: { PATH, HOME } });
  return { status, stdout, stderr };
}

interface Service {
  readonly image: string;
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly privileged?: boolean;
  readonly security_opt?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly object[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly volumes?: readonly { readonly target: string }[];
}

function servicesOf(folder: string): Readonly<Record<string, Service>> {
  const profiles = ['--profile', 'agent', '--profile', 'agent-docker'];
  const { status, stdout, stderr } = run(folder, 'docker', 'compose', ...profiles, 'config', '--format', 'json');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  // What Compose prints.
  return (JSON.parse(stdout) as { readonly services: Readonly<Record<string, Service>> }).services;
}

describe.skipIf(!hasCompose)('the Compose file', () => {
  it('is one that Compose understands, with every service confined and gated', () => {
    const services = servicesOf(copied());
    expect(Object.keys(services).toSorted()).toEqual([
      'agent',
      'agent-docker',
      'postgres',
      'proxy',
      'server',
      'temporal',
      'temporal-namespace',
      'temporal-schema',
    ]);
    for (const [name, service] of Object.entries(services)) {
      const { read_only, cap_drop, privileged, security_opt, image } = service;
      expect({ name, read_only, cap_drop, privileged, image, security_opt }).toMatchObject({
        read_only: true,
        cap_drop: ['ALL'],
        privileged: undefined,
        image: expect.not.stringMatching(/:latest$|^[^:]*$/u),
        security_opt: expect.arrayContaining(['no-new-privileges:true']),
      });
    }
    const gates = Object.entries(services).flatMap(([name, { depends_on = {} }]) =>
      Object.entries(depends_on).map(([on, { condition }]) => `${name} ${on} ${condition.replace('service_', '')}`),
    );
    expect(gates.toSorted()).toEqual([
      'agent server healthy',
      'agent-docker server healthy',
      'proxy server healthy',
      'server postgres healthy',
      'server temporal-namespace completed_successfully',
      'temporal temporal-schema completed_successfully',
      'temporal-namespace temporal healthy',
      'temporal-schema postgres healthy',
    ]);
    // One door, and one that has the daemon's socket.
    const withPorts = Object.keys(services).filter((name) => services[name]?.ports !== undefined);
    const withSocket = Object.keys(services).filter((name) =>
      services[name]?.volumes?.some(({ target }) => target.endsWith('docker.sock')),
    );
    expect([withPorts, withSocket]).toEqual([['proxy'], ['agent-docker']]);
  });

  it('holds no password and no key, but where files with them are', () => {
    for (const [service, { environment = {} }] of Object.entries(servicesOf(copied()))) {
      for (const [name, value] of Object.entries(environment)) {
        const isSecret = /PASSWORD|PWD|KEY|TOKEN|SECRET/u.test(name);
        const isPlain = !isSecret || value === '' || value.startsWith('/run/secrets/');
        expect({ service, name, isPlain }).toEqual({ service, name, isPlain: true });
        expect(value).not.toMatch(/:\/\/[^/@]*:[^/@]*@/u);
      }
    }
  });

  it.each(Object.keys(filled).filter((name) => name !== 'DOCKER_GID'))(
    'does not start without %s, and says so',
    (name) => {
      const { status, stderr } = run(copied(name), 'docker', 'compose', '--profile', 'agent', 'config', '--quiet');
      expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(name) });
    },
  );
});

describe('what Compose is given', () => {
  it('has each of its variables explained, and explains no other', () => {
    const text = readFileSync(join(shipped, 'compose.yaml'), 'utf8');
    const used = new Set(Array.from(text.matchAll(/(?<!\$)\$\{([A-Z_]+)/gu), ([, name]) => name));
    const example = readFileSync(join(shipped, '.env.example'), 'utf8');
    const explained = Array.from(example.matchAll(/^([A-Z_]+)=/gmu), ([, name]) => name);
    expect(new Set(explained)).toEqual(used);
    expect(Object.keys(filled).filter((name) => !explained.includes(name))).toEqual([]);
  });

  it('has its secrets made once, for their owner alone', () => {
    const folder = folderWith({});
    cpSync(shipped, folder, { recursive: true });
    const made = run(folder, './init.sh', '--self-signed', 'waterflow.test');
    expect(made).toMatchObject({ status: 0, stderr: '' });
    const read = (name: string): string => readFileSync(join(folder, 'secrets', name), 'utf8');
    const before = ['postgres-password', 'admin-key', 'tls.pem', 'tls-key.pem'].map(read);
    expect(before[0]).toMatch(/^[0-9a-f]{64}\n$/u);
    expect(run(folder, './init.sh')).toEqual(made);
    expect(['postgres-password', 'admin-key', 'tls.pem', 'tls-key.pem'].map(read)).toEqual(before);
    for (const name of ['postgres-password', 'admin-key', 'agent-key', 'tls-key.pem']) {
      expect(statSync(join(folder, 'secrets', name)).mode & 0o777).toBe(0o600);
    }
    const owner = process.getuid?.() === 0 ? 10_001 : process.getuid?.();
    expect(made.stdout).toBe(`WATERFLOW_UID=${owner}\n`);
    for (const name of ['secrets', 'secrets/admin-key', 'state/server']) {
      expect(statSync(join(folder, name)).uid).toBe(owner);
    }
  });

  it('is a configuration that a server takes', async () => {
    const folder = folderWith({ 'admin-key': 'a-key-of-the-test\n' });
    chmodSync(join(folder, 'admin-key'), 0o600);
    const text = readFileSync(join(shipped, 'server.yaml'), 'utf8');
    writeFileSync(join(folder, 'server.yaml'), text.replace('/run/secrets/admin-key', 'admin-key'));
    const shown = await waterflow(['config', 'show', '--role', 'server', '--config', 'server.yaml', '--json'], {
      cwd: folder,
    });
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    const { FRONT_SUBNET } = Object.fromEntries(
      readFileSync(join(shipped, '.env.example'), 'utf8')
        .split('\n')
        .map((line) => line.split('=')),
    ) as Record<string, string>;
    expect(parse(text)).toMatchObject({ 'trusted-proxies': [FRONT_SUBNET] });
  });

  it.skipIf(!hasNginx)('is a configuration that nginx takes', () => {
    const folder = folderWith({});
    cpSync(shipped, folder, { recursive: true });
    run(folder, './init.sh', '--self-signed', 'waterflow.test');
    const text = readFileSync(join(shipped, 'nginx.conf'), 'utf8')
      .replaceAll('/tmp/', `${folder}/`)
      .replaceAll('/run/secrets/tls-certificate', join(folder, 'secrets/tls.pem'))
      .replaceAll('/run/secrets/tls-key', join(folder, 'secrets/tls-key.pem'));
    writeFileSync(join(folder, 'tried.conf'), text);
    const { status, stderr } = run(folder, 'nginx', '-t', '-q', '-e', 'stderr', '-c', join(folder, 'tried.conf'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });
});
