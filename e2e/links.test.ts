import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from './command.ts';

const pages: readonly string[] = globSync(
  ['*.md', 'docs/**/*.md', 'plugins/*/README.md', 'examples/**/README.md', 'clients/*/README.md'],
  {
    cwd: root,
  },
);

/** As GitHub makes anchors: lower case, no punctuation, hyphens for spaces. */
function anchorsOf(page: string): ReadonlySet<string> {
  const headings = readFileSync(page, 'utf8').matchAll(/^#+ (.+)$/gm);
  return new Set(
    Array.from(headings, ([, text = '']) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .trim()
        .replaceAll(/\s/g, '-'),
    ),
  );
}

/** Links of a page that lead nowhere. */
function deadLinks(page: string): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8').replaceAll(/^```[\s\S]*?^```/gm, '');
  const targets = Array.from(text.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
  return targets.filter((target) => {
    if (/^[a-z]+:/.test(target)) return false;
    const [path = '', anchor] = target.split('#');
    const file = path === '' ? join(root, page) : resolve(root, dirname(page), path);
    if (!existsSync(file)) return true;
    return anchor !== undefined && !(statSync(file).isFile() && anchorsOf(file).has(anchor));
  });
}

describe('the documentation', () => {
  it.each(pages)('%s has no link that leads nowhere', (page) => {
    expect(deadLinks(page)).toEqual([]);
  });

  it('names only attacks that there are, and all groups of them', () => {
    const model = readFileSync(join(root, 'docs/security-model.md'), 'utf8');
    const named = new Set(
      Array.from(model.matchAll(/`([a-z]+)\/(\*|[a-z-]+)`/g), ([, group, name]) => `${group}/${name}`),
    );
    const attacks = globSync('runtime/attacks/*/*/attack.yaml', { cwd: root }).map((file) =>
      dirname(relative('runtime/attacks', file)),
    );
    const groups = new Set(attacks.map((attack) => `${dirname(attack)}/*`));
    expect([...named].filter((name) => !groups.has(name) && !attacks.includes(name))).toEqual([]);
    expect([...groups].filter((group) => !named.has(group))).toEqual([]);
  });
});
