import type { Diagnostic, Plan, PlannedCallInterface, PlannedInput } from '../schemas/index.ts';
import type { CompileOptions } from './api.ts';

/** Workflows on one path of calls, the root workflow counted, as at GitHub. */
export const mostLevels = 10;
/** Different workflows that are called from one root workflow, directly or not. */
export const mostCalled = 50;

/** Jobs of all workflows of a run, those of a workflow counted at each call of it: calls of calls multiply. */
export const mostJobs = 10_000;

/** What a caller must know of a workflow. */
export interface Callable {
  readonly inputs: Readonly<Record<string, PlannedInput>>;
  readonly outputs: readonly string[];
  readonly secrets: PlannedCallInterface['secrets'];
}

/** A workflow file that is called, read. */
export interface CalledFile {
  /** The name that stands in diagnostics. */
  readonly file: string;
  readonly text: string;
  /** As it is called; absent where it, or what it calls, has an error. */
  readonly plan?: Plan;
  /** Absent where its `on` has no `workflow_call`, or says nothing that can be read. */
  readonly callable?: Callable;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a path of a call leads to, or why it leads nowhere. */
export type OpenedCall =
  | { readonly kind: 'file'; readonly called: CalledFile }
  | { readonly kind: 'missing'; readonly why: string }
  /** The paths of the workflows that call each other, from the first to itself. */
  | { readonly kind: 'cycle'; readonly paths: readonly string[] }
  | { readonly kind: 'too deep' }
  | { readonly kind: 'too many' }
  | { readonly kind: 'too many jobs' };

interface Entry {
  readonly called: CalledFile;
  /** Workflows on the longest path of calls from here, itself counted. */
  readonly levels: number;
  /** Its own, and those of what it calls, at each call. */
  readonly jobs: number;
}

interface Caller {
  readonly path: string;
  /** Of the callees that it has opened so far, the most levels. */
  levels: number;
  /** Those of its calls so far. */
  jobs: number;
}

/** How a called file is read; it opens what it calls itself. */
export type ReadCalled = (path: string, source: Uint8Array | string) => CalledFile;

/**
 * The workflows that a root workflow calls, directly or not, each read once, when the first call of it is met. Paths are relative to
 * the folder of the root workflow's file, with `/` and without `./`.
 */
export class CalledWorkflows {
  readonly #readFile: CompileOptions['readWorkflow'];
  readonly #readCalled: ReadCalled;
  readonly #files = new Map<string, Entry>();
  /** Their paths, in the order in which they are called first. */
  readonly #met: string[] = [];
  /** From the root workflow to the one that is being read. */
  readonly #callers: Caller[];

  constructor(root: string, options: Pick<CompileOptions, 'readWorkflow'>, readCalled: ReadCalled) {
    this.#callers = [{ path: root, levels: 0, jobs: 0 }];
    this.#readFile = options.readWorkflow;
    this.#readCalled = readCalled;
  }

  /** A job of the workflow that is being read calls this path. */
  call(path: string): OpenedCall {
    const opened = this.open(path);
    const jobs = opened.kind === 'file' ? (this.#files.get(path)?.jobs ?? 0) : 0;
    const caller = this.#callers.at(-1);
    if (caller === undefined || caller.jobs > mostJobs) return opened;
    caller.jobs += jobs;
    return caller.jobs > mostJobs ? { kind: 'too many jobs' } : opened;
  }

  /** What the workflow that is being read calls by this path, without a call. */
  open(path: string): OpenedCall {
    const start = this.#callers.findIndex((caller) => caller.path === path);
    if (start !== -1) {
      return { kind: 'cycle', paths: [...this.#callers.slice(start).map((caller) => caller.path), path] };
    }
    const known = this.#files.get(path);
    if (this.#callers.length + (known?.levels ?? 1) > mostLevels) return { kind: 'too deep' };
    if (known === undefined && this.#met.length >= mostCalled) return { kind: 'too many' };
    const entry = known ?? this.#read(path);
    if ('why' in entry) return { kind: 'missing', why: entry.why };
    const caller = this.#callers.at(-1);
    if (caller !== undefined) caller.levels = Math.max(caller.levels, entry.levels);
    return { kind: 'file', called: entry.called };
  }

  /** Whether there is a file of that path. */
  has(path: string): boolean {
    const found = this.#readFile?.(path);
    return found !== undefined && 'source' in found;
  }

  #read(path: string): Entry | { readonly why: string } {
    if (this.#readFile === undefined) return { why: 'no files can be read here' };
    const found = this.#readFile(path);
    if ('missing' in found) return { why: found.missing };
    this.#met.push(path);
    const caller: Caller = { path, levels: 0, jobs: 0 };
    this.#callers.push(caller);
    const called = this.#readCalled(path, found.source);
    this.#callers.pop();
    const jobs = caller.jobs + (called.plan?.jobs.length ?? 0);
    const entry: Entry = { called, levels: 1 + caller.levels, jobs };
    this.#files.set(path, entry);
    return entry;
  }

  /** Everything that was read, by path, in the order in which it is called first. */
  files(): ReadonlyMap<string, CalledFile> {
    return new Map(
      this.#met.flatMap((path): [string, CalledFile][] => {
        const entry = this.#files.get(path);
        return entry === undefined ? [] : [[path, entry.called]];
      }),
    );
  }
}
