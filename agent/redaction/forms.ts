/** Shorter values occur by chance in any text, so replacing them would destroy it and tell their length. */
export const minimumSecretLength = 4;

/** Secrets are credentials, not files; each form of a value costs memory in proportion to its length. */
export const maximumSecretBytes: number = 48 * 1024;

/**
 * Every text in which a secret value is looked for: the value itself, without surrounding white space, and each of its
 * lines; each of these raw, in base64 at its three alignments, URL-encoded and JSON-escaped. Lines (and trimmed values)
 * under {@link minimumSecretLength} characters are left out.
 */
export function formsOf(value: string): readonly string[] {
  const texts = new Set([value, value.trim(), ...value.split(/\r\n|\r|\n/), ...value.split('\n')]);
  const forms = new Set<string>();
  for (const text of texts) {
    if (text.length < minimumSecretLength) {
      continue;
    }
    forms.add(text);
    for (const encode of [base64Forms, urlForms, jsonForms]) {
      for (const form of encode(text)) {
        forms.add(form);
      }
    }
  }
  return [...forms];
}

/**
 * What base64 makes of the bytes, wherever they stand in a longer input: at each of the three alignments, the characters
 * that depend on these bytes alone. Both alphabets (RFC 4648, sections 4 and 5).
 */
function base64Forms(text: string): readonly string[] {
  const bytes = Buffer.from(text, 'utf8');
  const forms: string[] = [bytes.toString('base64')];
  for (const before of [0, 1, 2]) {
    const encoded = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const first = Math.ceil((before * 8) / 6);
    const last = Math.floor(((before + bytes.length) * 8) / 6);
    forms.push(encoded.slice(first, last));
  }
  return forms.flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
}

/** `encodeURIComponent`, the stricter RFC 3986 form, the form of HTML forms, and each with lower-case digits. */
function urlForms(text: string): readonly string[] {
  // A lone surrogate has no UTF-8 form, and encodeURIComponent throws on it.
  const component = encodeURIComponent(text.toWellFormed());
  const strict = component.replace(/[!'()*]/g, (character) => percent(character));
  const forms = [component, strict, component.replaceAll('%20', '+'), strict.replaceAll('%20', '+'), encodeAll(text)];
  return forms.flatMap((form) => [form, form.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]);
}

/** Every byte but the unreserved ones, as curl's and Python's quoting functions leave `~` or not. */
function encodeAll(text: string): string {
  return Array.from(Buffer.from(text, 'utf8'), (byte) => {
    const character = String.fromCharCode(byte);
    return /[A-Za-z0-9_.-]/.test(character) ? character : percent(character);
  }).join('');
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** As JSON text writes it: escaped as little as possible, with `\/`, and with everything beyond ASCII as `\uXXXX`. */
function jsonForms(text: string): readonly string[] {
  const plain = JSON.stringify(text).slice(1, -1);
  const ascii = plain.replace(/[^\x20-\x7e]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
  return [plain, ascii].flatMap((form) => [form, form.replaceAll('/', '\\/')]);
}
