import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { PluginManifest } from '../schemas/generated/manifest.ts';
import { errorKinds, type JsonObject } from '../schemas/index.ts';
import type { NodeCatalogue, NodeDescription } from './api.ts';
import { compile, renderDiagnostic } from './index.ts';
import { concurrencyKeys } from './read/concurrency.ts';
import { runDefaultsKeys } from './read/defaults.ts';
import { environmentKeys } from './read/environment.ts';
import { fleetKeys } from './read/fleet.ts';
import { inputKeys } from './read/inputs.ts';
import { jobKeys } from './read/job.ts';
import { retryKeys } from './read/retry.ts';
import { scheduleKeys } from './read/schedule.ts';
import { stepKeys } from './read/step-action.ts';
import { strategyKeys } from './read/strategy.ts';
import { webhookKeys } from './read/webhook.ts';
import { workflowKeys } from './read/workflow.ts';
import { workflowCallKeys } from './read/workflow-call.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';

const root = new URL('../', import.meta.url);
const page = readFileSync(new URL('docs/workflow-syntax.md', root), 'utf8');

/** The nodes that come with Waterflow, by their manifests. */
function builtInNodes(): readonly NodeDescription[] {
  return readdirSync(new URL('plugins/', root)).map((folder): NodeDescription => {
    // Manifests are checked where plugins are tested.
    const manifest = parse(readFileSync(new URL(`plugins/${folder}/plugin.yaml`, root), 'utf8')) as PluginManifest;
    return {
      uses: `${manifest.name}@v${manifest.version.split('.')[0]}`,
      description: manifest.description,
      runtime: manifest.runtime,
      // A field of a manifest is a JSON object.
      inputs: (manifest.inputs ?? {}) as Readonly<Record<string, JsonObject>>,
      outputs: (manifest.outputs ?? {}) as Readonly<Record<string, JsonObject>>,
      dynamic_outputs: manifest['dynamic-outputs'] === true,
    };
  });
}

const nodes = builtInNodes();
const catalogue: NodeCatalogue = {
  find: (uses) => {
    const node = nodes.find((candidate) => candidate.uses === uses);
    return node === undefined ? { missing: 'it does not come with Waterflow' } : { node };
  },
  names: () => nodes.map(({ uses }) => uses),
  permissionSchemas: () => ({ net: {}, exec: {}, fs: {}, secrets: {} }),
};

/** A YAML example of the page as a whole file: steps become a job, and a file without jobs gets one. */
function wholeFile(example: string): string {
  if (/^steps:/m.test(example)) return `jobs:\n  job:\n${example.replace(/^(?=.)/gm, '    ')}`;
  return /^jobs:/m.test(example) ? example : `${example}\njobs: { job: { steps: [{ run: make }] } }\n`;
}

/** A file that another example calls begins with its name. */
function readExample(path: string): { readonly source: string } | { readonly missing: string } {
  const source = examples.find((example) => example.startsWith(`# ${path}\n`));
  return source === undefined ? { missing: 'no example has that name' } : { source };
}

const examples = blocksOn('docs/workflow-syntax.md', { language: 'yaml' }).map(({ text }) => text);

describe('docs/workflow-syntax.md', () => {
  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(8);
  });

  it.each(examples)('has an example that compiles: %s', (example) => {
    const source = wholeFile(example);
    const { plan, diagnostics } = compile(source, { file: 'example.yml', catalogue, readWorkflow: readExample });
    expect(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, source))).toEqual([]);
    expect(plan).toBeDefined();
  });

  it.each([
    workflowKeys,
    jobKeys,
    stepKeys,
    strategyKeys,
    retryKeys,
    inputKeys,
    concurrencyKeys,
    environmentKeys,
    fleetKeys,
    runDefaultsKeys,
    scheduleKeys,
    webhookKeys,
    workflowCallKeys,
  ])('names every key of $what', ({ keys }) => {
    expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });

  it('names only codes that there are', () => {
    const codes = [...page.matchAll(/`([A-Z]+_[A-Z_]+)`/g)].map((match) => match[1] ?? '');
    expect(
      codes.filter((code) => !Object.hasOwn(errorKinds, code) && !/^(WATERFLOW_.*|WEBHOOK_SECRET)$/.test(code)),
    ).toEqual([]);
  });
});
