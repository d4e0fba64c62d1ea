import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { WaterflowError } from '../../schemas/index.ts';
import { readManifest } from './read.ts';
import { manifestText } from './testing/folder.ts';

function errorsOf(text: string): readonly WaterflowError[] {
  const read = readManifest(text, 'plugin.yaml');
  return 'errors' in read ? read.errors : [];
}

const places = (...lines: string[]): readonly string[] =>
  errorsOf(manifestText(...lines)).map(({ line, column, message }) => `${line}:${column} ${message}`);

describe('plugin.yaml', () => {
  it('is read', () => {
    const text = manifestText(
      'inputs:',
      '  project: { type: string, required: true }',
      'permissions:',
      '  fs: [{ write: "releases/${{ inputs.project }}/**", reason: stores the download }]',
      'limits: { timeout: 60s, memory: 64MiB }',
    );
    expect(readManifest(text, 'plugin.yaml')).toMatchObject({
      manifest: { name: 'acme-tool', limits: { timeout: '60s' } },
    });
  });

  it.each([
    [['permisions: {}'], ['6:1 unknown key `permisions`']],
    [['permissions:', '  fz: [{ reason: x }]'], ['7:3 unknown capability `fz`']],
    [['permissions:', '  log: [{ reason: x }]'], ['7:3 `log` is always there and takes no permission entries']],
    [['permissions:', '  fs: [{ read: "**" }]'], ['7:8 `permissions.fs.0`: `reason` is missing']],
    [['permissions:', '  fs:', '    - raed: x', '      read: x', '      reason: x'], ['8:7 fs[0]: unknown key `raed`']],
    [
      ['permissions:', '  fs: [{ read: /etc/**, reason: x }]'],
      ['7:8 fs[0]: `/etc/**` is absolute: patterns are relative to the workspace'],
    ],
    [['permissions:', '  fs: [{ read: "${{ inputs.x }}", reason: x }]'], ['7:16 `inputs` has no property `x`']],
    [['permissions:', '  fs: [{ read: "${{ secrets.x }}", reason: x }]'], [expect.stringMatching(/^7:16 .*secrets/)]],
    [['permissions:', '  fs: [{ read: "${{ inputs. }}", reason: x }]'], [expect.stringMatching(/^7:16 /)]],
    [
      [
        'permissions:',
        '  secrets: [{ names: [T], to: [net], reason: x }]',
        '  exec: [{ command: make, secrets: [T], reason: x }]',
      ],
      ['8:36 `secrets` keeps `T` from exec'],
    ],
    [['limits: { timeout: soon }'], ['6:20 `soon` is no duration']],
    [['limits: { memory: lots }'], ['6:19 `lots` is no size']],
    [['limits: { memory: 513MiB }'], ['6:19 `513MiB` is more memory than a sandbox can have']],
    [['abi: extism'], ['6:1 `abi` is for runtime wasm only']],
    [['inputs:', '  a: { type: strnig }'], ['7:3 inputs.a: "strnig" is no type; did you mean `string`?']],
    [
      ['inputs:', '  a: { type: object, properties: { type: { type: [string, text] } } }'],
      [expect.stringMatching(/^7:3 inputs\.a: "text" is no type; there are string, /)],
    ],
    [['inputs:', '  a: { type: string, patern: x }'], [expect.stringMatching(/^7:3 inputs\.a: .*patern/)]],
    [
      ['inputs:', '  a: { $ref: "https://example.com/x.json" }'],
      ["6:1 inputs: `$ref` is not supported in a plugin's schemas"],
    ],
    [['inputs:', '  a: { $async: true }'], ["6:1 inputs: `$async` is not supported in a plugin's schemas"]],
    [['inputs:', '  a: { type: string, pattern: "(" }'], [expect.stringMatching(/^7:3 inputs\.a: /)]],
    [
      ['inputs:', '  a: { type: string, description: text, and more }'],
      [
        '7:3 inputs.a: `and more` is read as a key of its own: between braces, a text that holds a comma must be quoted',
      ],
    ],
    [['inputs:', '  "a b": {}'], [expect.stringMatching(/^6:9|^7:3/)]],
  ])('%j is refused', (lines, expected) => {
    const found = places(...lines);
    expect(found.slice(0, 1)).toEqual(expected.slice(0, 1));
    for (const error of errorsOf(manifestText(...lines)))
      expect(error).toMatchObject({ code: 'PLUGIN_INVALID', file: 'plugin.yaml' });
  });

  it.each(['../index.ts', '/index.ts', 'a//b.ts', 'a\\b.ts', 'index.py', 'index.wasm'])('refuses main: %s', (main) => {
    expect(errorsOf(manifestText().replace('index.ts', main))).toMatchObject([{ line: 5 }]);
  });

  it('reports all mistakes at once, with what was meant', () => {
    const errors = errorsOf(
      manifestText(
        'permissions:',
        '  f: [{ reason: x }]',
        '  secret: [{ reason: x }]',
        'limits: { memory: x, timeout: y }',
      ),
    );
    expect(errors).toHaveLength(4);
    expect(errors.map(({ remedy }) => remedy)).toContain('Did you mean `secrets`?');
  });

  it('never throws on any text', () => {
    const anyText = fc.property(fc.string({ unit: 'binary' }), (text) => void readManifest(text, 'x'));
    expect(() => fc.assert(anyText)).not.toThrow();
    const anySchema = fc.property(
      fc.jsonValue(),
      (value) => void readManifest(manifestText(`inputs: ${JSON.stringify({ a: value })}`), 'x'),
    );
    expect(() => fc.assert(anySchema)).not.toThrow();
  });
});
