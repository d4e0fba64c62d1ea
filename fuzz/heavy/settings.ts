import { type HeavyInput, heavy, jobs, script } from './input.ts';

/** Matrices, inputs, triggers, permissions, schemas and calls: many, and multiplied. */
export const heavySettings: readonly HeavyInput[] = [
  heavy('a matrix of many cells', { of: 'values an axis', size: 256 }, (size) => {
    const values = `[${Array.from({ length: size }, (_, at) => at).join(', ')}]`;
    return jobs([`a: { strategy: { matrix: { a: ${values}, b: ${values} } }, steps: [{ run: x }] }`]);
  }),
  heavy('a matrix of many axes', { of: 'axes', size: 5_000 }, (size) =>
    jobs([
      `a: { strategy: { matrix: { ${Array.from({ length: size }, (_, at) => `a${at}: [1, 2]`).join(', ')} } }, steps: [{ run: x }] }`,
    ]),
  ),
  heavy('a matrix of many axes of one value', { of: 'axes', size: 5_000 }, (size) =>
    jobs([
      `a: { strategy: { matrix: { ${Array.from({ length: size }, (_, at) => `a${at}: [1]`).join(', ')} } }, steps: [{ run: "\${{ matrix.a1 }}" }] }`,
    ]),
  ),
  heavy('a matrix with many exclusions', { of: 'entries', size: 10_000 }, (size) =>
    jobs([
      `a: { strategy: { matrix: { a: [${Array.from({ length: 256 }, (_, at) => at).join(', ')}], exclude: [${'{ a: 300 }, '.repeat(size)}] } }, steps: [{ run: x }] }`,
    ]),
  ),
  heavy('a matrix with many inclusions', { of: 'entries', size: 10_000 }, (size) =>
    jobs([
      `a: { strategy: { matrix: { a: [${Array.from({ length: 256 }, (_, at) => at).join(', ')}], include: [${Array.from({ length: size }, (_, at) => `{ a: ${at % 256} }`).join(', ')}] } }, steps: [{ run: x }] }`,
    ]),
  ),
  heavy('a matrix with many inclusions of new keys', { of: 'entries', size: 6_000 }, (size) =>
    jobs([
      `a: { strategy: { matrix: { a: [${Array.from({ length: 200 }, (_, at) => at).join(', ')}], include: [${Array.from({ length: size }, (_, at) => `{ b${at}: ${at} }`).join(', ')}] } }, steps: [{ run: "\${{ matrix.b7 }}" }] }`,
    ]),
  ),
  heavy(
    'inputs',
    { of: 'inputs', size: 8_000 },
    (size) =>
      `on: { manual: { inputs: { ${Array.from({ length: size }, (_, at) => `i${at}: { type: string }`).join(', ')} } } }\n${script('${{ inputs.j1 }}')}`,
  ),
  heavy(
    'options of an input',
    { of: 'options', size: 20_000 },
    (size) =>
      `on: { manual: { inputs: { a: { type: choice, default: z, options: [${Array.from({ length: size }, (_, at) => `o${at}`).join(', ')}] } } } }\n${script("${{ inputs.a == 'q' }}")}`,
  ),
  heavy(
    'comparisons with many options',
    { of: 'options', size: 4_000 },
    (size) =>
      `on: { manual: { inputs: { a: { type: choice, options: [${Array.from({ length: size }, (_, at) => `o${at}`).join(', ')}] } } } }\n${script("${{ inputs.a == 'q' || inputs.a == 'r' }} ".repeat(size / 2))}`,
  ),
  heavy(
    'schedules',
    { of: 'schedules', size: 8_000 },
    (size) => `on: { schedule: [${"{ cron: '0 0 30 2 *' }, ".repeat(size)}] }\n${script('true')}`,
  ),
  heavy(
    'a schedule of many parts',
    { of: 'parts', size: 50_000 },
    (size) => `on: { schedule: [{ cron: '${'1,'.repeat(size)}1 * * * *' }] }\n${script('true')}`,
  ),
  heavy(
    'a pattern that tries everything',
    { of: 'characters', size: 100_000 },
    (size) =>
      `on: { manual: { inputs: { a: { type: string, pattern: '^(a+)+$', default: '${'a'.repeat(size)}!' } } } }\n${script('true')}`,
  ),
  heavy(
    'a long pattern',
    { of: 'groups', size: 50_000 },
    (size) =>
      `on: { manual: { inputs: { a: { type: string, pattern: '${'(a?)'.repeat(size)}', default: 'aaaa' } } } }\n${script('true')}`,
  ),
  heavy(
    'a pattern of nested groups',
    { of: 'groups', size: 50_000 },
    (size) =>
      `on: { manual: { inputs: { a: { type: string, pattern: '${'('.repeat(size)}${')'.repeat(size)}', default: 'aaaa' } } } }\n${script('true')}`,
  ),
  heavy('a payload schema', { of: 'properties', size: 5_000 }, (size) =>
    jobs([
      `a: { steps: [{ uses: wait-for@v1, with: { signal: go, schema: { type: object, properties: { ${Array.from({ length: size }, (_, at) => `p${at}: { type: string }`).join(', ')} } } } }] }`,
    ]),
  ),
  heavy('a payload schema of nested choices', { of: 'levels', size: 60 }, (size) =>
    jobs([
      `a: { steps: [{ uses: wait-for@v1, with: { signal: go, schema: ${'{ anyOf: ['.repeat(size / 2)}{ type: string }${'] }'.repeat(size / 2)} } }] }`,
    ]),
  ),
  heavy(
    'permissions',
    { of: 'entries', size: 6_000 },
    (size) => `permissions: { net: [${"{ url: 'https://example.com/*' }, ".repeat(size)}] }\n${script('true')}`,
  ),
  heavy(
    'permissions with wrong keys',
    { of: 'entries', size: 8_000 },
    (size) => `permissions: { net: [${'{ ulr: 1, mehtods: 2 }, '.repeat(size)}] }\n${script('true')}`,
  ),
  heavy('calls of one file', { of: 'jobs', size: 5_000 }, (size) =>
    jobs(Array.from({ length: size }, (_, at) => `j${at}: { uses: ./called.yml }`)),
  ),
  heavy('calls of files that are not there', { of: 'jobs', size: 5_000 }, (size) =>
    jobs(Array.from({ length: size }, (_, at) => `j${at}: { uses: ./f${at}.yml }`)),
  ),
  heavy('calls through a chain of files', { of: 'jobs', size: 40 }, (size) =>
    jobs(Array.from({ length: size }, (_, at) => `j${at}: { uses: ./chain-1.yml }`)),
  ),
];
