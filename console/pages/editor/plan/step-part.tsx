import type { VNode } from 'preact';
import type { OutlinedStep } from '../../../language/protocol.ts';
import type { Json, Node } from '../../../api/types.ts';
import { words } from '../../../text/index.ts';
import { Field } from './field.tsx';
import { fieldsOf, nodeOf, scriptField } from './fields.ts';
import type { Act } from './plan-side.tsx';

/** A step as a form made from the manifest of its node. What is set there goes into the text at once. */
export function StepPart({
  step,
  nodes,
  act,
}: {
  readonly step: OutlinedStep;
  readonly nodes: readonly Node[];
  readonly act: Act;
}): VNode {
  const text = words.value.editor;
  const { at, fields } = step;
  const { uses } = fields;
  const node = typeof uses === 'string' ? nodeOf(nodes, uses) : undefined;
  const given = recordOf(fields['with']);
  const set =
    (...field: readonly string[]) =>
    (value: Json | undefined): Promise<boolean> =>
      act({ kind: 'set-field', at, field, ...(value === undefined ? {} : { value }) });
  const inputs = node === undefined ? [] : fieldsOf(node).filter(({ name }) => !Object.hasOwn(step.bodies, name));
  return (
    <section class="panel-part" aria-label={text.step}>
      <div class="title">
        <h3>{text.step}</h3>
        <div class="buttons">
          <button
            type="button"
            disabled={at.index === 0}
            onClick={() => void act({ kind: 'move-step', from: at, to: { ...at, index: at.index - 1 } })}
          >
            {text.up}
          </button>
          <button
            type="button"
            onClick={() => void act({ kind: 'move-step', from: at, to: { ...at, index: at.index + 1 } })}
          >
            {text.down}
          </button>
          <button type="button" onClick={() => void act({ kind: 'delete-step', at })}>
            {text.deleteStep}
          </button>
        </div>
      </div>
      {node !== undefined && (
        <p class="breakable">
          <code>{node.uses}</code> {node.description}
        </p>
      )}
      <Field field={{ name: 'name', kind: 'text' }} value={fields['name']} set={set('name')} />
      <Field field={{ name: 'if', kind: 'text' }} value={fields['if']} set={set('if')} />
      {fields['run'] !== undefined && <Field field={scriptField} value={fields['run']} set={set('run')} />}
      {inputs.map((field) => (
        <Field key={field.name} field={field} value={given[field.name]} set={set('with', field.name)} />
      ))}
    </section>
  );
}

function recordOf(value: Json | undefined): Readonly<Record<string, Json>> {
  // Neither a list nor a text has inputs.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {};
}
