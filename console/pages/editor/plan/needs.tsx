import type { VNode } from 'preact';
import type { Outline, OutlinedJob } from '../../../language/protocol.ts';
import { memo } from '../../../parts/memo.tsx';
import { words } from '../../../text/index.ts';
import type { Act } from './plan-side.tsx';

/** Of more jobs, those that aren't needed are named instead of ticked: nobody finds one among a thousand boxes. */
const mostBoxes = 40;
/** The id of the list of all jobs. */
const listId = 'jobs-of-workflow';

/** The jobs that one needs, to be ticked or named. */
export function Needs({
  outline,
  job: { id, needs },
  act,
}: {
  readonly outline: Outline;
  readonly job: OutlinedJob;
  readonly act: Act;
}): VNode {
  const text = words.value.editor;
  const areNamed = outline.jobs.length > mostBoxes;
  const others = outline.jobs.map((other) => other.id).filter((other) => other !== id);
  // What was refused is as it was.
  const connect = async (box: HTMLInputElement, other: string): Promise<void> => {
    const done = await act({ kind: box.checked ? 'connect' : 'disconnect', job: id, needs: other });
    if (!done) box.checked = needs.includes(other);
  };
  const add = async (field: HTMLInputElement): Promise<void> => {
    const other = field.value.trim();
    if (other === '' || needs.includes(other)) field.value = '';
    else if (await act({ kind: 'connect', job: id, needs: other })) field.value = '';
  };
  return (
    <fieldset>
      <legend>{text.needs}</legend>
      <div class="choices">
        {(areNamed ? others.filter((other) => needs.includes(other)) : others).map((other) => (
          <label key={other} class="box">
            <input
              type="checkbox"
              checked={needs.includes(other)}
              onChange={({ currentTarget }) => void connect(currentTarget, other)}
            />
            {other}
          </label>
        ))}
      </div>
      {areNamed && (
        <label>
          {text.addNeed}
          <input key={id} list={listId} maxLength={100} onChange={({ currentTarget }) => void add(currentTarget)} />
        </label>
      )}
    </fieldset>
  );
}

/** What the names of jobs are completed from, made once for all of them. */
export function JobNames({ outline: { jobs } }: { readonly outline: Outline }): VNode | null {
  return jobs.length > mostBoxes ? <Names ids={JSON.stringify(jobs.map(({ id }) => id))} /> : null;
}

const Names = memo(function Names({ ids }: { readonly ids: string }): VNode {
  // It was written above.
  const names = JSON.parse(ids) as readonly string[];
  return (
    <datalist id={listId}>
      {names.map((id) => (
        <option key={id} value={id} />
      ))}
    </datalist>
  );
});
