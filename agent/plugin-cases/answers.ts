import { CallFailure, type CallScope } from '../../runtime/capabilities/capability.ts';
import type { NetArgs } from '../../runtime/capabilities/net/call.ts';
import { requireSendable } from '../../runtime/capabilities/net/perform.ts';
import type { NetEffective } from '../../runtime/capabilities/net/rule.ts';
import { capabilities } from '../../runtime/capabilities/table.ts';
import type { Authorized } from '../../runtime/grants/api.ts';
import { requireAuthorized } from '../../runtime/grants/brand.ts';
import { impliedCalls } from '../../runtime/grants/implied-calls.ts';
import { perform } from '../../runtime/grants/index.ts';
import type { HostCall } from '../../runtime/host-call.ts';
import { isJsonList, isJsonObject, type Json } from '../../schemas/index.ts';
import type { PerformCall } from '../executor/options.ts';
import { writeFiles } from './files.ts';
import { type Difference, differences } from './match.ts';
import { callText, type PluginCase, type RecordedCall } from './read.ts';
import { wholeAnswer } from './whole-answer.ts';

/** A call that isn't as the case says, or didn't come. */
export interface CallProblem {
  readonly message: string;
  /** Of its entry in the file; the case's own where there is none. */
  readonly line?: number;
  readonly differences: readonly Difference[];
}

/** What stands between a plugin and the world. */
export interface CallAnswers {
  readonly perform: PerformCall;
  /** What is wrong with the calls that were made, and which weren't. */
  problems(): readonly CallProblem[];
}

/** Of these a case has its own, which nobody else sees: they are carried out unless the record has an answer. */
const ownCapabilities: ReadonlySet<string> = new Set(['fs', 'store', 'secrets', 'env']);

/** Answers calls from a case's record: one group after the other, and within a group whichever call matches. */
export function recordedAnswers({ hostCalls, secrets }: Pick<PluginCase, 'hostCalls' | 'secrets'>): CallAnswers {
  const groups = hostCalls.map((group) => [...group]);
  const given: RecordedCall[] = [];
  const unexpected: CallProblem[] = [];
  const current = (): RecordedCall[] => {
    while (groups[0]?.length === 0) groups.shift();
    return groups[0] ?? [];
  };
  const take = (call: HostCall): RecordedCall | undefined => {
    const group = current();
    const index = group.findIndex((recorded) => problemsOf(recorded, call).length === 0);
    const [recorded] = index < 0 ? [] : group.splice(index, 1);
    if (recorded !== undefined) given.push(recorded);
    return recorded;
  };
  return {
    perform: async (authorized, scope) => {
      requireAuthorized(authorized);
      const call = plainCall(authorized, scope, Object.keys(secrets));
      if (isAmbient(call)) return await ambientAnswer(authorized, scope);
      const recorded = take(call);
      if (recorded !== undefined) return answered(recorded, authorized, scope);
      if (ownCapabilities.has(call.capability)) return await perform(authorized, scope);
      unexpected.push(unexpectedCall(call, { group: current(), later: groups.slice(1).flat(), given }));
      throw new CallFailure('FAILED', 'the case has no answer for this call');
    },
    problems: () => [
      ...unexpected,
      ...groups.flat().map(({ place, text, line }) => ({
        message: `${place} was never called: ${text}. Remove it, or see why the plugin doesn't make that call`,
        line,
        differences: [],
      })),
    ],
  };
}

/** The call with the names of secrets in the place of their placeholders, which are others in each invocation. */
export function plainCall(
  authorized: Authorized,
  scope: Pick<CallScope, 'secrets'>,
  names: readonly string[],
): HostCall {
  const placeholders = names.flatMap((name): readonly (readonly [string, string])[] => {
    const placeholder = scope.secrets.placeholder(name);
    return placeholder === undefined ? [] : [[placeholder, `\${{ secrets.${name} }}`]];
  });
  const plain = (value: Json): Json => {
    if (typeof value === 'string')
      return placeholders.reduce((text, [placeholder, shown]) => text.replaceAll(placeholder, shown), value);
    if (isJsonList(value)) return value.map(plain);
    if (isJsonObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [plain(key), plain(item)]));
    return value;
  };
  // Arguments come as JSON from the sandbox.
  return { capability: authorized.capability, operation: authorized.operation, args: plain(authorized.args as Json) };
}

function isAmbient({ capability }: HostCall): boolean {
  return capabilities.get(capability)?.ambient === true;
}

/** Nobody waits for a sleep of a case: it only moves the clock. */
async function ambientAnswer(authorized: Authorized, scope: CallScope): Promise<Json> {
  if (authorized.capability !== 'sleep') return await perform(authorized, scope);
  // The schema of the call says so.
  const { ms } = authorized.args as { readonly ms: number };
  scope.deterministic?.clock.sleeping(ms).over();
  return null;
}

/** What the call needs beside itself must be granted here, too, and what would be refused while it is carried out is. */
function answered(recorded: RecordedCall, authorized: Authorized, scope: CallScope): Json {
  for (const call of impliedBy(authorized)) {
    const implied = authorized.implied(call);
    if (implied.kind === 'allowed') continue;
    const { message, rule, remedy } = implied.denial;
    throw new CallFailure('DENIED', message, { rule, remedy });
  }
  // As its capability authorized it: the cast holds for net alone.
  if (authorized.capability === 'net') requireSendable(authorized as Authorized<NetArgs, NetEffective>, scope);
  writeFiles(scope.workspace, recorded.files);
  if (recorded.log !== '') scope.log('stdout', recorded.log);
  const { answer } = recorded;
  if ('error' in answer) throw new CallFailure(answer.error.code, answer.error.message);
  const { capability, operation, args } = authorized;
  // Arguments come as JSON from the sandbox.
  return wholeAnswer({ capability, operation, args: args as Json }, answer.ok, recorded.files);
}

/** Calls of fs that this one implies. */
export function impliedBy({ capability, operation, args }: Authorized): readonly HostCall[] {
  return impliedCalls({ capability, operation, args: args as Json }); // Arguments come as JSON from the sandbox.
}

/** How a call differs from a recorded one; by nothing where it is that. */
function problemsOf(recorded: RecordedCall, call: HostCall): readonly Difference[] {
  const { capability, operation, args } = recorded.call;
  if (capability !== call.capability || operation !== call.operation || recorded.by === 'subject') {
    return differences('call', recorded.text, callText(call));
  }
  return differences('args', args, call.args);
}

/** The answers that a case still has when a call comes, and those that it gave already. */
interface LeftAnswers {
  /** Whose turn it is. */
  readonly group: readonly RecordedCall[];
  readonly later: readonly RecordedCall[];
  readonly given: readonly RecordedCall[];
}

/** Why there is no answer for a call: it came too early, once more, with other arguments, or nobody expects it. */
function unexpectedCall(call: HostCall, { group, later, given }: LeftAnswers): CallProblem {
  const [next] = group;
  const message = `the case has no answer for ${callText(call)}`;
  const fits = (recorded: RecordedCall): boolean => problemsOf(recorded, call).length === 0;
  const early = later.find(fits);
  if (early !== undefined && next !== undefined) {
    const why = `${early.place} has it, whose turn is after ${next.place}, ${next.text}: calls in any order go under \`any-order\``;
    return { message: `${message} yet: ${why}`, line: early.line, differences: [] };
  }
  const near = group.find(
    ({ call: { capability, operation } }) => capability === call.capability && operation === call.operation,
  );
  if (near !== undefined) return { message, line: near.line, differences: problemsOf(near, call) };
  const again = given.findLast(fits);
  if (again !== undefined) {
    const why = `it was made before, and ${again.place} answers it once: write an entry for each call`;
    return { message: `${message}: ${why}`, line: again.line, differences: [] };
  }
  const after = next === undefined ? '; it has no further calls' : `; it has next ${next.text}`;
  return { message: `${message}${after}`, differences: differences('args', {}, call.args) };
}
