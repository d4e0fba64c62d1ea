import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { capabilities } from '../runtime/capabilities/table.ts';
import { checkEntry } from '../runtime/grants/entries.ts';
import { readPolicy } from '../runtime/policy/index.ts';
import type { JsonObject } from '../schemas/index.ts';
import { root } from './command.ts';

interface Block {
  readonly name: string;
  readonly text: string;
  readonly content: unknown;
}

/** Those about permissions; the pages about workflows are run by tests of their own. */
const pages = ['capabilities', 'plugin-authoring', 'policies', 'security-model'].map((name) => `docs/${name}.md`);

/** The YAML examples of the documentation. */
const blocks: readonly Block[] = pages.flatMap((page) =>
  Array.from(
    readFileSync(join(root, page), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```/gm),
    ({ 1: text = '' }, index) => ({
      name: `${page}, block ${index + 1}`,
      text,
      content: parse(text) as unknown,
    }),
  ),
);

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

  it('is looked for in all pages', () => {
    expect(withEntries.length).toBeGreaterThan(8);
    expect(policies.length).toBeGreaterThan(1);
  });
});
