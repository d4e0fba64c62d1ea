import { randomUUID } from 'node:crypto';
import { type JsonObject, WaterflowFailure } from '../../../schemas/index.ts';
import { printDiagnostics } from '../../commands/diagnostics.ts';
import { parsePairs, parseSecrets } from '../../commands/pairs.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal.ts';
import { type Answer, createClient, diagnosticsOf } from '../http.ts';
import { printJson, textIn } from '../output.ts';
import { inOwnWords } from '../own-words.ts';
import { sendPatiently } from '../retries.ts';
import { showSubmitted } from '../submitted.ts';
import { requireServer } from '../target.ts';
import { readSentWorkflow, type SentWorkflow } from '../workflow-files.ts';
import type { RemoteOptions } from './schedules.ts';

/** `waterflow submit`'s options, as the command line gives them. */
export interface SubmitOptions extends RemoteOptions {
  readonly input: readonly string[];
  readonly var: readonly string[];
  readonly secret: readonly string[];
  /** `key=value` */
  readonly label: readonly string[];
  readonly follow?: boolean;
  readonly idempotencyKey?: string;
  readonly dryRun?: boolean;
  /** In ms. */
  readonly retryFor: number;
}

/** Has a server run a workflow file; gives the exit code. */
export async function submit(terminal: Terminal, file: string, options: SubmitOptions): Promise<number> {
  const client = createClient(requireServer(terminal, options));
  const values = valuesOf(terminal, options);
  const sent = await readSentWorkflow(terminal, file);
  const { tenant } = client.target;
  const body: JsonObject = {
    ...sent,
    ...values,
    ...(tenant === undefined ? {} : { tenant_id: tenant }),
    ...(options.dryRun === true ? { dry_run: true } : {}),
  };
  const json = options.json === true;
  // With its key there is one run, whichever of several attempts arrived.
  const headers = { 'idempotency-key': options.idempotencyKey ?? randomUUID() };
  const request = { method: 'POST', path: 'v1/workflows', body, headers } as const;
  const answer = await sendPatiently(terminal, client, { request, retryForMs: options.retryFor });
  if (!answer.ok) return refused(terminal, answer, { sent, file, json });
  const made = answer.body as JsonObject; // The API says so.
  if (json) printJson(terminal, options.dryRun === true ? made : { type: 'submitted', ...made });
  else {
    const problems = [...diagnosticsOf(made['errors']), ...diagnosticsOf(made['warnings'])];
    printProblems(terminal, { sent, file, diagnostics: problems, json });
  }
  if (options.dryRun === true) {
    if (!json) printDryRun(terminal, made);
    return exitCodes.ok;
  }
  return await showSubmitted(terminal, client, { run: textIn(made['id']), follow: options.follow === true, json });
}

function valuesOf(terminal: Terminal, options: SubmitOptions): JsonObject {
  const inputs = parsePairs('--input', options.input);
  const vars = parsePairs('--var', options.var);
  const labels = parsePairs('--label', options.label);
  const secrets = parseSecrets(options.secret, terminal.env);
  const given = Object.entries({ inputs, vars, labels, secrets });
  return Object.fromEntries(given.filter(([, pairs]) => Object.keys(pairs).length > 0));
}

interface Sent {
  readonly sent: SentWorkflow;
  readonly file: string;
  readonly json: boolean;
}

function refused(terminal: Terminal, answer: Extract<Answer, { readonly ok: false }>, sent: Sent): number {
  if (answer.diagnostics.length === 0) throw new WaterflowFailure(answer.error);
  printProblems(terminal, { ...sent, diagnostics: answer.diagnostics });
  return exitCodes.usage;
}

/** A server doesn't know how the file is called here, and calls it its own way; those that it calls it names by their paths. */
function printProblems(
  terminal: Terminal,
  { sent, file, diagnostics, json }: Sent & { readonly diagnostics: ReturnType<typeof diagnosticsOf> },
): void {
  const called = new Map(Object.entries(sent.files));
  const named = diagnostics
    .map(inOwnWords)
    .map((one) => (one.file === undefined || called.has(one.file) ? one : { ...one, file }));
  printDiagnostics(terminal, [{ text: sent.workflow, diagnostics: named, called }], { json });
}

function printDryRun({ stdout }: Terminal, plan: JsonObject): void {
  const { name, jobs, errors } = plan;
  const keys = Object.keys(Object(jobs) as object);
  const would = diagnosticsOf(errors).length === 0 ? 'would run' : 'would run, once it has its secrets';
  stdout.write(`${textIn(name)} ${would}: ${keys.join(', ')}\n`);
}
