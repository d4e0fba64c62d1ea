/** The manifests of Kubernetes: what refers to what, and that the programs take their settings. `npm run test:kubernetes` holds them against its schemas. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { newPayloadKey } from '../engine/temporal/payloads/payload-keys.ts';
import { folderWith, root, waterflow } from './command.ts';

const folder = join(root, 'deploy/kubernetes');

/** As much of a resource as is looked at. */
interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: object };
    readonly podSelector?: { readonly matchLabels?: object };
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec };
  };
}

interface PodSpec {
  readonly securityContext: object;
  readonly automountServiceAccountToken: boolean;
  readonly serviceAccountName: string;
  readonly hostUsers?: boolean;
  readonly containers: readonly {
    readonly image: string;
    readonly args: readonly string[];
    readonly securityContext: object;
    readonly volumeMounts: readonly { readonly name: string }[];
    readonly env: readonly { readonly name: string; readonly value?: string }[];
    readonly readinessProbe?: { readonly httpGet: { readonly path: string } };
  }[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly defaultMode: number };
  }[];
}

interface Base {
  readonly generated: readonly string[];
  readonly all: readonly Resource[];
  readonly pods: PodSpec;
}

function readBase(name: string): Base {
  const read = (file: string): string => readFileSync(join(folder, name, file), 'utf8');
  const { resources, configMapGenerator } = parse(read('kustomization.yaml')) as {
    readonly resources: readonly string[];
    readonly configMapGenerator: readonly { readonly name: string }[];
  };
  const all = resources.flatMap((file) => parseAllDocuments(read(file)).map((document) => document.toJS() as Resource));
  const [pods] = all.flatMap(({ spec }) => spec?.template?.spec ?? []);
  if (pods === undefined) throw new Error('there are no pods');
  return { generated: configMapGenerator.map((one) => one.name), all, pods };
}

const bases = { base: readBase('base'), agents: readBase('agents') };

describe.each(Object.entries(bases))('the manifests of %s', (_name, { generated, all, pods }) => {
  it('refer to what there is', () => {
    const [workload] = all.filter(({ spec }) => spec?.template !== undefined);
    const labels = workload?.spec?.template?.metadata.labels;
    const selectors = all.flatMap(({ spec }) => [spec?.selector?.matchLabels, spec?.podSelector?.matchLabels]);
    for (const selector of selectors.filter((one) => one !== undefined)) expect(labels).toMatchObject(selector);
    const accounts = all.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name);
    expect(accounts).toContain(pods.serviceAccountName);
    const volumes = pods.volumes.map(({ name }) => name);
    for (const { volumeMounts } of pods.containers) {
      for (const { name } of volumeMounts) expect(volumes).toContain(name);
    }
    const maps = pods.volumes.flatMap(({ configMap }) => configMap?.name ?? []);
    expect(maps).toEqual(generated);
  });

  it('hold no secret, and let nobody else read those that they mount', () => {
    expect(all.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const modes = pods.volumes.flatMap(({ secret }) => secret?.defaultMode ?? []);
    expect(modes).toEqual([0o440]);
    for (const { env } of pods.containers) {
      for (const { value = '' } of env) expect(value).not.toMatch(/:\/\/[^/@]*:[^/@]*@/u);
    }
  });

  it('give pods no root, no privilege and no token', () => {
    expect(pods).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true },
      containers: [
        {
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    });
  });
});

describe('servers in Kubernetes', () => {
  it('are two, get requests when they are ready, and keep to the strictest standard of pods', () => {
    const { all, pods } = bases.base;
    expect(all.find(({ kind }) => kind === 'Deployment')?.spec?.replicas).toBe(2);
    expect(pods.securityContext).toMatchObject({ seccompProfile: { type: 'RuntimeDefault' } });
    expect(pods.containers[0]?.securityContext).not.toHaveProperty('procMount');
    expect(pods.containers[0]?.readinessProbe?.httpGet.path).toBe('/readyz');
    const [namespace] = all.filter(({ kind }) => kind === 'Namespace');
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
  });

  it('have settings that a server takes', async () => {
    const place = folderWith({ 'admin-key': 'a-key-of-the-test\n', 'payload-keys': `${newPayloadKey()}\n` });
    for (const name of ['admin-key', 'payload-keys']) chmodSync(join(place, name), 0o600);
    const text = readFileSync(join(folder, 'base/config/server.yaml'), 'utf8');
    writeFileSync(join(place, 'server.yaml'), text.replaceAll('/run/secrets/waterflow/', ''));
    const env = {
      AWS_ACCESS_KEY_ID: 'id',
      AWS_SECRET_ACCESS_KEY: 'key',
      DATABASE_URL: 'postgresql://waterflow@db/waterflow',
    };
    const argv = ['config', 'show', '--role', 'server', '--config', 'server.yaml', '--json'];
    expect(await waterflow(argv, { cwd: place, env })).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('agents in Kubernetes', () => {
  it('have what sandboxes need, in a user namespace, and nothing of the node', () => {
    const { pods } = bases.agents;
    expect(pods.hostUsers).toBe(false);
    expect(pods.containers[0]?.securityContext).toMatchObject({ procMount: 'Unmasked' });
    expect(JSON.stringify(pods)).not.toMatch(/hostPath|hostNetwork|hostPID|privileged/u);
  });

  it('have settings that an agent takes, and a policy without mistakes', async () => {
    const place = folderWith({ 'server-key': 'a-key-of-the-test\n' });
    chmodSync(join(place, 'server-key'), 0o600);
    const config = join(folder, 'agents/config');
    const text = readFileSync(join(config, 'agent.yaml'), 'utf8');
    writeFileSync(
      join(place, 'agent.yaml'),
      text.replaceAll('/run/secrets/waterflow/', '').replace('/etc/waterflow/policy.yaml', join(config, 'policy.yaml')),
    );
    const argv = ['config', 'show', '--role', 'agent', '--config', 'agent.yaml', '--json'];
    expect(await waterflow(argv, { cwd: place })).toMatchObject({ code: 0, stderr: '' });
    expect(await waterflow(['policy', 'check', 'policy.yaml'], { cwd: config })).toMatchObject({ code: 0 });
  });
});
