import { isJsonObject, type Json } from '../../schemas/index.ts';
import { numberToText } from './numbers.ts';
import { EvaluationProblem } from './problem.ts';

/** Deeper data is no configuration, and the indentation alone would outgrow the text. */
const maximumDepth = 200;
/** True for JSON text that is nested deeper than data of a run may be; what walks data may then call itself. */
export function isNestedTooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (inText) {
      if (character === '\\') index += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '[' || character === '{') {
      depth += 1;
      if (depth > maximumDepth) return true;
    } else if (character === ']' || character === '}') depth -= 1;
  }
  return false;
}

/** Newtonsoft's writer, which the runner uses, escapes these three beyond what JSON asks for. */
const lineSeparators = /[\u0085\u2028\u2029]/g;

/**
 * JSON as the runner's `toJSON` writes it: indented by two spaces, empty arrays and objects in one line, numbers as .NET G15.
 * `charge` is told each piece's length and throws when it is too much.
 */
export function writeJson(value: Json, charge: (length: number) => void): string {
  const pieces: string[] = [];
  const write = (piece: string): void => {
    charge(piece.length);
    pieces.push(piece);
  };
  writeValue({ value, level: 0, write });
  return pieces.join('');
}

function writeValue(request: { value: Json; level: number; write: (piece: string) => void }): void {
  const { value, level, write } = request;
  if (level > maximumDepth) {
    throw new EvaluationProblem({
      code: 'LIMIT_EXCEEDED',
      message: `toJSON was given data nested deeper than ${maximumDepth} levels`,
      remedy: 'Pass on a part of the data.',
    });
  }
  if (Array.isArray(value)) {
    writeItems({ open: '[', close: ']', items: value.map((item: Json) => ['', item] as const), level, write });
  } else if (isJsonObject(value)) {
    const items = Object.entries(value).map(([key, item]) => [`${textToJson(key)}: `, item] as const);
    writeItems({ open: '{', close: '}', items, level, write });
  } else if (typeof value === 'string') write(textToJson(value));
  else write(typeof value === 'number' ? numberToText(value) : JSON.stringify(value));
}

interface Items {
  readonly open: string;
  readonly close: string;
  readonly items: readonly (readonly [prefix: string, value: Json])[];
  readonly level: number;
  readonly write: (piece: string) => void;
}

function writeItems({ open, close, items, level, write }: Items): void {
  write(open);
  for (const [index, [prefix, value]] of items.entries()) {
    write(`${index === 0 ? '' : ','}\n${'  '.repeat(level + 1)}${prefix}`);
    writeValue({ value, level: level + 1, write });
  }
  write(items.length === 0 ? close : `\n${'  '.repeat(level)}${close}`);
}

function textToJson(text: string): string {
  return JSON.stringify(text).replace(
    lineSeparators,
    (separator) => `\\u${separator.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
