import { type JsonObject, WaterflowFailure } from '../../schemas/index.ts';
import { printDiagnostics } from '../commands/diagnostics.ts';
import type { Terminal } from '../terminal.ts';
import { type Client, diagnosticsOf } from './http.ts';
import type { SentWorkflow } from './workflow-files.ts';

/** What a server is asked to make of a workflow: a schedule, a webhook. */
export interface AskedOfWorkflow {
  /** Where it is made. */
  readonly path: string;
  readonly sent: SentWorkflow;
  /** What is said beside the workflow and its tenant. */
  readonly settings: JsonObject;
  readonly json: boolean;
}

/**
 * Has a server make something of a workflow, for the tenant of its profile; gives what it answers. Undefined where the workflow is wrong, whose
 * problems are printed then, as warnings are. Throws where anything else is.
 */
export async function makeOfWorkflow(
  terminal: Terminal,
  client: Client,
  { path, sent, settings, json }: AskedOfWorkflow,
): Promise<JsonObject | undefined> {
  const { tenant } = client.target;
  const body: JsonObject = { ...sent, ...settings, ...(tenant === undefined ? {} : { tenant_id: tenant }) };
  const answer = await client.send({ method: 'POST', path, body });
  if (!answer.ok) {
    if (answer.diagnostics.length === 0) throw new WaterflowFailure(answer.error);
    printDiagnostics(terminal, [{ text: sent.workflow, diagnostics: answer.diagnostics }], { json });
    return undefined;
  }
  const made = answer.body as JsonObject; // The API says so.
  if (!json) {
    printDiagnostics(terminal, [{ text: sent.workflow, diagnostics: diagnosticsOf(made['warnings']) }], { json });
  }
  return made;
}
