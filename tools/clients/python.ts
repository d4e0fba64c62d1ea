/** The models as Python: a frozen dataclass of what is received, a TypedDict of what is sent. */
import { assertNever } from '../../schemas/index.ts';
import type { Field, FieldType, Model } from './model.ts';

const banner = `# Made from the API's routes by \`npm run generate\`. Change those, not this file.
"""What the API takes and gives. Keys that this version does not know are left out."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypedDict, Union

if sys.version_info >= (3, 11):
    from typing import NotRequired
else:
    from typing_extensions import NotRequired

Json = Any
"""Any JSON: what \`json.loads\` gives."""
`;

/** Words of the language, which fields get an underscore behind. */
const keywords: ReadonlySet<string> = new Set(
  'and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield'.split(
    ' ',
  ),
);
/** What \`repr\` doesn't show. */
const shownOnce: Readonly<Record<string, string>> = { IssuedKey: 'key', WebhookWithSecret: 'secret' };

/** Parts of what is sent: the rest is an argument or a method of its own. By name, of what, and without what. */
const parts: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  Decision: ['Approval', ['decision']],
  LogQuery: ['GetRunLogsQuery', ['after', 'follow', 'format', 'limit']],
  RunOptions: ['NewRun', ['workflow', 'file', 'files', 'dry_run']],
  ScheduleOptions: ['NewSchedule', ['workflow', 'file', 'files']],
  SignalOptions: ['NewSignal', ['name']],
  WebhookOptions: ['NewWebhook', ['workflow', 'file', 'files']],
};

/** The source of all models. */
export function pythonOf(all: readonly Model[]): string {
  const models = [...all, ...Object.entries(parts).map((part) => partOf(all, part))];
  const sent = models.filter(({ isSent }) => isSent).map(typedDictOf);
  const received = models.filter(({ isSent }) => !isSent).map(dataclassOf);
  const names = ['Json', ...models.map(({ name }) => name)].sort().map((name) => `    "${name}",\n`);
  const text = [banner, `__all__ = [\n${names.join('')}]\n`, ...received, ...sent].join('\n\n');
  // An empty line less where the last docstring of a class had one already.
  return `${text.replaceAll(/\n{3,}(?= {4})/gu, '\n\n').trimEnd()}\n`.replaceAll(/\n{4,}/gu, '\n\n\n');
}

function partOf(
  models: readonly Model[],
  [name, [whole, without]]: readonly [string, readonly [string, readonly string[]]],
): Model {
  const model = models.find((each) => each.name === whole);
  if (model === undefined) throw new Error(`there is no ${whole} any more`);
  const fields = model.fields.filter((field) => !without.includes(field.name));
  return { ...model, name, description: `\`${whole}\` without what its method takes otherwise.`, fields };
}

function dataclassOf(model: Model): string {
  const { name, fields } = model;
  const required = fields.filter(({ isRequired }) => isRequired);
  const ordered = [...required, ...fields.filter(({ isRequired }) => !isRequired)];
  const lines = ordered.map((one) => dataclassField(one, { isHidden: shownOnce[name] === one.name }));
  const arguments_ = ordered.map((one) => `            ${attributeOf(one.name)}=${readingOf(one)},\n`);
  return `@dataclass(frozen=True, kw_only=True)
class ${name}:
${docstringOf(model.description)}${lines.join('')}
    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ${name}:
        return cls(
${arguments_.join('')}        )
`;
}

function dataclassField(
  { name, type, isRequired, description }: Field,
  { isHidden }: { readonly isHidden: boolean },
): string {
  const annotation = typeOf(type, { isSent: false });
  const whole = isRequired ? annotation : `${annotation} | None`;
  const initial = isHidden ? ' = field(default=None, repr=False)' : isRequired ? '' : ' = None';
  return `    ${attributeOf(name)}: ${whole}${initial}\n${docstringOf(description)}`;
}

function readingOf({ name, type, isRequired }: Field): string {
  if (isRequired) return decoded(`value["${name}"]`, type);
  const reading = decoded(`value["${name}"]`, type);
  return reading === `value["${name}"]`
    ? `value.get("${name}")`
    : `None if value.get("${name}") is None else ${reading}`;
}

/** An expression for what some JSON is of a type. */
function decoded(json: string, type: FieldType): string {
  if (type.kind === 'model') return `${type.name}.from_json(${json})`;
  if (type.kind !== 'list' && type.kind !== 'map') return json;
  const each = decoded('each', type.of);
  if (each === 'each') return json;
  return type.kind === 'list' ? `[${each} for each in ${json}]` : `{key: ${each} for key, each in ${json}.items()}`;
}

function typedDictOf({ name, description, fields }: Model): string {
  const lines = fields.map(({ name: key, type, isRequired, description: meaning }) => {
    const annotation = typeOf(type, { isSent: true });
    return `    ${attributeOf(key)}: ${isRequired ? annotation : `NotRequired[${annotation}]`}\n${docstringOf(meaning)}`;
  });
  return `class ${name}(TypedDict):\n${docstringOf(description)}${lines.join('')}`;
}

function typeOf(type: FieldType, use: { readonly isSent: boolean }): string {
  switch (type.kind) {
    case 'text':
      return 'str';
    case 'integer':
      return 'int';
    case 'number':
      return 'float';
    case 'boolean':
      return 'bool';
    case 'true':
      return 'Literal[True]';
    case 'json':
      return 'Json';
    case 'object':
      return use.isSent ? 'Mapping[str, Json]' : 'dict[str, Json]';
    case 'choice': {
      const values = `Literal[${type.values.map((value) => JSON.stringify(value)).join(', ')}]`;
      // A newer server may have others.
      return use.isSent ? values : `Union[${values}, str]`;
    }
    case 'list':
      return `${use.isSent ? 'Sequence' : 'list'}[${typeOf(type.of, use)}]`;
    case 'map':
      return `${use.isSent ? 'Mapping' : 'dict'}[str, ${typeOf(type.of, use)}]`;
    case 'model':
      return type.name;
    default:
      return assertNever(type);
  }
}

function attributeOf(name: string): string {
  return keywords.has(name) ? `${name}_` : name;
}

function docstringOf(text: string | undefined): string {
  return text === undefined ? '' : `    """${text.replaceAll('\\', '\\\\')}"""\n\n`;
}
