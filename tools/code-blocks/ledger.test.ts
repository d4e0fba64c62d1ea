import { describe, expect, it } from 'vitest';
import { blockOn, blocksIn, blocksOn, digestOf } from './blocks.ts';
import { declarationsIn } from './declared.ts';
import { type Ledger, ledgerOf } from './ledger.ts';
import { repositoryLedger, shownIn } from './repository.ts';

const page = `# Serve

    waterflow server    # set off by spaces

## Configure

\`site/server.yaml\`:

\`\`\`yaml
port: 1
# no heading
\`\`\`

- An entry of a list:

      is no block

  \`\`\`sh
  make
  \`\`\`
`;
const blocks = blocksIn('docs/a.md', page);

describe('the blocks of a page', () => {
  it('are those with fences, in lists too, and those set off by spaces', () => {
    const place = { page: 'docs/a.md', file: undefined };
    expect(blocks).toEqual([
      { ...place, line: 3, language: 'indented', under: 'Serve', text: 'waterflow server    # set off by spaces\n' },
      {
        ...place,
        line: 9,
        language: 'yaml',
        under: 'Configure',
        file: 'site/server.yaml',
        text: 'port: 1\n# no heading\n',
      },
      { ...place, line: 18, language: 'sh', under: 'Configure', text: 'make\n' },
    ]);
  });

  it('are taken by what they are, and never none', () => {
    const missing = { language: 'cobol' };
    expect(() => blocksOn('docs/server.md', missing)).toThrow('docs/server.md has no block {"language":"cobol"}');
    expect(() => blockOn('docs/server.md', missing)).toThrow('has no block');
    const many = { language: 'yaml' };
    expect(() => blockOn('docs/*.md', many)).toThrow('and one is meant');
  });
});

const source = (selection: string): string => `\nit('runs', () => {\n  run(blocksOn(${selection}));\n});\n`;

/** What a ledger of the page says, with a test and a list of what is only shown. */
function ledger(selections: readonly string[], list = ''): Ledger {
  const declarations = selections.flatMap((each) => declarationsIn('a.test.ts', source(each)).declarations);
  return ledgerOf({ blocks, declarations, shown: shownIn(list) });
}

const listed = (digest: string, begins: string): string =>
  `docs/a.md:\n  - digest: '${digest}'\n    begins: ${begins}\n    because: it serves for ever\n`;
const [server, yaml, make] = blocks.map(digestOf);

describe('the ledger', () => {
  it('knows of each block which test runs it, or why none does', () => {
    const selections = ["'docs/*.md', { language: 'yaml', named: true }", "'docs/a.md', { begins: 'make' }"];
    const { entries, problems } = ledger(selections, listed(String(server), 'waterflow server    # set off by spaces'));
    expect(problems.map(({ message }) => message)).toEqual([
      'the block begins with another line than "waterflow server"',
    ]);
    expect(entries.map(({ by, because }) => [by, because])).toEqual([
      [[], 'it serves for ever'],
      [['a.test.ts'], undefined],
      [['a.test.ts'], undefined],
    ]);
  });

  it('finds a block that nobody runs, with its place and what to do', () => {
    const { problems } = ledger(["'docs/a.md', { language: 'indented' }", "'docs/a.md', { language: 'sh' }"]);
    expect(problems).toEqual([
      {
        file: 'docs/a.md',
        line: 9,
        message: 'no test runs this block (yaml): port: 1',
        remedy: expect.stringContaining(`with the digest ${yaml}`),
      },
    ]);
  });

  it('finds a test of a block that is gone', () => {
    const { problems } = ledger(["'docs/a.md'", "'docs/a.md', { begins: 'cmake' }", "'docs/b.md'"]);
    expect(problems.map(({ file, line, message }) => [file, line, message])).toEqual([
      ['a.test.ts', 3, 'docs/a.md has no block {"begins":"cmake"}'],
      ['a.test.ts', 3, 'docs/b.md has no block {}'],
    ]);
  });

  it('finds a reason whose block was changed, and one whose block is run', () => {
    const list = listed('000000000000', 'make') + listed(String(make), 'make').replace('docs/a.md:\n', '');
    const { problems } = ledger(["'docs/a.md'"], list);
    expect(problems.map(({ file, line, message }) => [file, line, message])).toEqual([
      ['tools/code-blocks/shown.yaml', 2, 'docs/a.md has no block 000000000000 (make)'],
      ['tools/code-blocks/shown.yaml', 5, 'a.test.ts runs the block'],
    ]);
  });

  it('has the copies of a block run with it', () => {
    const copies = [...blocks, ...blocksIn('docs/copy.md', page)];
    const { declarations } = declarationsIn('a.test.ts', source("'docs/a.md'"));
    expect(ledgerOf({ blocks: copies, declarations, shown: [] }).problems).toEqual([]);
  });

  it.each(['page', "'docs/a.md', selection", "'docs/a.md', { begin: 'x' }", "'docs/a.md', { begins: 'a\\n' }"])(
    'takes no declaration that it cannot read: %s',
    (selection) => {
      const { declarations, problems } = declarationsIn('a.test.ts', source(selection));
      expect(declarations).toEqual([]);
      expect(problems).toEqual([expect.objectContaining({ file: 'a.test.ts', line: 3 })]);
    },
  );

  it('of this repository has each page', () => {
    const { entries, problems } = repositoryLedger();
    expect(problems).toEqual([]);
    expect(entries.length).toBeGreaterThan(400);
    for (const each of ['README.md', 'docs/server.md', 'plugins/run/README.md', 'plugin-templates/go/README.md']) {
      expect(entries.some(({ block }) => block.page === each)).toBe(true);
    }
  });
});
