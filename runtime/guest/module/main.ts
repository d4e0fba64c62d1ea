/**
 * The prelude of a plugin that is a module: what the sandbox host does around an isolate's prelude, from inside. It is loaded
 * while the plugin is built; the engine (runtime/js-engine/shim.c) calls the two exports.
 */
// First: what a module has of its own, an isolate's prelude takes for built in. An import for its effect stays where it stands.
import './machine.ts';
import { begin, connect, provide, run, settle as settleCall, unhandled } from '../prelude.ts';
import type { DeterministicStart } from '../time-and-chance.ts';
import { createFrames } from './frames.ts';
import { seedChance } from './machine.ts';

const frames = createFrames();
// All that the plugin needs is there from the beginning; what it doesn't mention isn't in the module.
connect(
  frames.submit,
  frames.post,
  frames.wait,
  frames.finish,
  () => {},
  undefined,
  () => natives.refuse('a timer'),
);
for (const [name, exportsOf] of Object.entries(polyfills)) provide(name, exportsOf());

/** What the host says at the beginning, see docs/host-calls.md. */
interface Beginning {
  readonly capabilities: readonly string[];
  readonly seed: string;
  readonly deterministic?: DeterministicStart;
}

/** Begins the run of a plugin, which is the exports of its main module; returns at the first `await`. */
export function start(plugin: { readonly default?: unknown } | undefined, inputs: string): void {
  // As above: what the host says.
  const { ok } = JSON.parse(natives.send('{"v":1,"do":"begin"}')) as { readonly ok: Beginning };
  seedChance(ok.seed);
  if (ok.deterministic !== undefined) begin(JSON.stringify(ok.deterministic));
  frames.postEarlyCalls();
  run(plugin?.default, inputs, JSON.stringify(ok.capabilities));
}

/** What promises were rejected with that nobody handles yet. */
const rejections = new Map<unknown, unknown>();

/** Called by the engine where a promise is rejected that nobody handles, and where somebody does after all. */
export function rejected(promise: unknown, reason: unknown, isHandled: boolean): void {
  if (isHandled) rejections.delete(promise);
  else rejections.set(promise, reason);
}

/** Takes one answer, when the plugin can do nothing but wait; false where the run is over. */
export function settle(): boolean {
  for (const reason of rejections.values()) unhandled(reason);
  rejections.clear();
  const answer = nextAnswer();
  if (answer !== undefined) settleCall(answer.id, answer.json);
  else if (frames.end() === 'open') frames.finish('never_settles', '{}');
  return answer !== undefined;
}

/** Of what a run left open that is over, only refusals count: who handles them is fine, and where nobody does, it has failed. */
function nextAnswer(): ReturnType<typeof frames.next> {
  if (frames.end() === 'failed') return undefined;
  return frames.end() === 'returned' ? frames.nextRefusal() : frames.next();
}
