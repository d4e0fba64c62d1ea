import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import type { StepPlace } from '../../../language/protocol.ts';
import type { Json, Node } from '../../../api/types.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { FormButtons } from '../../../parts/form-buttons.tsx';
import { words } from '../../../text/index.ts';
import { Field } from './field.tsx';
import { fieldsOf, nodeOf, scriptField } from './fields.ts';
import type { Act } from './plan-side.tsx';

/** Asks what a new step uses, and for the inputs that the node has to be given. */
export function AddStep({
  at,
  nodes,
  act,
  close,
}: {
  readonly at: StepPlace;
  readonly nodes: readonly Node[];
  readonly act: Act;
  readonly close: () => void;
}): VNode {
  const text = words.value.editor;
  const uses = useSignal('');
  const given = useSignal<Readonly<Record<string, Json>>>({});
  const node = nodeOf(nodes, uses.value);
  const wanted = node === undefined ? [scriptField] : fieldsOf(node).filter(({ required }) => required === true);
  // Steps within a step are written in the list, once they are there.
  const bodies = node?.runtime === 'control' ? wanted.filter(({ name }) => name === 'then' || name === 'steps') : [];
  const fields = wanted.filter((field) => !bodies.includes(field));
  const set =
    (name: string) =>
    (value: Json | undefined): Promise<boolean> => {
      const { [name]: _before, ...others } = given.value;
      given.value = value === undefined ? others : { ...others, [name]: value };
      return Promise.resolve(true);
    };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const inputs = {
      ...given.value,
      ...Object.fromEntries(bodies.map(({ name }) => [name, [{ run: `echo "${text.newStep}"` }]])),
    };
    const isEmpty = Object.keys(inputs).length === 0;
    const step: Readonly<Record<string, Json>> =
      node === undefined ? { run: inputs['run'] ?? '' } : { uses: node.uses, ...(isEmpty ? {} : { with: inputs }) };
    await act({ kind: 'add-step', at, step });
    close();
  };
  return (
    <Dialog title={text.addStep} close={close}>
      <form onSubmit={(event) => void submit(event)}>
        <label>
          {text.uses}
          <select
            value={uses.value}
            onChange={({ currentTarget }) => {
              uses.value = currentTarget.value;
              given.value = {};
            }}
          >
            <option value="">{text.script}</option>
            {[...new Set(nodes.map((one) => one.uses))].map((name) => (
              <option value={name}>{name}</option>
            ))}
          </select>
        </label>
        {node !== undefined && <p class="breakable">{node.description}</p>}
        {fields.map((field) => (
          <Field
            key={`${uses.value} ${field.name}`}
            field={field}
            value={given.value[field.name]}
            set={set(field.name)}
          />
        ))}
        <FormButtons submit={text.add} close={close} />
      </form>
    </Dialog>
  );
}
