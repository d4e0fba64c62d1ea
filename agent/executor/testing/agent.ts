import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseTemplate } from '../../../dsl/expressions/index.ts';
import {
  type AuditLog,
  type AuditRecord,
  type AuditResult,
  loadAgentKey,
  openAuditLog,
} from '../../../runtime/audit/index.ts';
import { createStoreFile } from '../../../runtime/capabilities/store/file.ts';
import { approvedBy, createPluginCatalogue } from '../../../runtime/manifest/index.ts';
import { readPolicy } from '../../../runtime/policy/read.ts';
import type { Supervisor } from '../../../runtime/supervisor/index.ts';
import {
  type AbsolutePath,
  type Carried,
  type Claim,
  type Digest,
  isJsonObject,
  type JobKey,
  type Json,
  type JsonObject,
  type PermissionLayer,
  type RunId,
  type StepKey,
  type StepResult,
  type StepTask,
  type Template,
} from '../../../schemas/index.ts';
import { createQuotas, type Quotas } from '../../quotas/index.ts';
import { findExecSandbox, thisMachine } from '../../sandbox/index.ts';
import { createExecutor, type Executor, type HostCallEvent, resolveFrom } from '../index.ts';
import type { ExecutorOptions } from '../options.ts';
import { keepCalls, keptCallsVariable } from './kept-calls.ts';

/** A step as a test writes it: values as in a workflow file, with `${{ }}` in their texts. */
export interface TestStep {
  readonly uses: string;
  readonly with?: JsonObject;
  readonly env?: readonly JsonObject[];
  readonly context?: JsonObject;
  /** What earlier steps left. */
  readonly carried?: Carried;
  readonly permissions?: readonly PermissionLayer[];
  readonly digest?: string;
  readonly timeout?: { readonly ms: number; readonly own: boolean };
  readonly secrets?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** What came of it. */
export interface TestRun {
  readonly result: StepResult;
  readonly log: Readonly<Record<'stdout' | 'stderr' | 'log', string>>;
  readonly calls: readonly HostCallEvent[];
}

/** An agent with real parts, a folder of plugins beside its workflow, and one claim. */
export interface TestAgent extends AsyncDisposable {
  readonly executor: Executor;
  readonly claim: Claim;
  /** All that the runs recorded. */
  readonly recorded: readonly AuditRecord[];
  readonly results: readonly AuditResult[];
  /** The audit log, whole once the executor was disposed of. */
  readonly auditFile: string;
  run(step: TestStep): Promise<TestRun>;
  /** Writes a plugin beside the workflow, as `./plugins/NAME`. */
  plugin(name: string, files: Readonly<Record<string, string | Uint8Array>>): void;
}

export const testRun: RunId = 'run-00000000000000000000000000' as RunId; // Fits the pattern of parseRunId().

/** The repository. */
export const repository: AbsolutePath = join(import.meta.dirname, '../../..') as AbsolutePath; // Above an absolute path.

/** What third-party plugins of a test get: all that they ask for, as far as they are approved. */
const testPolicy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: http, allow: { net: [{ url: "http://127.0.0.1:*/**", methods: ["*"], headers: ["*"], secrets: ["*"], private: true }] } }
  - { plugin: built-in, allow: requested, profile: host }
  - { plugin: approved, allow: requested, profile: workspace }
`;

/** See tools/wasm-plugins.ts. Both are absolute. */
function builtInFolder(): AbsolutePath {
  return (process.env['WATERFLOW_TEST_PLUGINS'] ?? join(repository, 'plugins')) as AbsolutePath;
}

/** A new agent, with a new folder for all that it keeps. */
export async function createTestAgent(options: {
  readonly supervisor: Supervisor;
  readonly quotas?: Quotas;
  /** A getter may give others later. */
  readonly secrets?: Readonly<Record<string, string>>;
  readonly approve?: readonly string[];
  readonly policy?: string;
  /** The folder of the workflow; default a new one. */
  readonly workflowFolder?: AbsolutePath;
  /** The folder of the built-in nodes; default the repository's, or what WATERFLOW_TEST_PLUGINS names. */
  readonly builtIn?: AbsolutePath;
  /** Where plugins' archives lie; default the state folder. */
  readonly archiveBucket?: ExecutorOptions['archiveBucket'];
  readonly cancelGraceMs?: number;
  readonly provided?: ExecutorOptions['provided'];
}): Promise<TestAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'waterflow-agent-'));
  // Below an absolute folder.
  const at = (name: string): AbsolutePath => join(folder, name) as AbsolutePath;
  const workflowFolder = options.workflowFolder ?? at('workflow');
  const read = readPolicy(options.policy ?? testPolicy, 'policy.yaml');
  if ('errors' in read) {
    throw new Error(JSON.stringify(read.errors));
  }
  const recorded: AuditRecord[] = [];
  const results: AuditResult[] = [];
  const catalogue = createPluginCatalogue({
    builtIn: options.builtIn ?? builtInFolder(),
    approved: approvedBy(options.approve ?? [], workflowFolder),
  });
  const auditFile = at('audit.ndjson');
  const clock = { now: () => Date.now() };
  mkdirSync(at('state'));
  const store = createStoreFile(at('state/store.sqlite'));
  const folderOfCalls = process.env[keptCallsVariable];
  const keeper = folderOfCalls === undefined ? undefined : keepCalls(folderOfCalls, options.supervisor);
  const executor = createExecutor({
    state: at('state'),
    supervisor: keeper?.supervisor ?? options.supervisor,
    quotas: options.quotas ?? createQuotas(),
    resolvePlugin: resolveFrom(catalogue, workflowFolder),
    policy: read.policy,
    secretsOf: () => options.secrets ?? {},
    openAudit: (run, redact) => {
      const log = openAuditLog({ file: auditFile, run, key: loadAgentKey(at('state')), redact, clock });
      return watchedAudit(keeper?.audit(log) ?? log, recorded, results);
    },
    sandbox: findExecSandbox(process.env['PATH'] ?? '', process.getuid?.(), thisMachine),
    store,
    ...(options.archiveBucket === undefined ? {} : { archiveBucket: options.archiveBucket }),
    ...(options.cancelGraceMs === undefined ? {} : { cancelGraceMs: options.cancelGraceMs }),
    ...(options.provided === undefined ? {} : { provided: options.provided }),
    runner: { os: 'Linux', arch: 'X64', name: 'test-agent', labels: ['local'] },
    slots: 2,
    clock,
    random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
  });
  const claim = await executor.claim({ run: testRun, job: 'job', job_attempt: 1 });
  return {
    executor,
    claim,
    recorded,
    results,
    auditFile,
    run: (step) => runStep(executor, claim, step),
    plugin: (name, files) => {
      for (const [path, content] of Object.entries(files)) {
        const file = join(workflowFolder, 'plugins', name, path);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, content);
      }
    },
    async [Symbol.asyncDispose]() {
      await executor[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function runStep(executor: Executor, claim: Claim, step: TestStep): Promise<TestRun> {
  const log = { stdout: '', stderr: '', log: '' };
  const calls: HostCallEvent[] = [];
  const result = await executor.execute(taskOf(step), {
    claim,
    log: (stream, text) => {
      log[stream] += text;
    },
    onHostCall: (event) => calls.push(event),
    signal: step.signal ?? new AbortController().signal,
  });
  return { result, log, calls };
}

/** A step as an agent gets it. */
export function taskOf(step: TestStep): StepTask {
  return {
    version: 1,
    run: testRun,
    run_attempt: 1,
    tenant: 'default',
    workflow: 'test',
    // Any text is a key here: no other part looks at them.
    job: 'job' as JobKey,
    job_attempt: 1,
    step: 'step' as StepKey,
    attempt: 1,
    uses: step.uses,
    ...(step.digest === undefined ? {} : { digest: step.digest as Digest }),
    with: templateOf(step.with ?? {}),
    env: (step.env ?? []).map(templateOf),
    ...(step.carried === undefined ? {} : { carried: step.carried }),
    context: step.context ?? {},
    permissions: step.permissions ?? [],
    ...(step.secrets === undefined ? {} : { secrets: step.secrets }),
    timeout: step.timeout ?? { ms: 60_000, own: false },
    at: { file: 'workflow.yml', line: 7, column: 9 },
  };
}

/** As the reader of workflow files makes it. */
function templateOf(value: Json): Template {
  if (typeof value === 'string') {
    return parseTemplate(value, (offset) => ({ file: 'workflow.yml', line: 8, column: offset + 1 })).template;
  }
  if (Array.isArray(value)) {
    return { kind: 'array', items: value.map((item: Json) => templateOf(item)) };
  }
  if (isJsonObject(value)) {
    return { kind: 'object', entries: Object.entries(value).map(([key, item]) => [key, templateOf(item)] as const) };
  }
  return { kind: 'literal', value };
}

/** The real log, with a copy of what goes into it. */
function watchedAudit(log: AuditLog, recorded: AuditRecord[], results: AuditResult[]): AuditLog {
  return {
    started: (entry) => log.started(entry),
    ended: (entry) => log.ended(entry),
    record: (entry) => {
      recorded.push(entry);
      return log.record(entry);
    },
    result: (entry) => {
      results.push(entry);
      log.result(entry);
    },
    [Symbol.asyncDispose]: () => log[Symbol.asyncDispose](),
  };
}
