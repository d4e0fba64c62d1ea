import { createTestAgent, type TestRun } from '../../agent/executor/testing/agent.ts';
import { renderRefusals } from '../../cli/report/refusals.ts';
import { createStyle } from '../../cli/report/style.ts';
import { plainJson, plainLine, plainLogLine } from '../../cli/report/text.ts';
import type { Attack, Runtime } from '../../runtime/attacks/attack.ts';
import { type Canaries, startCanaries, withArena } from '../../runtime/attacks/canaries.ts';
import type { Observation } from '../../runtime/attacks/observation.ts';
import { type Verdict, verdictOf } from '../../runtime/attacks/verdict.ts';
import type { ConfinementLevel, Supervisor } from '../../runtime/supervisor/index.ts';
import { isJsonObject, type JsonObject } from '../../schemas/index.ts';
import { auditProblems } from './audit.ts';
import { watchBounds } from './bounds.ts';
import { layersOf, neverBegan } from './layers.ts';
import { leftoversOf } from './leftovers.ts';
import { keepOthersValues } from './others-values.ts';
import { prepareWorkspace, writePlugin } from './plugin.ts';
import { supervisorTakenOver } from './takeover.ts';
import { textsIn } from './workspace.ts';

/** Where an attack is tried. */
export interface Place {
  readonly runtime: Runtime;
  readonly level: ConfinementLevel;
}

/** One cell of the matrix. */
export interface Cell extends Place {
  readonly attack: Attack;
  readonly verdict: Verdict;
  readonly duration_ms: number;
}

/** What third-party plugins get where an attack doesn't say: what they ask for and were approved for, and the one server. */
const usualPolicy = `version: 1
require: { confinement: 0 }
rules:
  - { plugin: approved, allow: requested, profile: workspace }
  - plugin: "attack-*"
    allow: { net: [{ url: "@ORIGIN@/**", methods: ["*"], headers: ["*"], secrets: ["*"], private: true }] }
`;

/** Tries one attack with a real supervisor, executor, policy and audit log. */
export async function tryAttack(attack: Attack, place: Place, supervisor: Supervisor): Promise<Cell> {
  const startedAt = performance.now();
  await using canaries = await startCanaries(attack.beside);
  const { tokens } = canaries;
  await using own = attack.vehicle === 'takeover' ? await supervisorTakenOver(attack, place) : undefined;
  const observation = await observe(attack, place, {
    canaries,
    supervisor: own ?? supervisor,
    bystanders: supervisor,
    // What outlives its invocation inside of a host that waits for the next one ends with that host.
    close: async () => own?.[Symbol.asyncDispose](),
  });
  const verdict = verdictOf(attack, place.level, { observation, tokens });
  return { attack, ...place, verdict, duration_ms: Math.round(performance.now() - startedAt) };
}

interface Surroundings {
  readonly canaries: Canaries;
  readonly supervisor: Supervisor;
  /** Whose hosts are nobody's but their own. */
  readonly bystanders: Supervisor;
  readonly close: () => Promise<void>;
}

async function observe(attack: Attack, place: Place, surroundings: Surroundings): Promise<Observation> {
  const { canaries, supervisor, bystanders } = surroundings;
  await using agent = await createTestAgent({
    supervisor,
    secrets: canaries.secrets,
    approve: ['./plugins/attack'],
    policy: withArena(attack.policy ?? usualPolicy, canaries.arena),
  });
  const { workspace } = agent.claim;
  const arena: JsonObject = { ...canaries.arena, workspace, record: agent.auditFile };
  const plugin = await writePlugin(agent, attack, { runtime: place.runtime, arena });
  await prepareWorkspace(attack, { workspace, plugin: plugin.folder, arena });
  const changedValues = attack.beside.includes('store')
    ? await keepOthersValues(agent.auditFile, plugin, canaries.tokens.file)
    : undefined;
  const bounds = watchBounds(supervisor, plugin.timeout_ms);
  const runs: TestRun[] = [];
  for (let round = 1; round <= attack.rounds; round += 1) {
    const inputs = { ...attack.with, arena: { ...arena, round } };
    const layers = layersOf(attack, arena, { inputs, steps: { before: { outputs: outputsOf(runs.at(-1)) } } });
    const run =
      'error' in layers
        ? neverBegan(layers.error)
        : bounds.during(() => agent.run({ uses: './plugins/attack', with: inputs, permissions: layers.ok }));
    runs.push(await run);
  }
  await bounds.ask(bystanders);
  const files = await textsIn(workspace);
  const changes = [...canaries.changes(), ...((await changedValues?.()) ?? [])];
  await agent.executor[Symbol.asyncDispose]();
  await surroundings.close();
  const made = runs.reduce((sum, { result: { host_calls: calls } }) => sum + calls.allowed + calls.denied, 0);
  const audit = await auditProblems(agent.auditFile, made);
  return {
    ...seenIn(runs),
    surfaces: {
      ...surfacesOf(runs),
      'the audit log': audit.text,
      'the workspace': files,
      'a request': canaries.received(),
      // Where a grant trusts a server with secrets, it gets them in headers.
      ...(plugin.trustsHeaders ? {} : { 'a header': canaries.granted.headers() }),
    },
    changes,
    contacts: canaries.contacts(),
    signalled: canaries.signalled(),
    leftovers: [...(await leftoversOf(canaries.arena.marker, workspace)), ...canaries.leftovers()],
    exceeded: bounds.exceeded(),
    audit: audit.problems,
    rendered: renderedOf(runs),
  };
}

function seenIn(runs: readonly TestRun[]): Pick<Observation, 'ends' | 'messages' | 'outputs'> {
  return {
    ends: runs.map(({ result }) => (result.outcome === 'success' ? 'returned' : result.error.code)),
    messages: runs.map(messageOf),
    outputs: runs.map(outputsOf),
  };
}

function outputsOf(run: Pick<TestRun, 'result'> | undefined): JsonObject {
  const outputs = run?.result.outputs;
  return isJsonObject(outputs) ? outputs : {};
}

function messageOf({ result }: Pick<TestRun, 'result'>): string {
  return result.outcome === 'success' ? '' : result.error.message;
}

function surfacesOf(runs: readonly TestRun[]): Observation['surfaces'] {
  return {
    'a result': JSON.stringify(runs.map(({ result }) => result)),
    'a log': runs.map(({ log }) => Object.values(log).join('\n')).join('\n'),
    'an event': JSON.stringify(runs.map(({ calls }) => calls)),
  };
}

const plainStyle = createStyle({ colours: false });

/** As the command line shows it. */
function renderedOf(runs: readonly TestRun[]): readonly string[] {
  return runs.flatMap(({ result, log, calls }) => [
    ...Object.values(log).flatMap((text) => text.split('\n').map(plainLogLine)),
    ...calls.map(({ subject }) => plainLine(subject)),
    ...renderRefusals([{ job: '', step: '', calls, count: calls.length }], { style: plainStyle, titleOf: () => '' }),
    plainLine(messageOf({ result })),
    plainJson(result.outputs),
  ]);
}
