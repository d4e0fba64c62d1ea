import type { Json, JsonObject } from '../../schemas/index.ts';
import type { Oracle } from './attack.ts';
import type { CanaryTokens } from './canaries.ts';

/** What was seen of one attack from outside, whatever the guest says of itself. */
export interface Observation {
  /** `returned`, or the code of the error, of each round. */
  readonly ends: readonly string[];
  /** Why it failed, for people. */
  readonly messages: readonly string[];
  /** What the guest returned, by round. */
  readonly outputs: readonly JsonObject[];
  /** Texts that have come out of the sandbox, by where: no canary's token may be in any of them. */
  readonly surfaces: Readonly<Record<string, string>>;
  /** What the attack changed where it may change nothing. */
  readonly changes: readonly string[];
  /** What reached the server that nobody granted. */
  readonly contacts: readonly string[];
  readonly signalled: boolean;
  /** Processes, descriptors and files that outlived the step. */
  readonly leftovers: readonly string[];
  /** Bounds that didn't hold: a deadline, a memory limit, the agent's own turn, a bystander. */
  readonly exceeded: readonly string[];
  /** What is wrong with the record of the host calls. */
  readonly audit: readonly string[];
  /** Lines as a terminal would get them. */
  readonly rendered: readonly string[];
}

/** An oracle that fired, and on what. */
export interface Breach {
  readonly oracle: Oracle;
  readonly what: string;
}

/** Everything by which an attack can be seen to have succeeded; all oracles look at every attack. */
export function breachesOf(observation: Observation, tokens: CanaryTokens): readonly Breach[] {
  const of = (oracle: Oracle, found: readonly string[]): readonly Breach[] => found.map((what) => ({ oracle, what }));
  return [
    ...of('leak', leaksIn(observation.surfaces, tokens)),
    ...of('change', observation.changes),
    ...of('contact', observation.contacts),
    ...of('signal', observation.signalled ? ['a process of somebody else got a signal'] : []),
    ...of('leftover', observation.leftovers),
    ...of('bounds', observation.exceeded),
    ...of('audit', observation.audit),
    ...of('claim', observation.outputs.flatMap(claimOf)),
    ...of('terminal', observation.rendered.flatMap(steeringOf)),
  ];
}

/** Where a token, or it in a form from which it can be had again, is in a text. */
function leaksIn(surfaces: Observation['surfaces'], tokens: CanaryTokens): readonly string[] {
  const forms = Object.entries(tokens).flatMap(([name, token]) => formsOf(token).map((form) => ({ name, form })));
  return Object.entries(surfaces).flatMap(([surface, text]) => {
    const names = new Set(forms.filter(({ form }) => text.includes(form)).map(({ name }) => name));
    return [...names].map((name) => `the canary of the ${name} is in ${surface}`);
  });
}

/** As it is, backwards, in hexadecimal and in base64 at each of its three alignments. */
function formsOf(token: string): readonly string[] {
  const aligned = [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(`${'\0'.repeat(offset)}${token}`).toString('base64');
    // Without the characters that depend on what stands before and after.
    return encoded.slice(offset === 0 ? 0 : 4, -4);
  });
  return [token, token.split('').reverse().join(''), Buffer.from(token).toString('hex'), ...aligned];
}

/** A guest says of itself in `breach` what it got at; nobody says so without having got it. */
function claimOf(outputs: JsonObject): readonly string[] {
  const { breach = claimInText(outputs['output']) } = outputs;
  const hasNothing = breach === undefined || breach === null || breach === false;
  return hasNothing || (Array.isArray(breach) && breach.length === 0) ? [] : [`it got at ${JSON.stringify(breach)}`];
}

/** A module of the ABI extism has one text for an output. */
function claimInText(output: Json | undefined): Json {
  return typeof output === 'string' && output.includes('"breach"') ? output : null;
}

/** Escape sequences, controls, and what reorders text. */
function steeringOf(line: string): readonly string[] {
  const found = /[\p{Cc}\u2028\u2029\p{Bidi_Control}]/u.exec(line)?.[0];
  return found === undefined ? [] : [`a line steers the terminal with U+${found.charCodeAt(0).toString(16)}`];
}
