import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AbsolutePath, Digest, Json, JsonObject } from '../../../schemas/index.ts';
import type { InnerDecision, InnerOutcome } from '../../audit/api.ts';
import type { Implied, Recheck } from '../../grants/api.ts';
import { brandAuthorized } from '../../grants/brand.ts';
import type { Denial, HostCall } from '../../host-call.ts';
import { CallFailure, type CallScope, type Capability, type ExecSandbox } from '../capability.ts';
import { createCarrier } from '../env/carrier.ts';
import { createSecretVault } from '../secret-vault.ts';
import { openArchiveStore } from '../store/archives.ts';
import { createStoreFile } from '../store/file.ts';
import { openKeyValueStore } from '../store/key-value-store.ts';

/** What a test sees of the scope that it made. */
export interface TestScope extends CallScope, AsyncDisposable {
  readonly notes: JsonObject[];
  /** What happened within the calls, in order. */
  readonly inner: TestInnerCall[];
  /** What went to the log, by stream. */
  readonly logged: { stdout: string; stderr: string; log: string };
  /** Does what calls asked to have done at the end of the run, and forgets it. */
  endRun(): Promise<void>;
}

/** A call within another, as the record would have it. */
export interface TestInnerCall {
  readonly call: HostCall;
  readonly decision: InnerDecision;
  moved: number;
  /** Undefined until it is over, and where it was denied. */
  outcome: InnerOutcome | undefined;
}

/** A scope with real folders, a real vault and this machine's bubblewrap. */
export function makeTestScope(
  options: {
    readonly secrets?: Readonly<Record<string, string>>;
    readonly env?: Readonly<Record<string, string>>;
    readonly signal?: AbortSignal;
    readonly sandbox?: Partial<ExecSandbox>;
    readonly log?: CallScope['log'];
  } = {},
): TestScope {
  const root = mkdtempSync(join(tmpdir(), 'waterflow-test-'));
  // Below an absolute folder.
  const folder = (name: string): AbsolutePath => join(root, name) as AbsolutePath;
  mkdirSync(folder('workspace'));
  mkdirSync(folder('temp'));
  const random = { bytes: (length: number): Uint8Array => new Uint8Array(randomBytes(length)) };
  const storeFile = createStoreFile(folder('store.sqlite'));
  const clock = { now: (): number => Date.now() };
  const notes: JsonObject[] = [];
  const inner: TestInnerCall[] = [];
  const atRunEnd = new Map<string, () => Promise<void>>();
  const logged = { stdout: '', stderr: '', log: '' };
  return {
    workspace: folder('workspace'),
    temp: () => folder('temp'),
    env: options.env ?? {},
    carrier: createCarrier(),
    step: { run: 'run-1', run_attempt: 1, job: 'build', step: '0', attempt: 1, workflow: 'ci' },
    owner: {
      tenant: 'default',
      run: 'run-1',
      plugin: { name: 'test', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` as Digest }, // Of that form.
    },
    atRunEnd: (key, act) => {
      if (!atRunEnd.has(key)) atRunEnd.set(key, act);
    },
    async endRun() {
      const acts = [...atRunEnd.values()];
      atRunEnd.clear();
      await Promise.all(acts.map((act) => act()));
    },
    signal: options.signal ?? new AbortController().signal,
    log:
      options.log ??
      ((stream, text) => {
        logged[stream] += Buffer.from(text).toString();
      }),
    secrets: createSecretVault({ secrets: options.secrets ?? {}, random }),
    clock,
    random,
    audit: {
      note: (facts) => void notes.push(facts),
      within: (call, decision) => {
        const own: TestInnerCall = { call, decision, moved: 0, outcome: undefined };
        inner.push(own);
        return {
          moved: (bytes) => {
            own.moved += bytes;
          },
          end: (outcome) => {
            if (decision.kind === 'allowed') own.outcome ??= outcome;
          },
        };
      },
    },
    sandbox: {
      bwrap: systemProgram('bwrap'),
      prlimit: systemProgram('prlimit'),
      // Absolute as written.
      path: ['/usr/local/bin', '/usr/bin', '/bin'] as AbsolutePath[],
      user: undefined,
      ...options.sandbox,
    },
    store: openKeyValueStore(storeFile, { tenant: 'default', plugin: 'test' }, { clock }),
    archives: openArchiveStore(storeFile.archives, { tenant: 'default', plugin: 'test' }, { clock }),
    usage: new Map(),
    notes,
    inner,
    logged,
    async [Symbol.asyncDispose]() {
      await storeFile[Symbol.asyncDispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function systemProgram(name: string): AbsolutePath | undefined {
  const found = ['/usr/bin', '/bin'].map((folder) => `${folder}/${name}`).find((path) => existsSync(path));
  // Absolute as written.
  return found as AbsolutePath | undefined;
}

/** What a test asks for: entries of one capability, layer by layer, and a call. */
export interface TestCall {
  readonly layers: readonly (readonly JsonObject[])[];
  readonly operation: string;
  readonly args: Json;
  /** Whether a call that this one implies is allowed; default yes. */
  readonly implied?: (call: HostCall) => boolean;
  /** Of fs, for files that the call writes; default none. */
  readonly quota_bytes?: number;
}

/** Carries a call out under those entries, as authorize() would let it through; a denial is thrown as a CallFailure. */
export async function performTestCall(capability: Capability, call: TestCall, scope: CallScope): Promise<Json> {
  const operation = capability.operations[call.operation];
  if (operation === undefined) throw new TypeError(`no operation ${call.operation}`);
  const recheck = (...demands: readonly unknown[]): Recheck => narrowed(capability, call, demands);
  const decision = recheck(...(operation.demands?.(call.args) ?? [call.args]));
  if (decision.kind === 'denied') throw failureOf(decision.denial);
  const authorized = brandAuthorized({
    capability: capability.name,
    operation: call.operation,
    args: call.args,
    effective: decision.effective,
    decided_by: [],
    secretKeptBy: () => undefined,
    recheck,
    implied: (other) => impliedInTest(call, other),
  });
  return operation.perform(authorized, scope);
}

function impliedInTest(call: TestCall, other: HostCall): Implied {
  if (call.implied?.(other) === false) {
    return { kind: 'denied', denial: denial(`${other.capability}.${other.operation} is not granted`), decided_by: [] };
  }
  const effective = {
    quota_bytes: call.quota_bytes ?? Number.POSITIVE_INFINITY,
    quota_files: Number.POSITIVE_INFINITY,
  };
  const authorized = brandAuthorized({
    ...other,
    effective,
    decided_by: [],
    secretKeptBy: () => undefined,
    recheck: () => ({ kind: 'allowed', effective, decided_by: [] }),
    implied: (further) => impliedInTest(call, further),
  });
  return { kind: 'allowed', effective, authorized };
}

function narrowed(capability: Capability, call: TestCall, demands: readonly unknown[]): Recheck {
  const matched: unknown[] = [];
  const layers = call.layers.map((entries) => entries.map((entry) => ruleOf(capability, entry)));
  for (const [demand, rules] of demands.flatMap((one) => layers.map((layer) => [one, layer] as const))) {
    const whys: string[] = [];
    const rule = rules.find((candidate) => {
      const check = capability.operations[call.operation]?.check(candidate, demand);
      if (check?.matches === false) whys.push(check.why);
      return check?.matches === true;
    });
    if (rule === undefined) return { kind: 'denied', denial: denial(whys.join('; ')), decided_by: [] };
    matched.push(rule);
  }
  return { kind: 'allowed', effective: capability.narrow(matched), decided_by: [] };
}

/** The rule of an entry, which must be right. */
function ruleOf(capability: Capability, entry: JsonObject): unknown {
  const parsed = capability.parse(entry);
  if ('problem' in parsed) throw new TypeError(parsed.problem);
  return parsed.rule;
}

function denial(message: string): Denial {
  return { code: 'DENIED', rule: 'test entries', message, remedy: 'Grant it.' };
}

function failureOf({ message, rule, remedy }: Denial): CallFailure {
  return new CallFailure('DENIED', message, { rule, remedy });
}
