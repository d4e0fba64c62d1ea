import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { AgentPresence } from '../../agent/worker/protocol.ts';
import { compile } from '../../dsl/index.ts';
import type { Catalogue } from '../../server/catalogue.ts';
import { processTerminal } from '../terminal.ts';
import { reportOf } from './plugin-identities.ts';
import { withUpdates } from './plugin-updates.ts';
import { openPlugins } from './plugins.ts';
import { openServerCatalogue } from './server-catalogue.ts';
import { nodesWithAgents } from './temporal-nodes.ts';

const terminal = processTerminal(process);
const plugins = openPlugins(terminal, []);
// No test of these asks for runs.
const own = openServerCatalogue(terminal, { records: { runs: {} as never } });

/** An agent as it reports itself, with plugins in a folder of its own: the inputs of each, by its name and version. */
async function agentWith(name: string, installed: Readonly<Record<string, string>>): Promise<AgentPresence> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-nodes-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [plugin, inputs] of Object.entries(installed)) {
    const [called, version] = plugin.split('@');
    mkdirSync(join(folder, plugin));
    const manifest = `name: ${called}\nversion: ${version}\ndescription: Deploys.\nruntime: isolate\nmain: index.ts\ninputs: ${inputs}\n`;
    writeFileSync(join(folder, plugin, 'plugin.yaml'), manifest);
    writeFileSync(join(folder, plugin, 'index.ts'), 'export default () => ({});\n');
  }
  const report = await reportOf(openPlugins({ ...terminal, env: { ...terminal.env, PLUGIN_DIR: folder } }, []));
  return {
    ...report,
    name,
    session: name,
    version: '1.0.0',
    os: 'Linux',
    arch: 'X64',
    labels: [],
    confinement: 3,
    queues: { web: 1 },
    started_at: 0,
    state: 'online',
    since: 0,
  };
}

/** A server's catalogue over these agents, as it is after it has asked for them. */
async function catalogueOf(agents: readonly AgentPresence[]): Promise<ReturnType<typeof nodesWithAgents>> {
  const nodes = nodesWithAgents(own, { agents: async () => agents, builtIn: plugins.builtInNames });
  await nodes.renewNodes();
  return nodes;
}

/** Errors alone: of plugins that are not pinned workflows are warned. */
function errorsIn(step: string, catalogue: Catalogue['nodes']) {
  const text = `name: w\non: manual\njobs: { a: { runs-on: web, steps: [${step}] } }\n`;
  return compile(text, { file: 'w.yml', catalogue }).diagnostics.filter(({ severity }) => severity === 'error');
}

describe("a server's nodes", () => {
  it('are those of its agents, too, checked by what these tell of them', async () => {
    const { nodes } = await catalogueOf([
      await agentWith('one', { 'deploy@1.2.0': '{ to: { type: string, required: true } }' }),
    ]);
    expect(errorsIn('{ uses: deploy@v1, with: { to: here } }', nodes)).toEqual([]);
    expect(errorsIn('{ uses: deploy@v1, with: { too: here, to: here } }', nodes)).toMatchObject([
      { code: 'UNKNOWN_INPUT' },
    ]);
    expect(errorsIn('{ uses: deploy@v1 }', nodes)).toMatchObject([{ code: 'MISSING_INPUT' }]);
    expect(errorsIn('{ uses: deploy@v2 }', nodes)).toMatchObject([
      { code: 'PLUGIN_NOT_FOUND', remedy: expect.stringContaining('deploy@v1') },
    ]);
  });

  it('say what a later version that another agent has asks for beyond them', async () => {
    const net = (host: string) => `{}\npermissions: { net: [{ url: "https://${host}/**", reason: asks it }] }`;
    const listing = await catalogueOf([
      await agentWith('one', { 'deploy@1.2.0': net('one.example') }),
      await agentWith('two', { 'deploy@1.3.0': net('two.example'), 'deploy@2.0.0-beta': '{}' }),
    ]);
    const found = (await withUpdates({ ...own, ...listing }).listPlugins()).filter(({ name }) => name === 'deploy');
    const asks = { about: 'net', what: expect.stringContaining('one.example'), reason: 'asks it' };
    const more = [{ about: 'net', what: expect.stringContaining('two.example'), reason: 'asks it', kind: 'added' }];
    expect(found.find(({ version }) => version === '1.2.0')).toMatchObject({
      asks: [asks],
      update: { version: '1.3.0', more },
    });
    for (const version of ['1.3.0', '2.0.0-beta']) {
      expect(found.find((plugin) => plugin.version === version)).not.toHaveProperty('update');
    }
  });

  it('are listed once, however many agents have them', async () => {
    const installed = { 'deploy@1.2.0': '{}' };
    const listing = await catalogueOf([await agentWith('one', installed), await agentWith('two', installed)]);
    const found = (await listing.listPlugins()).filter(({ name }) => name === 'deploy');
    expect(found).toMatchObject([{ uses: 'deploy@v1', version: '1.2.0', source: 'installed', built_in: false }]);
    expect(found[0]?.digest).toMatch(/^sha256:/u);
    const names = (await listing.listNodes()).map(({ name }) => name);
    expect(names.filter((name) => name === 'run')).toEqual(['run']);
  });

  it('are not replaced where an agent reports something else as a node that comes with Waterflow', async () => {
    const agent = await agentWith('one', { 'deploy@1.2.0': '{}' });
    const manifests = (agent.manifests ?? []).map((one) => ({
      ...one,
      manifest: { ...Object(one.manifest), name: 'run' },
    }));
    const { nodes } = await catalogueOf([{ ...agent, manifests }]);
    expect(errorsIn('{ run: echo }', nodes)).toEqual([]);
    expect(nodes.find('run@v1')).toMatchObject({ node: { origin: 'built-in' } });
  });

  it('lack what is no manifest, and say what to do about a plugin that is known by its name alone', async () => {
    const agent = await agentWith('one', { 'deploy@1.2.0': '{}' });
    const broken = { ...agent, manifests: [{ digest: `sha256:${'0'.repeat(64)}` as const, manifest: { name: 7 } }] };
    const { manifests: _, ...before } = agent;
    for (const other of [broken, before]) {
      const { nodes } = await catalogueOf([other]);
      expect(errorsIn('{ uses: deploy@v1 }', nodes)).toMatchObject([
        {
          code: 'PLUGIN_INVALID',
          message: expect.stringContaining('(one)'),
          remedy: expect.stringContaining('the server'),
        },
      ]);
    }
  });

  it('stay as they were known while agents cannot be asked', async () => {
    const agent = await agentWith('one', { 'deploy@1.2.0': '{}' });
    let isReached = true;
    const listing = nodesWithAgents(own, {
      agents: async () => {
        if (!isReached) throw new Error('Temporal is gone');
        return [agent];
      },
      builtIn: plugins.builtInNames,
    });
    await listing.renewNodes();
    isReached = false;
    await listing.renewNodes();
    expect(errorsIn('{ uses: deploy@v1 }', listing.nodes)).toEqual([]);
  });
});

describe('an agent', () => {
  it('tells of its own plugins as much as Temporal carries well', async () => {
    const long = (index: number): string =>
      `{ text: { type: string, description: "${String(index).padEnd(12_000, 'x')}" } }`;
    const { plugins: all, manifests = [] } = await agentWith('one', {
      'a@1.0.0': long(1),
      'b@1.0.0': long(2),
      'c@1.0.0': long(3),
      'd@1.0.0': '{}',
    });
    const own = ['a', 'b', 'c', 'd'];
    expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(own));
    expect(manifests.map(({ manifest }) => Object(manifest)['name'])).toEqual(['a', 'b', 'd']);
  });
});
