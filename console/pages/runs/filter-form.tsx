import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import { goTo } from '../../state/route.ts';
import { isOfAllTenants } from '../../state/session.ts';
import { statusWord, words } from '../../text/index.ts';
import { isFiltered, linkToRuns, localTime, type RunFilter, timeInZone } from './filter.ts';

const statuses = ['queued', 'running', 'waiting', 'blocked', 'paused', 'success', 'failure', 'cancelled'] as const;
const origins = ['api', 'schedule', 'webhook'] as const;
const awaited = ['approval', 'signal', 'secrets'] as const;
/** As the API has labels. */
const labelForm = /^[A-Za-z0-9][A-Za-z0-9._/-]{0,62}:/u;

/** Which runs are wanted. Statuses hold at once, the rest when it is sent; all of it goes to the address. */
export function FilterForm({ filter }: { readonly filter: RunFilter }): VNode {
  const text = words.value.runs;
  const isFurther = isFiltered({ ...filter, status: [] });
  return (
    <section class="filters" aria-label={text.filters}>
      <fieldset class="chips">
        <legend>{text.status}</legend>
        {statuses.map((status) => (
          <label class="chip">
            <input
              type="checkbox"
              checked={filter.status.includes(status)}
              onChange={() => goTo(linkToRuns({ ...filter, status: toggled(filter.status, status) }))}
            />
            {statusWord(status)}
          </label>
        ))}
      </fieldset>
      <details open={isFurther}>
        <summary>{text.filters}</summary>
        {/* Made anew where another one holds, so that it shows that. A status that is ticked leaves what was typed as it is. */}
        <Further key={linkToRuns({ ...filter, status: [] })} filter={filter} />
      </details>
      {isFiltered(filter) && <a href="#/runs">{text.clear}</a>}
    </section>
  );
}

function toggled(list: readonly string[], one: string): readonly string[] {
  return list.includes(one) ? list.filter((other) => other !== one) : [...list, one];
}

function Further({ filter }: { readonly filter: RunFilter }): VNode {
  const text = words.value.runs;
  const draft = useSignal({ ...filter, label: filter.label.join(' ') });
  const wrongLabel = useSignal(false);
  const set = (change: Partial<typeof draft.value>): void => {
    draft.value = { ...draft.value, ...change };
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    const { name, queue } = draft.value;
    const label = draft.value.label.split(/\s+/u).filter((one) => one !== '');
    wrongLabel.value = !label.every((one) => labelForm.test(one));
    if (!wrongLabel.value)
      goTo(linkToRuns({ ...draft.value, status: filter.status, label, name: name.trim(), queue: queue.trim() }));
  };
  const said = useId();
  const { name, label, queue, origin, awaits, from, until, tenant } = draft.value;
  return (
    <form class="grid" onSubmit={submit}>
      <Field label={text.workflow} hint={text.workflowHint} value={name} set={(value) => set({ name: value })} />
      <Field
        label={text.label}
        hint={text.labelHint}
        value={label}
        set={(value) => set({ label: value })}
        invalid={wrongLabel.value ? said : undefined}
      />
      <Field label={text.queue} hint={text.queueHint} value={queue} set={(value) => set({ queue: value })} />
      <Choice
        label={text.origin}
        value={origin}
        set={(value) => set({ origin: value })}
        options={[['', text.anyOrigin], ...origins.map((one) => [one, words.value.origin[one] ?? one] as const)]}
      />
      <Choice
        label={text.awaits}
        value={awaits}
        set={(value) => set({ awaits: value })}
        options={[['', text.awaitsNothing], ...awaited.map((one) => [one, text.awaitsKinds[one]] as const)]}
      />
      <Moment label={text.from} value={from} set={(value) => set({ from: value })} />
      <Moment label={text.until} value={until} set={(value) => set({ until: value })} />
      {isOfAllTenants() && <Field label={text.tenant} value={tenant} set={(value) => set({ tenant: value })} />}
      <button type="submit">{text.apply}</button>
      <p id={said} class="error" role="alert">
        {wrongLabel.value ? text.labelWrong : ''}
      </p>
    </form>
  );
}

interface Entry {
  readonly label: string;
  readonly value: string;
  readonly set: (value: string) => void;
}

function Field({
  label,
  hint,
  value,
  set,
  invalid,
}: Entry & {
  readonly hint?: string;
  /** The id of what says what is wrong. */
  readonly invalid?: string | undefined;
}): VNode {
  return (
    <label>
      {label}
      <input
        type="text"
        value={value}
        maxLength={200}
        placeholder={hint}
        aria-invalid={invalid !== undefined}
        aria-describedby={invalid}
        onInput={({ currentTarget }) => set(currentTarget.value)}
      />
    </label>
  );
}

/** A time, which is entered in the reader's time zone. */
function Moment({ label, value, set }: Entry): VNode {
  return (
    <label>
      {label}
      <input
        type="datetime-local"
        value={localTime(value)}
        onInput={({ currentTarget }) => set(timeInZone(currentTarget.value))}
      />
    </label>
  );
}

function Choice({
  label,
  value,
  set,
  options,
}: Entry & { readonly options: readonly (readonly [value: string, label: string])[] }): VNode {
  return (
    <label>
      {label}
      <select value={value} onChange={({ currentTarget }) => set(currentTarget.value)}>
        {options.map(([name, word]) => (
          <option value={name}>{word}</option>
        ))}
      </select>
    </label>
  );
}
