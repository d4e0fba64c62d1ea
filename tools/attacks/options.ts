import { parseArgs } from 'node:util';
import type { Runtime } from '../../runtime/attacks/attack.ts';
import { type ProtectionId, protections } from '../../runtime/attacks/protections.ts';
import type { ConfinementLevel } from '../../runtime/supervisor/index.ts';

/** What is to be tried, as the command line says it. */
export interface AttackOptions {
  /** Undefined: all that this machine gives. */
  readonly levels: readonly ConfinementLevel[] | undefined;
  readonly runtimes: readonly Runtime[];
  readonly only: string;
  readonly json: boolean;
  readonly what: 'attacks' | 'controls' | 'mutations' | 'declared';
  readonly protections: readonly ProtectionId[] | undefined;
  readonly until: 'success' | 'end';
}

/** What `--help` prints. */
export const usage = `npm run attacks -- [options]
  --only GLOB       over group/name: 'net/*', '{fs,exec}/*'
  --level N         this level only, 0 to 4; may be repeated
  --runtime R       isolate or wasm; may be repeated
  --first           stop at the first attack that succeeds
  --control         show of each attack that it works where nothing holds it
  --mutations       show of each protection that an attack notices when it is missing
  --declared        print the table of what is declared, as docs/security-model.md has it
  --protection ID   of these protections only; may be repeated
  --json            one JSON document instead of the matrix
`;

/** Reads the command line. What it can't mean is a problem: an option that is passed over would let a run look complete that isn't. */
export function readOptions(
  argv: readonly string[],
): { readonly options: AttackOptions } | { readonly problem: string } | { readonly help: true } {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(argv);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
  if (values.help) return { help: true };
  const { level, runtime = ['isolate', 'wasm'], protection } = values;
  const problem =
    problemOf('level', level, { isKnown: isLevelText, known: '0 to 4' }) ??
    problemOf('runtime', runtime, { isKnown: isRuntime, known: 'isolate, wasm' }) ??
    problemOf('protection', protection, { isKnown: isProtection, known: Object.keys(protections).join(', ') }) ??
    (runs.filter((run) => values[run]).length > 1 ? 'only one of --control, --mutations and --declared' : undefined);
  if (problem !== undefined) return { problem };
  return {
    options: {
      levels: level?.map(Number).filter(isLevel),
      runtimes: runtime.filter(isRuntime),
      only: values.only,
      json: values.json,
      what: values.control ? 'controls' : values.mutations ? 'mutations' : values.declared ? 'declared' : 'attacks',
      protections: protection?.filter(isProtection),
      until: values.first ? 'success' : 'end',
    },
  };
}

const runs = ['control', 'mutations', 'declared'] as const;

function parse(argv: readonly string[]) {
  return parseArgs({
    args: [...argv],
    options: {
      level: { type: 'string', multiple: true },
      runtime: { type: 'string', multiple: true },
      only: { type: 'string', default: '**' },
      json: { type: 'boolean', default: false },
      control: { type: 'boolean', default: false },
      mutations: { type: 'boolean', default: false },
      declared: { type: 'boolean', default: false },
      protection: { type: 'string', multiple: true },
      first: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  }).values;
}

function problemOf(
  option: string,
  given: readonly string[] | undefined,
  { isKnown, known }: { readonly isKnown: (text: string) => boolean; readonly known: string },
): string | undefined {
  const wrong = given?.find((text) => !isKnown(text));
  return wrong === undefined ? undefined : `--${option} ${wrong}: there is no such ${option}; there are ${known}`;
}

function isRuntime(text: string): text is Runtime {
  return text === 'isolate' || text === 'wasm';
}

function isLevelText(text: string): boolean {
  return /^[0-4]$/.test(text);
}

function isLevel(level: number): level is ConfinementLevel {
  return [0, 1, 2, 3, 4].includes(level);
}

function isProtection(text: string): text is ProtectionId {
  return Object.hasOwn(protections, text);
}
