import type { Explanation } from '../../../engine/explain/index.ts';
import type { JsonObject } from '../../../schemas/index.ts';
import { components } from '../../../server/http/components.ts';
import { createSchemaChecks } from '../../../server/http/schema-check.ts';
import { exitCodes } from '../../exit-codes.ts';
import { printExplanation } from '../../report/explanation.ts';
import type { Terminal } from '../../terminal.ts';
import { apiPath, type Client } from '../http.ts';
import { noAnswer } from '../no-answer.ts';
import { findRemoteRun, remoteWords } from '../run-word.ts';

/** Says why a run of a server is as it is; gives the exit code. */
export async function explainRemote(
  terminal: Terminal,
  client: Client,
  { run: word, json }: { readonly run: string; readonly json: boolean },
): Promise<number> {
  const id = await findRemoteRun(client, word);
  const answer = await client.ask({ path: apiPath`v1/workflows/${id}/explanation` });
  if (!isExplanation(answer))
    throw noAnswer(client.target, { reason: 'it explains runs in a form that this version does not know' });
  printExplanation(terminal, answer, { words: remoteWords(client, id), json });
  return exitCodes.ok;
}

/** Whether it is what the API says that explanations are; a newer server may say more. */
function isExplanation(answer: JsonObject): answer is JsonObject & Explanation {
  const check = createSchemaChecks(components).check({ $ref: '#/components/schemas/Explanation' }, 'the explanation');
  return check(answer).length === 0;
}
