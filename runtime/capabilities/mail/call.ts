import { assertNever, type JsonObject } from '../../../schemas/index.ts';
import type { Check } from '../capability.ts';
import { isUndecided, matchBudgetOf, undecided } from '../match-budget.ts';
import { checkAddress, deniesEndpoint, type Endpoint, type GuardedAddress, matchesEndpoint } from '../net/endpoint.ts';
import { refusal, refusalAfter } from '../refusal.ts';
import { type AddressPattern, type MailAddress, matchesAddress, parseAddress } from './address.ts';
import type { MailRule } from './rule.ts';

/** An address, with a name to be shown beside it if there is one. */
export type GivenAddress = string | { readonly address: string; readonly name?: string };

/** A workspace file that goes along. */
export interface GivenAttachment {
  readonly file: string;
  /** Default: the file's own. */
  readonly name?: string;
  readonly type?: string;
}

/** Arguments of `mail.send`. */
export interface MailArgs {
  readonly host: string;
  readonly port?: number;
  readonly from: GivenAddress;
  readonly to?: readonly GivenAddress[];
  readonly cc?: readonly GivenAddress[];
  readonly bcc?: readonly GivenAddress[];
  readonly reply_to?: GivenAddress;
  readonly subject: string;
  readonly text?: string;
  readonly html?: string;
  readonly attachments?: readonly GivenAttachment[];
  /** Where no entry says how to log in: as whom, and the placeholder of a secret. */
  readonly login?: { readonly user: string; readonly password: string };
  readonly timeout_ms?: number;
}

/** What a rule is asked about: one address of the message, in which place it stands, and whom the message is from. */
export interface MailDemand {
  readonly endpoint: Endpoint;
  readonly place: 'from' | 'recipient' | 'reply_to';
  readonly address: string;
  readonly from: string;
  /** Where the server turned out to lie, if that is no ordinary address. */
  readonly at?: GuardedAddress | undefined;
  /** What the server's name was resolved to: a deny rule may be for one of these. */
  readonly addresses?: readonly string[];
}

const defaultPort = 587;
/** No control characters: none that ends a header, and none that a reader's terminal acts on. */
const oneLine = '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$';
const address: JsonObject = {
  oneOf: [
    { type: 'string', minLength: 3, maxLength: 320, pattern: oneLine },
    {
      type: 'object',
      additionalProperties: false,
      required: ['address'],
      properties: {
        address: { type: 'string', minLength: 3, maxLength: 320, pattern: oneLine },
        name: { type: 'string', maxLength: 200, pattern: oneLine },
      },
    },
  ],
};
const recipients: JsonObject = { type: 'array', maxItems: 1000, items: address };

/** JSON Schema of the arguments. */
export const mailArgsSchema: JsonObject = {
  type: 'object',
  additionalProperties: false,
  required: ['host', 'from', 'subject'],
  properties: {
    host: { type: 'string', minLength: 1, maxLength: 255 },
    port: { type: 'integer', minimum: 1, maximum: 65_535 },
    from: address,
    to: recipients,
    cc: recipients,
    bcc: recipients,
    reply_to: address,
    subject: { type: 'string', maxLength: 1000, pattern: oneLine },
    text: { type: 'string' },
    html: { type: 'string' },
    attachments: {
      type: 'array',
      maxItems: 100,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['file'],
        properties: {
          file: { type: 'string', minLength: 1, maxLength: 4096, pattern: oneLine },
          name: {
            type: 'string',
            minLength: 1,
            maxLength: 200,
            pattern: '^[^/\\\\\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]*$',
          },
          type: { type: 'string', maxLength: 127, pattern: '^(?!multipart/)[a-z0-9.+-]+/[a-z0-9.+-]+$' },
        },
      },
    },
    login: {
      type: 'object',
      additionalProperties: false,
      required: ['user', 'password'],
      properties: {
        user: { type: 'string', minLength: 1, maxLength: 256, pattern: oneLine },
        password: { type: 'string', minLength: 1, maxLength: 256 },
      },
    },
    timeout_ms: { type: 'integer', minimum: 1, maximum: 3_600_000 },
  },
};

/** The address alone. */
export function bareAddress(given: GivenAddress): string {
  return typeof given === 'string' ? given : given.address;
}

/** Everybody who gets the message. */
export function recipientsOf({ to = [], cc = [], bcc = [] }: MailArgs): readonly GivenAddress[] {
  return [...to, ...cc, ...bcc];
}

/** Where the call goes. */
export function endpointOf({ host, port = defaultPort }: MailArgs): Endpoint {
  return { host, port };
}

/** What the call needs: each of its addresses. */
export function demandsOf(args: MailArgs, found: Pick<MailDemand, 'at' | 'addresses'> = {}): readonly MailDemand[] {
  const endpoint = endpointOf(args);
  const from = bareAddress(args.from);
  const demand = (place: MailDemand['place'], given: GivenAddress): MailDemand => ({
    endpoint,
    place,
    address: bareAddress(given),
    from,
    ...found,
  });
  return [
    demand('from', args.from),
    ...recipientsOf(args).map((given) => demand('recipient', given)),
    ...(args.reply_to === undefined ? [] : [demand('reply_to', args.reply_to)]),
  ];
}

/** Whether this rule allows the address in its place. */
export function checkMail(rule: MailRule, demand: MailDemand): Check {
  const { endpoint, place, address: text, at } = demand;
  if (!matchesEndpoint(rule.endpoint, endpoint)) {
    return refusal(() => `it is for ${rule.endpoint.text}, not ${endpoint.host}:${endpoint.port}`);
  }
  const reached = at === undefined ? undefined : checkAddress(rule, at);
  if (reached?.matches === false) return refusalAfter(1, reached);
  if (addressesOf(demand).address === undefined) {
    return {
      matches: false,
      why: `\`${text}\` is not one plain address`,
      remedy:
        'Give each address alone, as `name@domain`, without quotes, comments or routes; its display name under `name`.',
    };
  }
  // Whom one entry lets send, and to whom another does, is no leave for the one to write to the other.
  const sender = place === 'from' ? undefined : checkPlace(rule, 'from', demand);
  if (sender?.matches === false) return refusalAfter(2, sender);
  const placed = checkPlace(rule, place, demand);
  return placed.matches ? placed : refusalAfter(3, placed);
}

/** Hundreds of rules are asked about the same addresses. */
const readAddresses = new WeakMap<MailDemand, Readonly<Record<'address' | 'from', MailAddress | undefined>>>();

function addressesOf(demand: MailDemand): Readonly<Record<'address' | 'from', MailAddress | undefined>> {
  const known = readAddresses.get(demand);
  if (known !== undefined) return known;
  const read = { address: parseAddress(demand.address), from: parseAddress(demand.from) };
  readAddresses.set(demand, read);
  return read;
}

/** Whether one of them means the address. All recipients of a message are one call, and have its endpoint in common. */
function meansAny(
  patterns: readonly AddressPattern[],
  address: MailAddress | undefined,
  { endpoint }: MailDemand,
): boolean {
  const budget = matchBudgetOf(endpoint);
  budget.steps -= 1 + (patterns.length >> 2);
  if (address === undefined || budget.steps < 0) return false;
  return patterns.some((pattern) => matchesAddress(pattern, address));
}

function checkPlace(rule: MailRule, place: MailDemand['place'], demand: MailDemand): Check {
  const patterns = patternsFor(rule, place);
  const { address, from } = addressesOf(demand);
  if (meansAny(patterns, place === 'from' ? from : address, demand)) return { matches: true };
  if (isUndecided(demand.endpoint)) return undecided;
  const text = place === 'from' ? demand.from : demand.address;
  return refusal(() => {
    const named = patterns.length === 0 ? 'nobody' : patterns.map((pattern) => `\`${pattern.text}\``).join(', ');
    return `it lets mail go ${place === 'from' ? 'from' : 'to'} ${named} only, not \`${text}\``;
  });
}

/** Answers may go to whom mail may come from, or go to. */
function patternsFor(rule: MailRule, place: MailDemand['place']): readonly AddressPattern[] {
  switch (place) {
    case 'from':
      return rule.from;
    case 'recipient':
      return rule.to;
    case 'reply_to':
      return [...rule.from, ...rule.to];
    default:
      return assertNever(place);
  }
}

/**
 * Whether a deny rule takes it: the message is from whom the rule names and goes, or asks for answers, to whom it names. Nobody that
 * is named stands for anybody, and what can't be decided is denied.
 */
export function deniesMail(rule: MailRule, demand: MailDemand): boolean {
  const { endpoint, addresses, place } = demand;
  const { address, from } = addressesOf(demand);
  if (!deniesEndpoint(rule.denied, endpoint, addresses)) return false;
  const takes = (patterns: readonly AddressPattern[], named: MailAddress | undefined): boolean =>
    patterns.length === 0 || meansAny(patterns, named, demand) || isUndecided(endpoint);
  if (!takes(rule.from, from)) return false;
  // Of a message to several the recipients are asked about one by one.
  return place === 'from' ? rule.to.length === 0 : takes(rule.to, address);
}
