import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../../schemas/index.ts';

/** A text that an input gives, and how an expression says it. */
export interface InputText {
  readonly text: string;
  /** `inputs.ports[*].host`; undefined for the name of a property, which no expression gives. */
  readonly expression: string | undefined;
}

/** All texts of the inputs, the longest first: values, names of properties, and lists put together as arguments often are. */
export function inputTexts(inputs: JsonObject): readonly InputText[] {
  const texts = Object.entries(inputs).flatMap(([name, value]) => textsIn(value, `inputs.${name}`));
  return texts.filter(({ text }) => text !== '').sort((one, other) => other.text.length - one.text.length);
}

function textsIn(value: Json, path: string): readonly InputText[] {
  if (isJsonList(value)) {
    const items = value.flatMap((item) => textsIn(item, `${path}[*]`));
    const plain = value.filter((item) => typeof item === 'string');
    return [...items, { text: plain.join(','), expression: `join(${path}, ',')` }];
  }
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, item]) => [
      { text: name, expression: undefined },
      ...textsIn(item, `${path}.${name}`),
    ]);
  }
  return value === null || typeof value === 'boolean' ? [] : [{ text: String(value), expression: path }];
}
