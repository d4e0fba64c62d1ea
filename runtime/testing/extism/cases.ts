/** What plugins that were made with Extism's kits must do here: the same as in Extism's own runtime. */

/** How a call ends: with these bytes or this text, or with an error whose message holds that. */
export type ExtismEnd = { readonly output: string | Uint8Array } | { readonly fails: string };

/** One call of one function. */
export interface ExtismCase {
  /** A module of modules/, without its extension. */
  readonly module: string;
  readonly entry: string;
  readonly input?: string | Uint8Array;
  readonly config?: Readonly<Record<string, string>>;
  readonly end: ExtismEnd;
  /** The lines of the log, all of them; where it is missing, they are of no interest. */
  readonly log?: readonly string[];
  /** Why Extism's own runtime does something else; where it is missing, it does the same. */
  readonly elsewhere?: string;
}

const everyByte = Uint8Array.from({ length: 256 }, (_, index) => index);
const large = 'ü€😀 plain '.repeat(50_000);

/** What each kit can do, so that the functions have the same names. */
function ofEachKit(module: string): readonly ExtismCase[] {
  return [
    { module, entry: 'count_vowels', input: 'Hello, World!', end: { output: '{"count":3,"total":3}' } },
    { module, entry: 'count_vowels', input: '', end: { output: '{"count":0,"total":0}' } },
    { module, entry: 'echo', input: everyByte, end: { output: everyByte } },
    { module, entry: 'echo', input: 'ü€😀', end: { output: 'ü€😀' } },
    { module, entry: 'echo', input: large, end: { output: large } },
    { module, entry: 'setting', input: 'name', config: { name: 'a value' }, end: { output: 'a value' } },
    { module, entry: 'setting', input: 'other', config: { name: 'value' }, end: { output: '(none)' } },
    { module, entry: 'setting', input: 'constructor', end: { output: '(none)' } },
  ];
}

const levels = ['trace: of trace', 'debug: of debug', 'of info', 'warn: of warn', 'error: of error'];

const rust: readonly ExtismCase[] = [
  ...ofEachKit('rust'),
  { module: 'rust', entry: 'setting', input: 'ä', config: { ä: 'wert, ü' }, end: { output: 'wert, ü' } },
  {
    module: 'rust',
    entry: 'variables',
    end: { output: '[null,"one","one","two, ü","99",null]' },
  },
  { module: 'rust', entry: 'large_variable', input: '1000000', end: { output: '1000000' } },
  { module: 'rust', entry: 'large_variable', input: '2000000', end: { fails: '1048576 bytes' } },
  { module: 'rust', entry: 'logs', end: { output: '' }, log: levels },
  { module: 'rust', entry: 'fails', input: 'ü', end: { fails: 'it failed: ü' } },
  { module: 'rust', entry: 'panics', end: { fails: 'unreachable' } },
  { module: 'rust', entry: 'returns_seven', end: { fails: 'returned 7' } },
];

const assemblyscript: readonly ExtismCase[] = [
  ...ofEachKit('assemblyscript'),
  { module: 'assemblyscript', entry: 'logs', end: { output: '' }, log: levels.slice(1) },
  { module: 'assemblyscript', entry: 'panics', end: { fails: 'unreachable' } },
];

const c: readonly ExtismCase[] = [
  { module: 'c', entry: 'input_block', input: 'as it is', end: { output: 'as it is' } },
  { module: 'c', entry: 'part', input: 'abcdefgh', end: { output: 'cde' } },
  { module: 'c', entry: 'by_words', input: everyByte.subarray(0, 21), end: { output: everyByte.subarray(0, 21) } },
  { module: 'c', entry: 'freed', end: { output: 'said before it was freed' } },
  { module: 'c', entry: 'copied_variable', end: { output: 'value' } },
  { module: 'c', entry: 'large_variables', end: { output: '' } },
  { module: 'c', entry: 'nothing', end: { output: '' } },
  { module: 'c', entry: 'error_then_trap', end: { fails: 'said before the end' } },
  { module: 'c', entry: 'error_and_zero', end: { fails: 'an error counts' } },
  { module: 'c', entry: 'error_taken_back', end: { output: '' } },
  { module: 'c', entry: 'without_result', end: { output: 'no result' } },
  { module: 'c', entry: 'wide_result', end: { fails: 'returned something else than an i32' } },
  { module: 'c', entry: 'many_blocks', end: { output: '' } },
  { module: 'c', entry: 'constructed', end: { output: '' } },
  { module: 'haskell', entry: 'started', end: { output: '' } },
  {
    module: 'command',
    entry: '_start',
    end: { output: 'nothing came before' },
    elsewhere:
      "Extism's runtime in Rust runs constructors before a command, which runs them itself; the one in Go doesn't",
  },
];

const go: readonly ExtismCase[] = [
  ...ofEachKit('go'),
  { module: 'go', entry: 'logs', end: { output: '' } },
  { module: 'go', entry: 'fails', input: 'ü', end: { fails: 'it failed: ü' } },
  { module: 'go', entry: 'panics', end: { fails: 'unreachable' } },
  { module: 'go', entry: 'exits', input: '0', end: { output: 'said before' } },
  { module: 'go', entry: 'exits', input: '3', end: { fails: 'exit code 3' } },
  { module: 'go', entry: 'prints', end: { output: '' }, log: ['one line', 'of errors', 'without an end'] },
  {
    module: 'go',
    entry: 'surroundings',
    end: {
      output:
        '{"arguments":0,"environment":0,"file":true,"input":true,"list":true,"slept":true,"write":true,"year":true}',
    },
  },
];

/** Of the modules that lie in modules/. */
export const keptCases: readonly ExtismCase[] = [...rust, ...assemblyscript, ...c];
/** Of Go, whose modules are too large to be kept. */
export const goCases: readonly ExtismCase[] = go;
