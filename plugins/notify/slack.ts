import type { Json } from 'waterflow/plugin';
import { factsOf, type Inputs } from './inputs.ts';

/** Slack takes 40,000 characters of text, and cuts off the rest without a word. */
const mostCharacters = 39_000;

/** Slack's own names stand for colours that Mattermost, Rocket.Chat and Discord know as well. */
function colourOf(status: string): string {
  switch (status) {
    case 'success':
      return '#2eb67d';
    case 'failure':
      return '#e01e5a';
    case 'cancelled':
    case 'skipped':
      return '#868686';
    case 'warning':
      return '#ecb22e';
    default:
      return '#36c5f0';
  }
}

/**
 * The message as incoming webhooks and chat.postMessage take it. What came from a step's inputs is escaped: a commit's message must not
 * call everybody (`<!channel>`), nor show one address and lead to another.
 */
export function slackPayload(inputs: Inputs): Json {
  if (inputs.payload !== undefined) return withChannel(inputs.payload, inputs.channel);
  const { title, message, status, link } = inputs;
  const isPlain = inputs.format !== 'mrkdwn';
  const body = shortened(isPlain ? escaped(message) : message);
  const heading = title === undefined ? undefined : escaped(title);
  const facts = Object.entries(factsOf(inputs)).map(([name, value]) => ({
    title: escaped(name),
    value: escaped(String(value)),
    short: String(value).length <= 40,
  }));
  if (status === undefined && link === undefined && facts.length === 0) {
    const text = heading === undefined ? body : `${heading}\n${body}`;
    return withChannel({ text, mrkdwn: !isPlain }, inputs.channel);
  }
  const attachment = {
    // What stands in a notification, and where attachments aren't shown.
    fallback: escaped(title ?? message),
    ...(status === undefined ? {} : { color: colourOf(status) }),
    // Only a title can be a link.
    ...(heading === undefined && link === undefined ? {} : { title: heading ?? link ?? '' }),
    ...(link === undefined ? {} : { title_link: link }),
    text: body,
    ...(facts.length === 0 ? {} : { fields: facts }),
    mrkdwn_in: isPlain ? [] : ['text'],
  };
  const text = status === undefined ? '' : escaped(status);
  return withChannel({ text, mrkdwn: !isPlain, attachments: [attachment] }, inputs.channel);
}

/** The three characters that mean something in Slack's text (docs.slack.dev, "Formatting message text"). */
export function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function shortened(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= mostCharacters) return text;
  // An entity that is cut in two would be shown as what is left of it.
  return `${characters
    .slice(0, mostCharacters - 1)
    .join('')
    .replace(/&[a-z]{0,3}$/, '')}…`;
}

function withChannel(payload: Json, channel: string | undefined): Json {
  if (channel === undefined) return payload;
  if (!isObject(payload)) throw new Error('payload: with `channel` it must be an object');
  return { ...payload, channel };
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What chat.postMessage, which answers 200 to everything, says of a failure; undefined where it has none. */
export function slackProblem(body: string): string | undefined {
  const answer = parsed(body);
  if (answer?.['ok'] !== false) return undefined;
  const { error } = answer;
  return typeof error === 'string' ? error : 'it was refused';
}

/** The `ts` of the message, by which it can be answered or changed. */
export function slackTimestamp(body: string): string | undefined {
  const ts = parsed(body)?.['ts'];
  return typeof ts === 'string' ? ts : undefined;
}

function parsed(body: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    // Neither null nor a primitive: its properties are unknown, which the type says.
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

/** What to do about an error, by the word that Slack has for it. */
export function slackRemedy(problem: string): string | undefined {
  const word = /[a-z_]+/.exec(problem)?.[0] ?? '';
  switch (word) {
    case 'invalid_auth':
    case 'not_authed':
    case 'token_revoked':
    case 'token_expired':
    case 'account_inactive':
      return 'Give a bot token (xoxb-…) that is still valid as `token`.';
    case 'missing_scope':
      return 'Give the app the scope chat:write, and install it again.';
    case 'channel_not_found':
    case 'not_in_channel':
    case 'channel_is_archived':
    case 'is_archived':
      return 'Name a channel that exists, and invite the app to it.';
    case 'no_service':
    case 'no_active_hooks':
    case 'no_team':
    case 'invalid_token':
      return 'The hook was removed, or `url` is not its address: make a new one, and give it.';
    default:
      return undefined;
  }
}
