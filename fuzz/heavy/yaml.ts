import { type HeavyInput, heavy, jobs, script } from './input.ts';

/** YAML itself: deep, long, mistaken, full of anchors. */
export const heavyYaml: readonly HeavyInput[] = [
  heavy('flow lists in each other', { of: 'levels', size: 200_000 }, (size) => `jobs: ${'['.repeat(size)}`),
  heavy(
    'flow lists in each other, closed',
    { of: 'levels', size: 10_000 },
    (size) => `jobs: ${'['.repeat(size)}${']'.repeat(size)}`,
  ),
  heavy('flow mappings in each other', { of: 'levels', size: 40_000 }, (size) => `jobs: ${'{a: '.repeat(size)}`),
  heavy('block lists in each other', { of: 'levels', size: 100_000 }, (size) => '- '.repeat(size)),
  heavy('indented keys in each other', { of: 'levels', size: 900 }, (size) =>
    Array.from({ length: size }, (_, at) => `${' '.repeat(at)}a:`).join('\n'),
  ),
  heavy('questions in each other', { of: 'levels', size: 100_000 }, (size) => '? '.repeat(size)),
  heavy(
    'steps in each other',
    { of: 'levels', size: 10_000 },
    (size) =>
      `jobs: { a: { steps: ${'[{ uses: if@v1, with: { condition: true, then: '.repeat(size)}[]${'} }]'.repeat(size)} } }`,
  ),
  heavy('unknown keys', { of: 'keys', size: 20_000 }, (size) =>
    Array.from({ length: size }, (_, at) => `jbos${at}: 1`).join('\n'),
  ),
  heavy('a key many times', { of: 'keys', size: 20_000 }, (size) => 'name: a\n'.repeat(size)),
  heavy('long keys', { of: 'bytes', size: 500_000 }, (size) => `${'k'.repeat(size)}: 1\n`),
  heavy('one long line', { of: 'bytes', size: 1_000_000 }, (size) => script('x'.repeat(size))),
  heavy('one long line, just short enough', { of: 'bytes', size: 520_000 }, (size) => script('x'.repeat(size))),
  heavy('a long job id', { of: 'bytes', size: 500_000 }, (size) =>
    jobs([`${'j'.repeat(size)}: { steps: [{ run: x }] }`]),
  ),
  heavy('a long text without an end', { of: 'bytes', size: 500_000 }, (size) => `name: "${'a '.repeat(size / 2)}`),
  heavy(
    'escapes in a text',
    { of: 'escapes', size: 80_000 },
    (size) => `name: "${String.raw`\u0061`.repeat(size)}"\n${script('true')}`,
  ),
  heavy(
    'expressions after escapes',
    { of: 'expressions', size: 12_000 },
    (size) =>
      `name: "${String.raw`\x61\x62 $`.concat('{{ vars.a }}').concat('\\\n  ').repeat(size)}"\n${script('true')}`,
  ),
  heavy(
    'expressions in folded lines',
    { of: 'lines', size: 20_000 },
    (size) => `jobs:\n  a:\n    steps:\n      - run: >\n${'          x ${{ vars.a }}\n'.repeat(size)}`,
  ),
  heavy(
    'wrong expressions in literal lines',
    { of: 'lines', size: 15_000 },
    (size) => `jobs:\n  a:\n    steps:\n      - run: |\n${'          x ${{ vrs.a }}\n'.repeat(size)}`,
  ),
  heavy(
    'a script of short lines',
    { of: 'lines', size: 20_000 },
    (size) => `jobs:\n  a:\n    steps:\n      - run: |\n${'          echo "$A"\n'.repeat(size)}`,
  ),
  heavy('comments', { of: 'lines', size: 60_000 }, (size) => `${'# note\n'.repeat(size)}${script('true')}`),
  heavy('empty lines', { of: 'lines', size: 500_000 }, (size) => `${'\n'.repeat(size)}${script('true')}`),
  heavy(
    'spaces at the end of lines',
    { of: 'spaces', size: 500_000 },
    (size) => `name: a${' '.repeat(size)}\n${script('true')}`,
  ),
  heavy('tabs', { of: 'lines', size: 20_000 }, (size) => '\ta:\tb\n'.repeat(size)),
  heavy('tabs that grow', { of: 'lines', size: 900 }, (size) =>
    Array.from({ length: size }, (_, at) => `${'\t'.repeat(at)}a:`).join('\n'),
  ),
  heavy('documents', { of: 'documents', size: 20_000 }, (size) => '---\na: 1\n'.repeat(size)),
  heavy('directives', { of: 'directives', size: 20_000 }, (size) => '%YAML 1.1\n'.repeat(size)),
  heavy('mistakes of YAML', { of: 'lines', size: 20_000 }, (size) => 'a: b: c: [\n'.repeat(size)),
  heavy('ends without beginnings', { of: 'brackets', size: 70_000 }, (size) => '}]'.repeat(size / 2)),
  heavy(
    'anchors',
    { of: 'anchors', size: 20_000 },
    (size) => `x: [${Array.from({ length: size }, (_, at) => `&a${at} 1`).join(', ')}]\n`,
  ),
  heavy(
    'anchors, more than a file may have',
    { of: 'anchors', size: 100_000 },
    (size) => `x: [${Array.from({ length: size }, (_, at) => `&a${at} 1`).join(', ')}]\n`,
  ),
  heavy(
    'aliases',
    { of: 'aliases', size: 20_000 },
    (size) => `env: &e { A: b }\njobs: { a: { steps: [${'{ run: x, env: *e }, '.repeat(size / 4)}] } }\n`,
  ),
  heavy(
    'aliases of aliases',
    { of: 'levels', size: 1_000 },
    (size) =>
      `x0: &a0 [1]\n${Array.from({ length: size }, (_, at) => `x${at + 1}: &a${at + 1} [*a${at}, *a${at}]`).join('\n')}\n`,
  ),
  heavy(
    'aliases of a long list of wrong expressions',
    { of: 'aliases', size: 200 },
    (size) =>
      `env: &e {${Array.from({ length: 300 }, (_, at) => `A${at}: "\${{ x.y }}"`).join(', ')}}\njobs:\n${Array.from({ length: size }, (_, at) => `  j${at}: { env: *e, steps: [{ run: x }] }`).join('\n')}\n`,
  ),
  heavy(
    'aliases of one large text',
    { of: 'aliases', size: 2_000 },
    (size) =>
      `env: { A: &t "${'${{ vars.a }}'.repeat(10_000)}" }\njobs:\n  a:\n    steps: [{ run: x }]\n    env: {${Array.from({ length: size }, (_, at) => `A${at}: *t`).join(', ')}}\n`,
  ),
  heavy(
    'aliases of steps',
    { of: 'jobs', size: 300 },
    (size) =>
      `jobs:\n  a: { steps: &s [${'{ run: x }, '.repeat(300)}] }\n${Array.from({ length: size }, (_, at) => `  j${at}: { steps: *s }`).join('\n')}\n`,
  ),
  heavy('merge keys', { of: 'keys', size: 5_000 }, (size) => `x: &x { a: 1 }\ny:\n${'  <<: *x\n'.repeat(size)}`),
  heavy(
    'merges of merges',
    { of: 'mappings', size: 400 },
    (size) =>
      `x0: &x0 { k0: 1 }\n${Array.from({ length: size }, (_, at) => `x${at + 1}: &x${at + 1} { <<: *x${at}, k${at + 1}: 1 }`).join('\n')}\n`,
  ),
  heavy('a file of short words', { of: 'words', size: 39_000 }, (size) => `env: [${'a,'.repeat(size)}]\n`),
];
