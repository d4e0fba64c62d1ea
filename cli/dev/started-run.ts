import { createHash } from 'node:crypto';
import { resolveInputs } from '../../dsl/index.ts';
import type { Digest, JsonObject, Plan, RunId } from '../../schemas/index.ts';
import type { ServerParts } from '../../server/parts.ts';
import { createSources } from '../../server/runs/sources.ts';
import { readSentWorkflow } from '../client/workflow-files.ts';
import { compileFile } from '../commands/compile-file.ts';
import { printDiagnostics } from '../commands/diagnostics.ts';
import { operatorName } from '../composition/operator.ts';
import { developerId } from '../composition/server.ts';
import type { Terminal } from '../terminal.ts';

/** What a run of the developer's file is started with. */
export interface RunValues {
  readonly inputs: Readonly<Record<string, string>>;
  readonly vars: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** Starts a run of a file as it is now; undefined where it has errors, which are printed then. */
export async function startRun(
  terminal: Terminal,
  { records, submissions }: Pick<ServerParts, 'records' | 'submissions'>,
  { file, values }: { readonly file: string; readonly values: RunValues },
): Promise<RunId | undefined> {
  const compiled = await compileFile(terminal, file);
  const { plan, text } = compiled;
  printDiagnostics(terminal, [compiled], { json: false });
  if (plan === undefined) return undefined;
  const resolved = resolveInputs(plan, values.inputs);
  if ('errors' in resolved) {
    printDiagnostics(terminal, [{ text, diagnostics: resolved.errors }], { json: false });
    return undefined;
  }
  const digest = digestOf(plan);
  const source = await createSources(records.sources).put(await readSentWorkflow(terminal, file));
  // A Plan is JSON by definition; its interfaces only lack JsonObject's index signature.
  await records.runs.putPlan(digest, plan as unknown as JsonObject);
  const result = await submissions.submit({
    tenant: 'default',
    plan: digest,
    source,
    ...values,
    labels: {},
    origin: { kind: 'api', id: developerId, by: operatorName() },
  });
  if (result.kind === 'invalid') {
    printDiagnostics(terminal, [{ text, diagnostics: result.diagnostics }], { json: false });
  }
  return result.kind === 'created' ? result.run : undefined;
}

function digestOf(plan: Plan): Digest {
  // SHA-256 gives 64 lower-case hex digits.
  return `sha256:${createHash('sha256').update(JSON.stringify(plan)).digest('hex')}` as Digest;
}
