import { createHash } from 'node:crypto';
import type { Diagnostic } from '../../schemas/index.ts';
import type { ServerClock } from '../parts.ts';
import { type CompileThread, TooHeavy } from './compile-thread.ts';
import type { CompiledSource, WorkflowSource } from './submissions.ts';

/** What was read is read again after so long, and what was wrong sooner, whatever became of the nodes meanwhile. */
const keptMs = 60_000;
const refusedMs = 5_000;
/** Of sources and what came of them, about. */
const mostBytes = 64 * 1024 * 1024;

interface Entry {
  readonly compiled: Promise<CompiledSource>;
  /** What nodes were found in when it began to be read. */
  readonly nodesFrom: readonly object[];
  expires: number;
  bytes: number;
}

/**
 * Reads workflows; what a tenant sends again within a minute is read once, also where many send it at a time, as long as no nodes have
 * come or gone: one that isn't there any more is refused at once.
 */
export function createCompiler(parts: {
  readonly thread: CompileThread;
  readonly clock: ServerClock;
  /** What nodes are found in now; others as soon as there may be other nodes. */
  readonly nodesFrom: () => readonly object[];
}): (tenant: string, source: WorkflowSource) => Promise<CompiledSource> {
  const { thread, clock, nodesFrom } = parts;
  const entries = new Map<string, Entry>();
  let total = 0;

  const forget = (key: string, entry: Entry): void => {
    if (entries.get(key) !== entry) return;
    entries.delete(key);
    total -= entry.bytes;
  };
  const keep = (key: string, entry: Entry, { plan, diagnostics }: CompiledSource): void => {
    if (entries.get(key) !== entry) return;
    entry.expires = clock.now() + (plan === undefined ? refusedMs : keptMs);
    entry.bytes = JSON.stringify([plan, diagnostics]).length;
    total += entry.bytes;
    for (const [oldest, other] of entries) {
      if (total <= mostBytes) break;
      forget(oldest, other);
    }
  };
  return (tenant, source) => {
    const key = keyOf(tenant, source);
    const known = entries.get(key);
    const from = nodesFrom();
    if (known !== undefined && known.expires > clock.now() && isSame(known.nodesFrom, from)) {
      // The last that was asked for is the last to go.
      entries.delete(key);
      entries.set(key, known);
      return known.compiled;
    }
    if (known !== undefined) forget(key, known);
    const compiling = read(thread, tenant, source);
    const entry: Entry = { compiled: compiling, nodesFrom: from, expires: Number.POSITIVE_INFINITY, bytes: 0 };
    entries.set(key, entry);
    entry.compiled.then(
      (compiled) => keep(key, entry, compiled),
      () => forget(key, entry),
    );
    return entry.compiled;
  };
}

function isSame(one: readonly object[], other: readonly object[]): boolean {
  return one.length === other.length && one.every((each, index) => each === other[index]);
}

async function read(thread: CompileThread, tenant: string, source: WorkflowSource): Promise<CompiledSource> {
  try {
    return await thread.run(tenant, { kind: 'compile', source });
  } catch (cause) {
    if (!(cause instanceof TooHeavy)) throw cause;
    return { diagnostics: [tooHeavy(source.file, cause)] };
  }
}

function tooHeavy(file: string, { message }: TooHeavy): Diagnostic {
  return {
    severity: 'error',
    code: 'LIMIT_EXCEEDED',
    message: `the workflow can't be read within the limits: ${message}`,
    remedy: 'Make it smaller: fewer jobs and steps, or parts of it in workflows of their own.',
    file,
    line: 1,
    column: 1,
  };
}

function keyOf(tenant: string, { workflow, files, file }: WorkflowSource): string {
  const parts = [
    tenant,
    file,
    workflow,
    ...Object.entries(files)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .flat(),
  ];
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('hex');
}
