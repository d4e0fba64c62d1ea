import { definePlugin, type Host, type Plugin, stepFailure } from 'waterflow/plugin';
import { sendMail } from './email.ts';
import { type Inputs, requireMeaning } from './inputs.ts';
import { originOf, type Posted, post } from './post.ts';
import { slackPayload, slackProblem, slackRemedy, slackTimestamp } from './slack.ts';
import { webhookHeaders, webhookPayload } from './webhook.ts';

/** Outputs as plugin.yaml declares them. */
interface Outputs {
  readonly status?: number;
  readonly attempts?: number;
  readonly message_id?: string;
  readonly accepted?: readonly string[];
  readonly rejected?: readonly string[];
}

/** Where a bot's token posts to; plugin.yaml grants the same. */
const slackApi = 'https://slack.com/api/chat.postMessage';

const plugin: Plugin<Inputs, Outputs> = definePlugin(async (inputs, host) => {
  requireMeaning(inputs);
  switch (inputs.via) {
    case 'webhook':
      return await toWebhook(inputs, host);
    case 'slack':
      return await toSlack(inputs, host);
    case 'email':
      return await sendMail(host, inputs);
    default:
      throw new Error(`via: ${JSON.stringify(inputs.via)} is none of webhook, slack, email`);
  }
});
export default plugin;

async function toWebhook(inputs: Inputs, host: Host): Promise<Outputs> {
  const { url } = inputs;
  if (url === undefined) throw new Error('url: `via: webhook` needs it');
  const headers = { ...webhookHeaders(inputs), ...authorization(inputs) };
  const posted = await post(host, {
    url,
    headers,
    payload: webhookPayload(inputs, host.step),
    retries: retriesOf(inputs),
  });
  return told(host, url, posted);
}

async function toSlack(inputs: Inputs, host: Host): Promise<Outputs> {
  const url = inputs.url ?? slackApi;
  if (inputs.url === undefined && (inputs.token === undefined || inputs.channel === undefined)) {
    throw new Error('`via: slack` needs either `url`, or `token` and `channel`');
  }
  const headers = authorization(inputs);
  const posted = await post(host, { url, headers, payload: slackPayload(inputs), retries: retriesOf(inputs) });
  const problem = slackProblem(posted.body);
  if (problem !== undefined) {
    const remedy = slackRemedy(problem);
    throw stepFailure(`${originOf(url)} refused the message: ${problem.slice(0, 200)}`, {
      outputs: { status: posted.status, attempts: posted.attempts },
      ...(remedy === undefined ? {} : { remedy }),
    });
  }
  const ts = slackTimestamp(posted.body);
  return { ...told(host, url, posted), ...(ts === undefined ? {} : { message_id: ts }) };
}

/** The token is a placeholder: the agent puts the value in its place on the way out. */
function authorization({ token }: Inputs): Readonly<Record<string, string>> {
  return token === undefined ? {} : { authorization: `Bearer ${token}` };
}

function retriesOf({ retries }: Inputs): number {
  return retries ?? 2;
}

function told(host: Host, url: string, { status, attempts }: Posted): Outputs {
  host.log(`${originOf(url)} took the message`);
  return { status, attempts };
}
