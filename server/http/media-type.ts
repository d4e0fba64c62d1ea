/** A media type, in lower case and without its parameters, and the one parameter that matters. */
export interface MediaType {
  readonly type: string;
  readonly charset?: string;
}

const form = /^[!#$%&'*+.^_`|~0-9a-z-]{1,100}\/[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/u;

/** Reads a `Content-Type`; undefined where it isn't one. */
export function parseMediaType(header: string): MediaType | undefined {
  const [first = '', ...parameters] = header.split(';');
  const type = first.trim().toLowerCase();
  if (!form.test(type)) return undefined;
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name.trim().toLowerCase() !== 'charset') continue;
    return {
      type,
      charset: value
        .trim()
        .replace(/^"(.*)"$/u, '$1')
        .toLowerCase(),
    };
  }
  return { type };
}
