/** The models as TypeScript. */
import { assertNever } from '../../schemas/index.ts';
import type { Field, FieldType, Model } from './model.ts';

const banner = `// Made from the API's routes by \`npm run generate\`. Change those, not this file.

/** Any JSON. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** A JSON object whose keys are the application's own. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** One of the values that this version knows; a newer server may have others. */
// A plain \`string\` would swallow the others, and with them what editors suggest.
type Known<Values extends string> = Values | (string & Readonly<Record<never, never>>);
`;

/** The source of all models. */
export function typescriptOf(models: readonly Model[]): string {
  return [banner, ...models.map(interfaceOf)].join('\n');
}

function interfaceOf({ name, description, fields, isSent }: Model): string {
  const lines = fields.map((field) => fieldOf(field, { isSent }));
  return `${commentOf(description, '')}export interface ${name} {\n${lines.join('')}}\n`;
}

function fieldOf({ name, type, isRequired, description }: Field, { isSent }: { readonly isSent: boolean }): string {
  const optional = isRequired ? '' : '?';
  // What is sent may come out of other code as undefined, and is then left out.
  const missing = isSent && !isRequired ? ' | undefined' : '';
  return `${commentOf(description, '  ')}  readonly ${name}${optional}: ${typeOf(type, isSent)}${missing};\n`;
}

function typeOf(type: FieldType, isSent: boolean): string {
  switch (type.kind) {
    case 'text':
      return 'string';
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
    case 'true':
      return type.kind;
    case 'json':
      return 'Json';
    case 'object':
      return 'JsonObject';
    case 'choice': {
      const values = type.values.map((value) => `'${value}'`).join(' | ');
      return isSent ? values : `Known<${values}>`;
    }
    case 'list':
      return `ReadonlyArray<${typeOf(type.of, isSent)}>`;
    case 'map':
      return `Readonly<Record<string, ${typeOf(type.of, isSent)}>>`;
    case 'model':
      return type.name;
    default:
      return assertNever(type);
  }
}

function commentOf(text: string | undefined, indent: string): string {
  return text === undefined ? '' : `${indent}/** ${text.replaceAll('*/', '*\\/')} */\n`;
}
