import { type JsonObject, WaterflowFailure } from '../../../schemas/index.ts';
import { parsePairs } from '../../commands/pairs.ts';
import { exitCodes } from '../../exit-codes.ts';
import type { Terminal } from '../../terminal.ts';
import { apiPath, type Client, createClient } from '../http.ts';
import { makeOfWorkflow } from '../of-workflow.ts';
import { hint, printFacts, printJson, printTable, textIn } from '../output.ts';
import { allOf } from '../pages.ts';
import { requireServer } from '../target.ts';
import { readSentWorkflow } from '../workflow-files.ts';
import type { RemoteOptions } from './schedules.ts';

/** `waterflow webhook create`'s options, as the command line gives them. */
export interface CreateWebhookOptions extends RemoteOptions {
  readonly name?: string;
  readonly var: readonly string[];
  /** `key=value` */
  readonly label: readonly string[];
  /** An environment variable that holds the secret; without it one is made up. */
  readonly secretEnv?: string;
  readonly paused?: boolean;
}

/** What `waterflow webhook pause|resume|rotate` changes. */
export type WebhookChange = { readonly paused: boolean } | { readonly rotate_secret: true };

/** Makes a webhook of a workflow and prints its address, and its secret where that was made up; gives the exit code. */
export async function createWebhook(terminal: Terminal, file: string, options: CreateWebhookOptions): Promise<number> {
  const client = clientOf(terminal, options);
  const { name, secretEnv, paused } = options;
  const settings: JsonObject = {
    ...(name === undefined ? {} : { name }),
    ...(secretEnv === undefined ? {} : { secret: secretIn(terminal, secretEnv) }),
    ...(paused === true ? { paused } : {}),
    labels: parsePairs('--label', options.label),
    vars: parsePairs('--var', options.var),
  };
  const sent = await readSentWorkflow(terminal, file);
  const json = options.json === true;
  const made = await makeOfWorkflow(terminal, client, { path: 'v1/webhooks', sent, settings, json });
  if (made === undefined) return exitCodes.usage;
  show(terminal, client, made, options);
  return exitCodes.ok;
}

/** Lists webhooks, one JSON object a line with --json; gives the exit code. */
export async function listWebhooks(terminal: Terminal, options: RemoteOptions): Promise<number> {
  const client = clientOf(terminal, options);
  const rows: (readonly string[])[] = [];
  for await (const webhook of allOf(client, { path: 'v1/webhooks', list: 'webhooks' })) {
    if (options.json === true) printJson(terminal, withAddress(client, webhook));
    const { id, paused, created_at: at, created_by: by, name } = webhook;
    rows.push([textIn(id), paused === true ? 'paused' : '', textIn(at), textIn(by), textIn(name)]);
  }
  if (options.json !== true)
    printTable(terminal, ['webhook', '', 'created', 'by', 'name'], { rows, empty: 'no webhooks' });
  return exitCodes.ok;
}

/** Shows a webhook, without its secret; gives the exit code. */
export async function showWebhook(terminal: Terminal, id: string, options: RemoteOptions): Promise<number> {
  const client = clientOf(terminal, options);
  show(terminal, client, await client.ask({ path: apiPath`v1/webhooks/${id}` }), options);
  return exitCodes.ok;
}

/** Changes a webhook, and shows it as it is then, with a secret that was made up for it; gives the exit code. */
export async function changeWebhook(
  terminal: Terminal,
  { id, change }: { readonly id: string; readonly change: WebhookChange },
  options: RemoteOptions,
): Promise<number> {
  const client = clientOf(terminal, options);
  const changed = await client.ask({ method: 'PATCH', path: apiPath`v1/webhooks/${id}`, body: change });
  show(terminal, client, changed, options);
  return exitCodes.ok;
}

/** Removes a webhook; its runs stay. Gives the exit code. */
export async function removeWebhook(terminal: Terminal, id: string, options: RemoteOptions): Promise<number> {
  await clientOf(terminal, options).ask({ method: 'DELETE', path: apiPath`v1/webhooks/${id}` });
  if (options.json === true) printJson(terminal, { id, removed: true });
  else terminal.stdout.write(`${id} is removed\n`);
  return exitCodes.ok;
}

function clientOf(terminal: Terminal, options: RemoteOptions): Client {
  return createClient(requireServer(terminal, options));
}

/** A secret on the command line would be in each list of processes. */
function secretIn({ env }: Terminal, variable: string): string {
  const secret = env[variable];
  if (secret !== undefined && secret !== '') return secret;
  throw new WaterflowFailure({
    code: 'SECRET_MISSING',
    message: `the environment variable ${variable} is not set`,
    remedy: `Set ${variable} in the environment, or leave --secret-env out: a secret is made up then.`,
  });
}

function show(terminal: Terminal, client: Client, webhook: JsonObject, { json }: RemoteOptions): void {
  const whole = withAddress(client, webhook);
  if (json === true) return printJson(terminal, whole);
  const { id, name, delivery_url: address, labels, paused, created_at: at, created_by: by, secret } = whole;
  printFacts(terminal, [
    ['webhook', textIn(id)],
    ['name', textIn(name)],
    ['address', textIn(address)],
    ['secret', textIn(secret)],
    ['labels', textIn(labels)],
    ['created', `${textIn(at)} by ${textIn(by)}`],
    ['paused', paused === true ? 'yes' : ''],
  ]);
  if (secret !== undefined) hint(terminal, 'the secret is shown this once');
}

/** A server that was told no public URL names the path alone; it is reached where this command reaches it. */
function withAddress(client: Client, webhook: JsonObject): JsonObject {
  const { delivery_url: address } = webhook;
  if (typeof address !== 'string' || !address.startsWith('/')) return webhook;
  return { ...webhook, delivery_url: new URL(address.slice(1), client.target.url).href };
}
