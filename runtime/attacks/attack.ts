import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, PermissionLayer } from '../../schemas/index.ts';
import { type DocumentKind, readSchemaDocument } from '../documents/schema-document.ts';
import type { ConfinementLevel } from '../supervisor/api.ts';
import { type NeighbourKind, neighbourKinds } from './neighbours/neighbour.ts';
import { type ProtectionId, protections } from './protections.ts';

/** The kinds of engine that hold a guest. */
export type Runtime = 'isolate' | 'wasm';

/** By what success is seen; `end`: the invocation ended otherwise than what holds the attack makes it end. */
export const oracles = [
  'leak',
  'change',
  'contact',
  'signal',
  'leftover',
  'bounds',
  'audit',
  'claim',
  'terminal',
  'end',
] as const;

/** One of {@link oracles}. */
export type Oracle = (typeof oracles)[number];

/** What carries an attack out: the code that its folder holds. */
export type Vehicle =
  /** `index.js`: a plugin in an isolate. */
  | 'script'
  /** `module.ts`: what builds a WASM module. */
  | 'module'
  /** `calls.json`: host calls, which a guest of either runtime makes one after the other. */
  | 'calls'
  /** `takeover.js`: runs in the place of the sandbox host, as if a guest had broken out of its engine. */
  | 'takeover';

/** How it is shown that the attack works where nothing holds it. */
export type Control =
  /** Run by Node itself, with a host that does what it is told. */
  | 'naked'
  /** A level that declares it cannot hold the attack. */
  | 'level'
  /** With one protection patched away (mutations.ts). */
  | 'mutation';

/** Levels that can't hold an attack. */
interface Declared {
  readonly levels: readonly ConfinementLevel[];
  /** The probe by which `waterflow doctor` shows it. */
  readonly doctor: string;
  readonly why: string;
}

/**
 * Layers as a workflow file has them, whose expressions read `inputs` (what the plugin gets) and `steps.before.outputs` (what the
 * round before gave back).
 */
export type AttackPermissions = Readonly<Partial<Record<PermissionLayer['layer'], JsonObject>>>;

/** attack.yaml, as it is written. */
interface AttackFile {
  readonly title: string;
  readonly tries: string;
  readonly reference: string;
  readonly runtimes: readonly Runtime[];
  readonly oracle: Oracle;
  readonly protections: readonly ProtectionId[];
  readonly ends?: readonly string[];
  readonly declared?: Declared;
  readonly control?: Control;
  readonly rounds?: number;
  readonly policy?: string;
  readonly with?: JsonObject;
  readonly permissions?: AttackPermissions;
  readonly needs?: readonly string[];
  readonly beside?: readonly NeighbourKind[];
}

/** One attack of the corpus. */
export interface Attack {
  /** `group/name`. */
  readonly id: string;
  readonly folder: string;
  readonly vehicle: Vehicle;
  readonly title: string;
  readonly tries: string;
  /** A CVE, CWE, issue or paper. */
  readonly reference: string;
  readonly runtimes: readonly Runtime[];
  readonly oracle: Oracle;
  /** What holds it, by the ids of protections.ts. */
  readonly protections: readonly ProtectionId[];
  /** How the step may end where the attack is held: `returned` or codes of errors. */
  readonly ends: readonly string[];
  readonly declared: Declared;
  readonly control: Control;
  /** Steps of the same plugin, one after the other; the attack has succeeded if any of them shows it. */
  readonly rounds: number;
  /** In place of the usual policy, with `@ORIGIN@` and the like replaced. */
  readonly policy: string | undefined;
  /** Inputs beside `arena`. */
  readonly with: JsonObject;
  /** With `@ORIGIN@` and the like to be replaced. */
  readonly permissions: AttackPermissions;
  /** Programs that must be installed for it to be tried. */
  readonly needs: readonly string[];
  /** What is put up beside the usual canaries. */
  readonly beside: readonly NeighbourKind[];
}

/** The lines of attack.yaml, as a schema. */
const attackDocument: DocumentKind<AttackFile> = {
  code: 'INVALID_INPUT',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['title', 'tries', 'reference', 'runtimes', 'oracle', 'protections'],
    properties: {
      title: { type: 'string', minLength: 1 },
      tries: { type: 'string', minLength: 1 },
      reference: { type: 'string', minLength: 1 },
      runtimes: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: ['isolate', 'wasm'] } },
      oracle: { enum: [...oracles] },
      protections: { type: 'array', minItems: 1, items: { enum: Object.keys(protections) } },
      ends: { type: 'array', minItems: 1, items: { type: 'string' } },
      declared: {
        type: 'object',
        additionalProperties: false,
        required: ['levels', 'doctor', 'why'],
        properties: {
          levels: { type: 'array', minItems: 1, items: { enum: [0, 1, 2, 3, 4] } },
          doctor: { type: 'string', minLength: 1 },
          why: { type: 'string', minLength: 1 },
        },
      },
      control: { enum: ['naked', 'level', 'mutation'] },
      rounds: { type: 'integer', minimum: 1, maximum: 10 },
      policy: { type: 'string' },
      with: { type: 'object' },
      permissions: {
        type: 'object',
        additionalProperties: false,
        properties: { workflow: { type: 'object' }, job: { type: 'object' }, step: { type: 'object' } },
      },
      needs: { type: 'array', items: { type: 'string' } },
      beside: { type: 'array', uniqueItems: true, items: { enum: [...neighbourKinds] } },
    },
  },
  check: () => [],
};

const vehicles: readonly (readonly [string, Vehicle])[] = [
  ['index.js', 'script'],
  ['module.ts', 'module'],
  ['calls.json', 'calls'],
  ['takeover.js', 'takeover'],
];

/** Reads an attack's folder. Throws where it isn't one: a corpus with a hole in it proves less than it says. */
export function readAttack(folder: string, id: string): Attack {
  const file = join(folder, 'attack.yaml');
  const read = readSchemaDocument(readFileSync(file, 'utf8'), file, attackDocument);
  if ('errors' in read) {
    throw new Error(read.errors.map(({ message, line }) => `${file}:${line ?? 1}: ${message}`).join('\n'));
  }
  const found = vehicles.filter(([name]) => existsSync(join(folder, name)));
  const [vehicle] = found;
  if (vehicle === undefined || found.length > 1) {
    throw new Error(`${folder}: an attack has exactly one of ${vehicles.map(([name]) => name).join(', ')}`);
  }
  const { content } = read;
  return {
    ...content,
    id,
    folder,
    vehicle: vehicle[1],
    ends: content.ends ?? ['returned'],
    declared: content.declared ?? { levels: [], doctor: '', why: '' },
    control: content.control ?? (content.declared === undefined ? 'naked' : 'level'),
    rounds: content.rounds ?? 1,
    policy: content.policy,
    with: content.with ?? {},
    permissions: content.permissions ?? {},
    needs: content.needs ?? [],
    beside: content.beside ?? [],
  };
}
