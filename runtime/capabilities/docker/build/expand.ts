/** No image's name is as long. ARGs that name each other would double their values without end. */
const mostCharacters = 4096;

/**
 * Fills `$NAME`, `${NAME}`, `${NAME:-word}` and `${NAME:+word}` in a FROM. A word is taken as it stands; anything else that a shell would
 * make of the text is a problem, since the image must be known before the daemon is asked.
 */
export function expandArguments(
  text: string,
  values: Readonly<Record<string, string>>,
): { readonly text: string } | { readonly problem: string } {
  let result = '';
  let rest = text;
  while (rest !== '') {
    const plain = /^[^$\\'"`]+/u.exec(rest);
    if (plain !== null) {
      result += plain[0];
      rest = rest.slice(plain[0].length);
      continue;
    }
    const variable = /^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(?::([-+])([^$\\'"`{}]*))?\})/u.exec(
      rest,
    );
    if (variable === null) return { problem: `\`${text}\` holds more than names of arguments` };
    const [whole, bare, braced, operator, word = ''] = variable;
    const name = bare ?? braced ?? '';
    const value = Object.hasOwn(values, name) ? (values[name] ?? '') : '';
    if (operator === '-') result += value === '' ? word : value;
    else if (operator === '+') result += value === '' ? '' : word;
    else result += value;
    if (result.length > mostCharacters)
      return { problem: `its arguments come to more than ${mostCharacters} characters` };
    rest = rest.slice(whole.length);
  }
  return { text: result };
}

/** Reads `NAME` or `NAME=value` of an ARG before the first FROM; the value may be quoted as a whole. */
export function readArgument(text: string): { readonly name: string; readonly value: string | undefined } | undefined {
  const parts = /^([A-Za-z_][A-Za-z0-9_]*)(?:=(?:"([^"\\$`]*)"|'([^'\\]*)'|([^\s"'\\`]*)))?$/u.exec(text.trim());
  if (parts === null) return undefined;
  const [, name = '', double, single, bare] = parts;
  return { name, value: double ?? single ?? bare };
}
