import { useSignal } from '@preact/signals';
import type { VNode } from 'preact';
import { useId } from 'preact/hooks';
import type { Json } from '../../../api/types.ts';
import { words } from '../../../text/index.ts';
import { type InputField, shownValue, writtenValue } from './fields.ts';
import { useTyped } from './typed.ts';

/** An input to be given; empty: it isn't. */
export function Field({
  field,
  value,
  set,
}: {
  readonly field: InputField;
  readonly value: Json | undefined;
  /** False: it was refused, and is as it was. */
  readonly set: (value: Json | undefined) => Promise<boolean>;
}): VNode {
  const text = words.value.editor;
  const wrong = useSignal<'number' | 'json' | undefined>(undefined);
  const [hint, label] = [useId(), useId()];
  const { name, kind, description, required, options } = field;
  const shown = shownValue(value);
  const typed = useTyped(shown, async (whole) => {
    const written = writtenValue(kind, whole);
    wrong.value = 'problem' in written ? written.problem : undefined;
    if ('problem' in written) return false;
    await set(written.value);
    return true;
  });
  const common = {
    id: label,
    ...typed,
    'aria-describedby': description === undefined && wrong.value === undefined ? undefined : hint,
    'aria-invalid': wrong.value === undefined ? undefined : ('true' as const),
    'aria-required': required === true ? ('true' as const) : undefined,
  };
  return (
    <div class="field">
      <label for={label}>
        <code>{name}</code>
        {required === true && <span class="muted"> {text.required}</span>}
      </label>
      {control(field, shown, { common, choices: options ?? ['true', 'false'] })}
      {(description !== undefined || wrong.value !== undefined) && (
        <p id={hint} class="muted breakable">
          {wrong.value !== undefined && <span class="error">{text.wrongValue[wrong.value]} </span>}
          {description}
        </p>
      )}
    </div>
  );
}

function control(
  { kind, default: usual }: InputField,
  shown: string,
  { common, choices }: { readonly common: object; readonly choices: readonly string[] },
): VNode {
  switch (kind) {
    case 'choice':
    case 'boolean': {
      // An expression stays what it is.
      const all = shown === '' || choices.includes(shown) ? choices : [...choices, shown];
      return (
        <select {...common}>
          <option value="">{usual === undefined ? '' : `(${shownValue(usual)})`}</option>
          {all.map((option) => (
            <option value={option}>{option}</option>
          ))}
        </select>
      );
    }
    case 'script':
    case 'value':
      return <textarea {...common} rows={Math.min(12, Math.max(3, shown.split('\n').length))} spellcheck={false} />;
    case 'text':
    case 'number':
      return shown.includes('\n') ? (
        <textarea {...common} rows={4} spellcheck={false} />
      ) : (
        <input {...common} placeholder={usual === undefined ? undefined : shownValue(usual)} spellcheck={false} />
      );
    default:
      return kind satisfies never;
  }
}
