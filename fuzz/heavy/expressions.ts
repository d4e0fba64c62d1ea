import { type HeavyInput, heavy, jobs, script } from './input.ts';

/** Expressions and scripts: many, long, deep, wrong. */
export const heavyExpressions: readonly HeavyInput[] = [
  heavy('nothing but `${{`', { of: 'bytes', size: 10_000_000 }, (size) => '${{'.repeat(size / 3)),
  heavy('`${{` in a script', { of: 'openings', size: 100_000 }, (size) => script('${{'.repeat(size))),
  heavy(
    '`${{` in a name',
    { of: 'openings', size: 100_000 },
    (size) => `name: "${'${{ '.repeat(size)}"\n${script('true')}`,
  ),
  heavy('`}}` in a script', { of: 'ends', size: 100_000 }, (size) => script(`\${{ ${'}} '.repeat(size)}`)),
  heavy('tiny expressions in one script', { of: 'expressions', size: 40_000 }, (size) =>
    script('${{1}} '.repeat(size)),
  ),
  heavy('tiny wrong expressions in one script', { of: 'expressions', size: 40_000 }, (size) =>
    script('${{a}} '.repeat(size)),
  ),
  heavy('a template of as many injections', { of: 'expressions', size: 15_000 }, (size) =>
    script('${{ github.event.head_ref }} '.repeat(size)),
  ),
  heavy('brackets in an expression', { of: 'levels', size: 10_000 }, (size) =>
    script(`\${{ ${'('.repeat(size)}1${')'.repeat(size)} }}`),
  ),
  heavy('indices in an expression', { of: 'levels', size: 10_000 }, (size) =>
    script(`\${{ ${'vars['.repeat(size)}1${']'.repeat(size)} }}`),
  ),
  heavy('calls in an expression', { of: 'levels', size: 10_000 }, (size) =>
    script(`\${{ ${'toJSON('.repeat(size)}1${')'.repeat(size)} }}`),
  ),
  heavy('a long chain of `&&`', { of: 'terms', size: 5_000 }, (size) => script(`\${{ true${' && 1'.repeat(size)} }}`)),
  heavy('a long chain of `||` and comparisons', { of: 'terms', size: 1_000 }, (size) =>
    script(`\${{ vars.a == 'x'${" || vars.a == 'y'".repeat(size)} }}`),
  ),
  heavy('a long chain of `!`', { of: 'signs', size: 20_000 }, (size) => script(`\${{ ${'!'.repeat(size)}true }}`)),
  heavy('a long path', { of: 'names', size: 5_000 }, (size) => script(`\${{ vars${'.a'.repeat(size)} }}`)),
  heavy('a format with many places', { of: 'places', size: 2_000 }, (size) =>
    script(`\${{ format('${'{0}'.repeat(size)}', vars.a) }}`),
  ),
  heavy('many long expressions', { of: 'expressions', size: 24 }, (size) =>
    jobs([
      `a: { steps: [{ run: x }], env: {${Array.from({ length: size }, (_, at) => `A${at}: "\${{ '${'a'.repeat(20_000)}' }}"`).join(',')}} }`,
    ]),
  ),
  heavy('secrets on command lines', { of: 'secrets', size: 12_000 }, (size) =>
    script('curl -u ${{ secrets.TOKEN }} x; '.repeat(size)),
  ),
  heavy('quotes in a script', { of: 'quotes', size: 500_000 }, (size) => script("'".repeat(size))),
  heavy(
    'backslashes in a script',
    { of: 'lines', size: 100_000 },
    (size) => `jobs:\n  a:\n    steps:\n      - run: |\n          echo \${{ secrets.A }} ${'\\ '.repeat(size)}`,
  ),
  heavy(
    'here-documents in a script',
    { of: 'here-documents', size: 15_000 },
    (size) => `jobs:\n  a:\n    steps:\n      - run: |\n${'          cat <<E ${{ secrets.A }}\n'.repeat(size)}`,
  ),
  heavy(
    'old commands in a script',
    { of: 'lines', size: 10_000 },
    (size) => `jobs:\n  a:\n    steps:\n      - run: |\n${'          echo "::set-output name=a::b"\n'.repeat(size)}`,
  ),
];
