import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { capabilities } from '../runtime/capabilities/table.ts';
import { checkEntry } from '../runtime/grants/entries.ts';
import { readPolicy } from '../runtime/policy/index.ts';
import type { JsonObject } from '../schemas/index.ts';
import { blocksOn } from '../tools/code-blocks/blocks.ts';

interface Block {
  readonly name: string;
  /** As a whole document. */
  readonly text: string;
  readonly content: unknown;
}

/** Permissions and policies; the pages about workflows are run by tests of their own. */
const blocks: readonly Block[] = [
  ...blocksOn('docs/capabilities.md', { language: 'yaml' }),
  ...blocksOn('docs/policies.md', { language: 'yaml', begins: 'name: report' }),
  ...blocksOn('docs/policies.md', { language: 'yaml', begins: 'version: 1' }),
  ...blocksOn('docs/plugin-authoring.md', { language: 'yaml', begins: 'name: greet' }),
  ...blocksOn('docs/plugin-authoring.md', { language: 'yaml', begins: '  - plugin: ' }),
  ...blocksOn('docs/extism.md', { language: 'yaml', begins: 'name: weather' }),
  ...blocksOn('docs/security-model.md', { language: 'yaml', begins: 'quotas:' }),
  ...blocksOn('docs/trust.md', { language: 'yaml', begins: '  - plugin: ' }),
  ...blocksOn('docs/nodes/*.md', { language: 'yaml', begins: 'permissions:' }),
  ...blocksOn('plugins/*/README.md', { language: 'yaml', begins: 'permissions:' }),
  ...blocksOn('plugins/*/README.md', { language: 'yaml', begins: '  - plugin: ' }),
  ...blocksOn('plugins/docker/README.md', { language: 'yaml', begins: 'version: 1' }),
].map(({ page, line, text }) => {
  const whole = wholePolicy(text);
  return { name: `${page}:${line}`, text: whole, content: parse(whole) as unknown };
});

/** Rules and quotas are shown as they stand in a policy. */
function wholePolicy(text: string): string {
  if (text.startsWith('  - plugin: ')) return `version: 1\nrules:\n${text}`;
  return text.startsWith('quotas:') ? `version: 1\n${text}` : text;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Permission entries by capability, wherever in a document they stand: under `permissions`, `allow`, `deny`, or alone. */
function entriesIn(value: unknown): readonly (readonly [string, JsonObject])[] {
  if (Array.isArray(value)) return value.flatMap(entriesIn);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const isEntries = capabilities.get(key)?.ambient === false && Array.isArray(item) && item.every(isObject);
    // Objects out of YAML are JSON.
    return isEntries ? (item as JsonObject[]).map((entry) => [key, entry] as const) : entriesIn(item);
  });
}

const withEntries = blocks.filter(({ content }) => entriesIn(content).length > 0);
const policies = blocks.filter(({ content }) => isObject(content) && content['version'] === 1 && 'rules' in content);

describe('the permissions in the documentation', () => {
  it.each(withEntries)('$name: holds entries as they are granted', ({ content }) => {
    const problems = entriesIn(content).flatMap(([name, entry]) => {
      const capability = capabilities.get(name);
      return capability === undefined ? [] : checkEntry(capability, entry).map(({ message }) => `${name}: ${message}`);
    });
    expect(problems).toEqual([]);
  });

  it.each(policies)('$name: is a policy', ({ name, text }) => {
    expect(readPolicy(text, name)).toHaveProperty('policy');
  });

  it('are in every block that is taken for one of them', () => {
    const others = blocks.filter((block) => !withEntries.includes(block) && !policies.includes(block));
    expect(others.map(({ name }) => name)).toEqual([]);
    expect(withEntries.length).toBeGreaterThan(8);
    expect(policies.length).toBeGreaterThan(1);
  });
});
