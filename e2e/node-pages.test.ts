/** Each node has a page that a user finds all on, whose examples are run. */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sectionsOf } from '../cli/plugin-page/sections.ts';
import { root } from './command.ts';
import { blocksIn, selected } from '../tools/code-blocks/blocks.ts';

const nodes = readdirSync(join(root, 'plugins'));
const examples = globSync('examples/**/*.yml', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'));

describe.each(nodes)('the page of %s', (node) => {
  const page = `plugins/${node}/README.md`;
  const text = readFileSync(join(root, page), 'utf8');
  const { lead, sections } = sectionsOf(text);

  it('says what it is for, takes and may do, shows it, and says what to do when it fails', () => {
    expect(lead).not.toBe('');
    const headings = sections.map(({ heading }) => heading);
    expect(headings).toEqual(expect.arrayContaining(['Inputs', 'Permissions, and why', 'Examples', 'When it fails']));
    const failures = sections.find(({ heading }) => heading === 'When it fails');
    expect(failures?.text).toMatch(/^\| --- \|/mu);
  });

  it('has three examples or more', () => {
    expect(selected(blocksIn(page, text), { language: 'yaml', begins: '- ' }).length).toBeGreaterThanOrEqual(3);
  });

  it('is about what an example workflow uses, too', () => {
    const isShort = node === 'run';
    expect(examples.some((text) => text.includes(`uses: ${node}@v1`) || (isShort && /- run: /u.test(text)))).toBe(true);
  });
});
