import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type GuestLibrary, guestLibraries } from './languages.ts';
import { documentedIn } from './reference.ts';

function library(title: string): GuestLibrary {
  const found = guestLibraries.find((each) => each.title === title);
  if (found === undefined) throw new Error(`there is no ${title}`);
  return found;
}

describe('the reference of a guest library', () => {
  it.each([
    ['Rust', '/// Adds.\n/// Twice.\n#[must_use]\npub fn add(a: u8) -> u8 {\n', 'add(a: u8) -> u8', 'Adds. Twice.'],
    ['Rust', 'pub mod net {\n    /// Asks.\n    pub fn get(url: &str) -> R {\n', 'net::get(url: &str) -> R', 'Asks.'],
    [
      'Go',
      '// Read reads.\nfunc (fs) Read(path string) (string, error) { return x }\n',
      'FS.Read(path string) (string, error)',
      'Read reads.',
    ],
    [
      'Go',
      '// Wait waits.\nfunc (pending *Pending) Wait(into any) error {\n',
      'Pending.Wait(into any) error',
      'Wait waits.',
    ],
    [
      'Rust',
      'arguments! {\n    /// What is asked.\n    Request(url: &str) {\n',
      'Request::new(url: &str)',
      'What is asked.',
    ],
    ['Rust', '    /// Default 22.\n        port: u32,\n', '.port(port: u32)', 'Default 22.'],
    ['Rust', '    /// Which.\n    Pull { Never = "never", }\n', 'enum Pull { Never, }', 'Which.'],
    ['C', '/* Takes. */\ntypedef struct wf_limits {\n', 'struct wf_limits', 'Takes.'],
    [
      'AssemblyScript',
      "export class Build extends Streams {\n  // The stage.\n  target: string = '';\n",
      'Build.target: string',
      'The stage.',
    ],
    ['C', '/* Ends. */\nint wf_end(wf_answer answer);\n', 'int wf_end(wf_answer answer)', 'Ends.'],
    ['AssemblyScript', '// Ends.\nexport function end(f: Failure): i32 {\n', 'end(f: Failure): i32', 'Ends.'],
    [
      'AssemblyScript',
      'export class Json {\n  // null.\n  static none(): Json {\n',
      'static Json.none(): Json',
      'null.',
    ],
  ])('has what %s declares with a comment', (title, source, declaration, text) => {
    expect(documentedIn(source, library(title))).toEqual([{ declaration, text }]);
  });

  it.each([
    ['Rust', '/// Within.\npub(crate) fn a() {\n'],
    ['Rust', 'pub fn a() {\n'],
    ['Go', '// within.\nfunc send() {\n'],
    ['C', '/* Of another line. */\n\nint wf_end(void);\n'],
    ['AssemblyScript', '// Within.\nfunction a(): void {\n'],
  ])('has nothing of %s that is not for authors', (title, source) => {
    expect(documentedIn(source, library(title))).toEqual([]);
  });
});

describe('the guest library', () => {
  const root = join(import.meta.dirname, '..', '..');
  const page = readFileSync(join(root, 'docs', 'host-calls.md'), 'utf8');
  const rows = page.matchAll(/^\| `(\w+)` +\| ((?:`\w+`(?:, )?)+) +\| [`e]/gm);
  const operations = [...rows].flatMap(([, capability = '', names = '']) =>
    [...names.matchAll(/\w+/g)].map(([operation]) => ({ capability, operation })),
  );

  it('is measured by every operation of the page', () => {
    expect(operations.length).toBeGreaterThan(50);
    expect(operations).toContainEqual({ capability: 'docker', operation: 'remove_volume' });
  });

  it.each(guestLibraries.map(({ title, folder }) => ({ title, folder })))(
    'of $title has all host calls',
    ({ folder }) => {
      const files = readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((file) =>
        file.isFile(),
      );
      const source = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')).join('\n');
      const isNamed = (name: string): boolean => source.includes(`"${name}"`) || source.includes(`'${name}'`);
      const missing = operations.filter(({ capability, operation }) => !isNamed(capability) || !isNamed(operation));
      expect(missing).toEqual([]);
    },
  );
});
