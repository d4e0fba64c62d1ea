/** No built-in node has any power but by its manifest: with an empty one there is nothing that it could call, and with another one it is denied all that it tries. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { sharedSupervisor } from '../../runtime/testing/supervisors.ts';
import type { AbsolutePath, JsonObject } from '../../schemas/index.ts';
import { createTestAgent, repository, type TestAgent } from '../executor/testing/agent.ts';

/** Nobody listens there. */
const nowhere = { host: '127.0.0.1', port: 9 };

/** What makes each node do something at once. */
const actions: Readonly<Record<string, JsonObject>> = {
  ansible: { playbook: 'site.yml', hosts: ['localhost'] },
  cache: { mode: 'save', path: 'kept', key: 'k' },
  checkout: { repository: '/nowhere/project.git', path: 'src' },
  docker: { image: 'waterflow.test/none:1', pull: 'never' },
  'docker-compose': { images: ['waterflow.test/none:1'] },
  'file-transfer': {
    ...nowhere,
    mode: 'upload',
    user: 'ada',
    'host-key': `SHA256:${'A'.repeat(43)}`,
    password: 'p',
    from: 'kept',
    to: 'there',
  },
  http: { url: `http://${nowhere.host}:${nowhere.port}/` },
  notify: { via: 'webhook', url: `http://${nowhere.host}:${nowhere.port}/`, message: 'm' },
  run: { script: 'touch made' },
};

/** Allows all that is asked for, private addresses too. */
const policy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: built-in, allow: requested, profile: host }
  - { plugin: file-transfer, allow: { ssh: [{ host: "*", port: "*", user: "*", read: /**, write: /**, private: true }], fs: [{ read: "**" }] } }
  - { plugin: http, allow: { net: [{ url: "http://*:*/**", methods: ["*"], headers: ["*"], private: true }] } }
  - { plugin: notify, allow: { net: [{ url: "http://*:*/**", methods: ["*"], headers: ["*"], private: true }] } }
`;

/** Of every capability something that no node is about: then the calls are there to be made. */
const elsewhere: JsonObject = {
  exec: [{ command: 'no-such-program', args: [], reason: 'none' }],
  docker: [{ images: ['nowhere.example/none:1'], operations: ['run', 'pull', 'build'], reason: 'none' }],
  net: [{ url: 'https://nowhere.example/', methods: ['GET'], reason: 'none' }],
  mail: [{ host: 'nowhere.example', from: 'a@nowhere.example', to: 'b@nowhere.example', reason: 'none' }],
  ssh: [{ host: 'nowhere.example', user: 'nobody', read: '/none', reason: 'none' }],
  fs: [{ read: 'no/such/path', write: 'no/such/path', reason: 'none' }],
  store: [{ keys: 'no-such-key', archives: '1MiB', reason: 'none' }],
};

const supervisor = sharedSupervisor();
const folder = mkdtempSync(join(tmpdir(), 'waterflow-unprivileged-'));
let whole: TestAgent;
let emptied: TestAgent;
let strayed: TestAgent;
beforeAll(async () => {
  whole = await createTestAgent({ supervisor: supervisor(), policy });
  emptied = await createTestAgent({ supervisor: supervisor(), policy, builtIn: nodesThatAskFor({}, 'emptied') });
  strayed = await createTestAgent({ supervisor: supervisor(), policy, builtIn: nodesThatAskFor(elsewhere, 'strayed') });
  for (const { claim } of [whole, emptied, strayed]) {
    mkdirSync(join(claim.workspace, 'kept'));
    writeFileSync(join(claim.workspace, 'kept/file.txt'), 'kept');
    writeFileSync(join(claim.workspace, 'site.yml'), '- hosts: all\n  gather_facts: false\n  tasks: []\n');
    writeFileSync(join(claim.workspace, 'docker-compose.yml'), 'services: { a: { image: "waterflow.test/none:1" } }\n');
  }
});
afterAll(async () => {
  for (const agent of [whole, emptied, strayed]) await agent[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

/** The nodes with other permissions than their own. */
function nodesThatAskFor(permissions: JsonObject, name: string): AbsolutePath {
  const copy = join(folder, name) as AbsolutePath; // Below tmpdir(), which is absolute.
  cpSync(join(repository, 'plugins'), copy, { recursive: true });
  for (const node of readdirSync(copy)) {
    const file = join(copy, node, 'plugin.yaml');
    const manifest = parse(readFileSync(file, 'utf8')) as JsonObject; // One of ours.
    if (manifest['runtime'] !== 'control') writeFileSync(file, stringify({ ...manifest, permissions }));
  }
  return copy;
}

/** What is in the workspace. */
const filesOf = ({ claim }: TestAgent): readonly unknown[] => readdirSync(claim.workspace, { recursive: true });

it('there is an action for every node that runs in a sandbox', () => {
  const manifests = readdirSync(join(repository, 'plugins')).map(
    (name) => parse(readFileSync(join(repository, 'plugins', name, 'plugin.yaml'), 'utf8')) as JsonObject,
  );
  const sandboxed = manifests.filter(({ runtime }) => runtime !== 'control').map(({ name }) => name);
  expect(new Set(Object.keys(actions))).toEqual(new Set(sandboxed));
});

describe.each(Object.entries(actions))('%s', (name, inputs) => {
  it('finds nothing to call when its manifest asks for nothing', async () => {
    const before = filesOf(emptied);
    const { result, calls } = await emptied.run({ uses: `${name}@v1`, with: inputs });
    expect(result).toMatchObject({ outcome: 'failure', error: { message: expect.stringContaining('undefined') } });
    expect(calls.filter(({ capability }) => capability in elsewhere)).toEqual([]);
    expect(filesOf(emptied)).toEqual(before);
  });

  it('is denied every call when its manifest asks for something else', async () => {
    const before = filesOf(strayed);
    const { result, calls } = await strayed.run({ uses: `${name}@v1`, with: inputs });
    expect(result).toMatchObject({ outcome: 'failure' });
    const decisions = calls.filter(({ capability }) => capability in elsewhere).map(({ decision }) => decision);
    expect(new Set(decisions)).toEqual(new Set(['denied']));
    expect(filesOf(strayed)).toEqual(before);
  });

  it('is allowed the same calls with what it asks for', async () => {
    const { calls } = await whole.run({ uses: `${name}@v1`, with: inputs });
    const allowed = calls.filter(({ capability, decision }) => capability in elsewhere && decision === 'allowed');
    expect(allowed).not.toEqual([]);
  });
});
