import { hostname } from 'node:os';
import { stringify } from 'yaml';
import type { Script, ScriptEntry, ScriptedResult } from '../../engine/simulate/index.ts';
import type { Random } from '../random.ts';

/** A workflow whose file says what its plugins do, and the script that says the same to a simulation. */
export interface ScriptedWorkflow {
  readonly source: string;
  readonly script: Script;
  /** What becomes of approvals, by the keys of their steps without what is around them. */
  readonly decisions: ReadonlyMap<string, 'approve' | 'reject'>;
  /** Steps of one job may end in any order. */
  readonly unordered: boolean;
}

/** The workflow that others call: one job, whose plugin does what the caller says. */
export const calledWorkflow = `on:
  workflow_call:
    inputs: { fates: { type: string, required: true } }
    outputs: { x: { value: '\${{ jobs.inner.outputs.x }}' } }
jobs:
  inner:
    outputs: { x: '\${{ steps.only.outputs.x }}' }
    steps:
      - { id: only, uses: ./plugins/act, with: { fates: '\${{ inputs.fates }}', give: deep } }
`;

type Mapping = Readonly<Record<string, unknown>>;
type Target = ScriptEntry['target'];
type Fate = 'success' | 'failure';

const once: readonly [Fate[], ...Fate[][]] = [['success'], ['success'], ['success'], ['failure']];
const retried: readonly [Fate[], ...Fate[][]] = [['success'], ['failure', 'success'], ['failure', 'failure']];

/** A workflow of jobs with needs, conditions, retries, matrices, loops, branches, approvals, groups, fleets and calls. */
export function scriptedWorkflow(random: Random): ScriptedWorkflow {
  const writer = new Writer(random);
  const jobs = random.times(1 + random.below(4), (index) => [`j${index}`, writer.job(index)] as const);
  const source = stringify(
    { on: 'manual', jobs: Object.fromEntries(jobs) },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
  const script = { entries: writer.entries, hosts: { local: [hostname()] } };
  return { source, script, decisions: writer.decisions, unordered: writer.unordered };
}

class Writer {
  readonly entries: ScriptEntry[] = [];
  readonly decisions = new Map<string, 'approve' | 'reject'>();
  unordered = false;
  readonly #random: Random;
  #steps = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  job(index: number): Mapping {
    const random = this.#random;
    const id = `j${index}`;
    const needs = random.times(index, (need) => `j${need}`).filter(() => random.oneIn(2));
    const common = {
      ...(needs.length === 0 ? {} : { needs }),
      ...this.#maybe({
        if: random.pick([
          'always()',
          'failure()',
          '!cancelled()',
          ...needs.map((need) => `needs.${need}.result == 'success'`),
        ]),
      }),
      ...this.#maybe({ concurrency: 'one-at-a-time' }),
    };
    if (random.oneIn(6)) {
      const chosen = random.pick(once);
      this.#say({ job: [{ id }, { id: 'inner' }], step: [{ key: 'only' }] }, { fates: chosen, give: 'deep' });
      return { ...common, uses: './called.yml', with: { fates: chosen.join(',') } };
    }
    const retry = random.oneIn(5) ? { retry: { attempts: 2, 'initial-interval': '1ms' } } : {};
    if (random.oneIn(5)) return { ...common, ...retry, ...this.#matrix(id) };
    return {
      ...common,
      ...retry,
      ...(random.oneIn(6) ? { 'runs-on': { queue: 'local', hosts: 'all' } } : {}),
      ...this.#stepsOf(id, { startsAgain: 'retry' in retry }),
    };
  }

  /** Each cell's plugin does what the cell is called. */
  #matrix(id: string): Mapping {
    const random = this.#random;
    const cells: readonly Fate[] = random.pick([['success', 'failure'], ['failure', 'success'], ['success']]);
    for (const fate of cells)
      this.#say({ job: [{ id, mark: `(${fate})` }], step: [{ key: 'cell' }] }, { fates: [fate], give: fate });
    // Who is cancelled by the failure of another must not depend on which one is faster.
    const failFast = random.oneIn(2);
    return {
      strategy: { matrix: { fate: cells }, 'fail-fast': failFast, ...(failFast ? { 'max-parallel': 1 } : {}) },
      outputs: { x: '${{ steps.cell.outputs.x }}' },
      steps: [{ id: 'cell', uses: './plugins/act', with: { fates: '${{ matrix.fate }}', give: '${{ matrix.fate }}' } }],
    };
  }

  #stepsOf(id: string, { startsAgain }: Pick<Place, 'startsAgain'>): Mapping {
    const steps = this.#random.times(1 + this.#random.below(4), () =>
      this.#step({ job: [{ id }], around: [], levels: 1, startsAgain }),
    );
    const last = steps.at(-1)?.['id'];
    return { outputs: { x: `\${{ toJSON(steps.${String(last)}.outputs) }}`, seen: '${{ job.status }}' }, steps };
  }

  #step(place: Place): Mapping {
    const random = this.#random;
    this.#steps += 1;
    const id = `s${this.#steps}`;
    const settings = {
      id,
      ...this.#maybe({
        if: random.pick(['always()', 'failure()', 'success() || failure()', "job.status == 'success'"]),
      }),
      ...this.#maybe({ 'continue-on-error': true }),
    };
    switch (random.below(place.levels === 0 ? 5 : 7)) {
      case 0:
        return { ...settings, uses: 'sleep@v1', with: { duration: '1ms' } };
      case 1:
        return { ...settings, ...this.#waiting(id, place) };
      case 2:
        return { ...settings, ...this.#script(id, place) };
      case 5:
        return { ...settings, ...this.#branch(id, place) };
      case 6:
        return { ...settings, ...this.#loop(id, place) };
      default: {
        // A job that starts again counts its steps' attempts anew, and the script doesn't.
        const isRetried = !place.startsAgain && random.oneIn(2);
        const chosen = random.pick(isRetried ? retried : once);
        const give = `given by ${id}`;
        this.#say(targetOf(place, id), { fates: chosen, give });
        const retry = isRetried ? { retry: { attempts: 2, 'initial-interval': '1ms' } } : {};
        return { ...settings, ...retry, uses: './plugins/act', with: { fates: chosen.join(','), give } };
      }
    }
  }

  #waiting(id: string, place: Place): Mapping {
    const random = this.#random;
    if (random.oneIn(2)) return { uses: 'wait-for@v1', with: { signal: `go-${id}` } };
    const decision = random.oneIn(3) ? 'reject' : 'approve';
    this.decisions.set(id, decision);
    if (decision === 'reject') {
      this.entries.push({ written: id, target: targetOf(place, id), kind: 'result', results: [{ result: 'reject' }] });
    }
    return { uses: 'approval@v1', with: { approvers: ['ada'] } };
  }

  #script(id: string, place: Place): Mapping {
    const fate = this.#random.pick<Fate>(['success', 'success', 'failure']);
    this.#say(targetOf(place, id), { fates: [fate], give: 'told' });
    return { run: fate === 'success' ? 'echo "x=told" >> "$WATERFLOW_OUTPUT"' : 'exit 3' };
  }

  #branch(id: string, place: Place): Mapping {
    const inside = { ...place, around: [...place.around, { key: id }], levels: place.levels - 1 };
    const [condition, then, otherwise] = [
      this.#random.pick(["job.status == 'success'", 'failure()']),
      this.#step(inside),
      this.#step(inside),
    ];
    return {
      uses: 'if@v1',
      with: { condition, then: [then], else: [otherwise], outputs: { seen: '${{ job.status }}' } },
    };
  }

  /** Each iteration's plugin does what its item says. */
  #loop(id: string, place: Place): Mapping {
    const random = this.#random;
    const items = random.times(1 + random.below(4), () => random.pick<Fate>(['success', 'success', 'failure']));
    for (const [iteration, fate] of items.entries()) {
      this.#say(
        { job: place.job, step: [...place.around, { key: id, iteration }, { key: 'item' }] },
        { fates: [fate], give: fate },
      );
    }
    const inOrder = random.oneIn(2);
    if (!inOrder) this.unordered = true;
    return {
      uses: 'for-each@v1',
      with: {
        items,
        ...(inOrder ? { 'fail-fast': random.oneIn(2) } : { 'fail-fast': false, concurrency: 2 }),
        steps: [{ id: 'item', uses: './plugins/act', with: { fates: '${{ each.value }}', give: '${{ each.value }}' } }],
        outputs: { all: '${{ steps.item.outputs.x }}', index: '${{ each.index }}' },
      },
    };
  }

  /** Tells the simulation what a plugin does. */
  #say(target: Target, { fates: chosen, give }: { readonly fates: readonly Fate[]; readonly give: string }): void {
    const [first = 'success', ...rest] = chosen;
    const results: [ScriptedResult, ...ScriptedResult[]] = [{ result: first }, ...rest.map((result) => ({ result }))];
    const written = JSON.stringify(target);
    this.entries.push({ written, target, kind: 'result', results });
    // What fails in the end gives nothing.
    if (chosen.at(-1) === 'success') this.entries.push({ written, target, kind: 'output', name: 'x', value: give });
  }

  #maybe(part: Mapping): Mapping {
    return this.#random.oneIn(4) ? part : {};
  }
}

interface Place {
  readonly job: Target['job'];
  readonly around: NonNullable<Target['step']>;
  /** How deep bodies may go on. */
  readonly levels: number;
  /** The job has a retry of its own. */
  readonly startsAgain: boolean;
}

function targetOf({ job, around }: Place, key: string): Target {
  return { job, step: [...around, { key }] };
}
