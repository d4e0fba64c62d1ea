import type { Json } from 'waterflow/plugin';

/** One address or path, or several. */
export type OneOrMore = string | readonly string[];

/** What a step says, as plugin.yaml declares it. */
export interface Inputs {
  readonly via: 'webhook' | 'slack' | 'email';
  readonly message: string;
  readonly title?: string;
  readonly status?: string;
  readonly fields?: Readonly<Record<string, string | number | boolean | null>>;
  readonly link?: string;
  readonly format?: 'plain' | 'mrkdwn';
  readonly url?: string;
  readonly token?: string;
  readonly channel?: string;
  readonly headers?: Readonly<Record<string, string | number | boolean>>;
  readonly payload?: Json;
  readonly retries?: number;
  readonly 'smtp-host'?: string;
  readonly 'smtp-port'?: number;
  readonly 'smtp-tls'?: string;
  readonly 'smtp-user'?: string;
  readonly 'smtp-password'?: string;
  readonly from?: string;
  readonly 'from-name'?: string;
  readonly to?: OneOrMore;
  readonly cc?: OneOrMore;
  readonly bcc?: OneOrMore;
  readonly 'reply-to'?: string;
  readonly html?: string;
  readonly attachments?: OneOrMore;
}

type Via = Inputs['via'];

/** Inputs that mean something for some ways only. Elsewhere they are a mistake: nobody would see that they have no effect. */
const waysOf: Readonly<Partial<Record<keyof Inputs, readonly Via[]>>> = {
  url: ['webhook', 'slack'],
  token: ['webhook', 'slack'],
  channel: ['slack'],
  headers: ['webhook'],
  payload: ['webhook', 'slack'],
  'smtp-host': ['email'],
  'smtp-tls': ['email'],
  'smtp-user': ['email'],
  'smtp-password': ['email'],
  from: ['email'],
  'from-name': ['email'],
  to: ['email'],
  cc: ['email'],
  bcc: ['email'],
  'reply-to': ['email'],
  html: ['email'],
  attachments: ['email'],
};

/** The facts that there are: what a step that was skipped would have given is none. */
export function factsOf({ fields = {} }: Inputs): Readonly<Record<string, string | number | boolean>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  );
}

/** Throws where an input has no meaning for the way that the step chose. */
export function requireMeaning(inputs: Inputs): void {
  for (const [name, ways] of Object.entries(waysOf)) {
    // The keys of the table are those of the inputs.
    if (inputs[name as keyof Inputs] === undefined || ways.includes(inputs.via)) continue;
    throw new Error(`${name}: it has no meaning for \`via: ${inputs.via}\`, only for ${ways.join(' and ')}`);
  }
}

/** As a list; none for what wasn't given. */
export function listOf(value: OneOrMore | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

/** A text in which nothing ends the line: control characters and line separators become blanks. */
export function oneLine(text: string, longest: number): string {
  const line = text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim();
  const characters = Array.from(line);
  return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join('')}…`;
}
