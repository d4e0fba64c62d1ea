import { isJsonObject, type Json } from '../../schemas/index.ts';

/** Longer defaults are for the manifest. */
const mostCharacters = 100;

/** The comment of a field: its description and its default; no line where it has neither. */
export function commentOf(schema: Json, indent: string): readonly string[] {
  if (!isJsonObject(schema)) return [];
  const { description, default: filledIn } = schema;
  const value = filledIn === undefined ? '' : JSON.stringify(filledIn);
  const sentences = [
    typeof description === 'string' ? description : '',
    value === '' || value.length > mostCharacters ? '' : `Default: ${value}.`,
  ];
  const lines = sentences
    .filter((sentence) => sentence !== '')
    .join(' ')
    // A description is anybody's text: it may neither end the comment nor the line.
    .replaceAll('*/', '*\\/')
    .split(/[\n\r\u2028\u2029]+/u)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const [first] = lines;
  if (first === undefined) return [];
  if (lines.length === 1) return [`${indent}/** ${first} */`];
  return [`${indent}/**`, ...lines.map((line) => `${indent} * ${line}`), `${indent} */`];
}
