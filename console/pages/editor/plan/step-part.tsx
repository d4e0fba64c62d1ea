import type { VNode } from 'preact';
import type { Outline, OutlinedStep } from '../../../language/protocol.ts';
import type { Json, Node } from '../../../api/types.ts';
import { words } from '../../../text/index.ts';
import { listOf } from './choice.ts';
import { Field } from './field.tsx';
import { fieldsOf, nodeOf, scriptField } from './fields.ts';
import { MoveButton } from './move-button.tsx';
import type { Act } from './plan-side.tsx';

/** A step as a form made from the manifest of its node. What is set there goes into the text at once. */
export function StepPart({
  outline,
  step,
  nodes,
  act,
}: {
  readonly outline: Outline;
  readonly step: OutlinedStep;
  readonly nodes: readonly Node[];
  readonly act: Act;
}): VNode {
  const text = words.value.editor;
  const { at, fields } = step;
  const { uses } = fields;
  const last = (listOf(outline, at)?.steps.length ?? 0) - 1;
  const elsewhere = outline.jobs.filter(({ id, steps }) => steps !== undefined && id !== at.list[1]);
  // Another step's fields are others.
  const place = JSON.stringify(at);
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
          <MoveButton
            label={text.up}
            isAtEnd={at.index === 0}
            move={() => void act({ kind: 'move-step', from: at, to: { ...at, index: at.index - 1 } })}
          />
          <MoveButton
            label={text.down}
            isAtEnd={at.index === last}
            move={() => void act({ kind: 'move-step', from: at, to: { ...at, index: at.index + 1 } })}
          />
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
      {elsewhere.length > 0 && (
        <label>
          {text.moveTo}
          <select
            value=""
            onChange={({ currentTarget }) => {
              const target = elsewhere.find(({ id }) => id === currentTarget.value)?.steps;
              currentTarget.value = '';
              if (target === undefined) return;
              void act({ kind: 'move-step', from: at, to: { list: target.list, index: target.steps.length } });
            }}
          >
            <option value="" />
            {elsewhere.map(({ id }) => (
              <option value={id}>{id}</option>
            ))}
          </select>
        </label>
      )}
      <Field key={`${place} name`} field={{ name: 'name', kind: 'text' }} value={fields['name']} set={set('name')} />
      <Field key={`${place} if`} field={{ name: 'if', kind: 'text' }} value={fields['if']} set={set('if')} />
      {fields['run'] !== undefined && (
        <Field key={`${place} run`} field={scriptField} value={fields['run']} set={set('run')} />
      )}
      {inputs.map((field) => (
        <Field key={`${place} ${field.name}`} field={field} value={given[field.name]} set={set('with', field.name)} />
      ))}
    </section>
  );
}

function recordOf(value: Json | undefined): Readonly<Record<string, Json>> {
  // Neither a list nor a text has inputs.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, Json>) : {};
}
