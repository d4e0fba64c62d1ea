import { isMap, isScalar, type Scalar } from 'yaml';
import { quote } from '../quote.ts';
import { applyRules, keep, type MappingField, remove, replace, scalarText } from './mapping.ts';
import type { ImportRecord } from './record.ts';
import { importedShell } from './shell.ts';

/** `defaults.run.shell` of a job, else of the workflow. */
export interface ShellDefault {
  readonly shell?: Scalar;
}

/** The default shell, where it is a text. */
export function shellDefault(defaults: unknown): ShellDefault {
  const run = isMap(defaults) ? defaults.get('run', true) : undefined;
  const shell = isMap(run) ? run.get('shell', true) : undefined;
  return isScalar(shell) ? { shell } : {};
}

/** `defaults`, which are the same here, but for shells that there are not: those stand at each script, which fails by them. */
export function importDefaults(field: MappingField, record: ImportRecord): void {
  const { value, place } = field;
  if (!isMap(value) || value.items.length === 0) return;
  applyRules({ map: value, path: place.path }, { what: 'defaults', rules: { run: importRun } }, record);
  if (value.items.length === 0) field.map.items.splice(field.map.items.indexOf(field.pair), 1);
}

function importRun(field: MappingField, record: ImportRecord): void {
  const { value, place } = field;
  if (!isMap(value) || value.items.length === 0) return;
  const rules = { shell: importShell, 'working-directory': keep };
  applyRules({ map: value, path: place.path }, { what: 'defaults', rules }, record);
  if (value.items.length === 0) field.map.items.splice(field.map.items.indexOf(field.pair), 1);
}

function importShell(field: MappingField, record: ImportRecord): void {
  const text = scalarText(field.value);
  if (text === undefined) return;
  const shell = importedShell(text);
  if (shell.kind === 'other-flags') replace(field, record, { value: shell.word, ...shell.remark });
  if (shell.kind === 'none') {
    const message = `the default shell ${quote(text)}, which there is not, stands at each script`;
    remove(field, record, { outcome: 'changed', message });
  }
}
