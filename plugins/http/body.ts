import type { Host } from 'waterflow/plugin';
import type { Inputs, Part, Scalar } from './inputs.ts';

type Request = Parameters<Host['net']['request']>[0];

/** What a request carries. */
export interface Encoded {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Exclude<Request['body'], undefined>;
}

/**
 * The body that the inputs ask for, with the type of its content where they give none. Files are named: the agent reads them. `boundary`
 * makes the text between the fields of a form with files.
 */
export async function encode(inputs: Inputs, boundary: () => Promise<string>): Promise<Encoded> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(inputs.headers ?? {})) headers[name] = String(value);
  const typed = Object.keys(headers).find((name) => name.toLowerCase() === 'content-type');
  const of = (type: string, body: Exclude<Request['body'], undefined>): Encoded => ({
    headers: typed === undefined ? { ...headers, 'content-type': type } : headers,
    body,
  });
  const { body, 'body-file': file, form, multipart } = inputs;
  if (multipart !== undefined) {
    // Who gives the type would have to know the boundary.
    if (typed !== undefined) throw new Error(`headers.${typed}: multipart has a type of its own`);
    const between = await boundary();
    return of(`multipart/form-data; boundary=${between}`, { parts: multipartOf(multipart, between) });
  }
  if (form !== undefined) return of('application/x-www-form-urlencoded', formOf(form));
  if (file !== undefined) return of('application/octet-stream', { file });
  if (body === undefined || body === null) return { headers };
  if (typeof body === 'string') return { headers, body };
  return of('application/json', JSON.stringify(body));
}

/** As browsers write forms (application/x-www-form-urlencoded). A list gives its name several times. */
export function formOf(form: NonNullable<Inputs['form']>): string {
  return Object.entries(form)
    .flatMap(([name, value]) => listOf(value).map((one) => `${encodedForm(name)}=${encodedForm(String(one))}`))
    .join('&');
}

function listOf(value: Scalar | readonly Scalar[]): readonly Scalar[] {
  return typeof value === 'object' ? value : [value];
}

function encodedForm(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}

type BodyPart = string | { readonly file: string };

/** As browsers write forms with files (multipart/form-data). */
export function multipartOf(parts: readonly Part[], boundary: string): readonly BodyPart[] {
  return [...parts.flatMap((part) => [...partOf(part, boundary), '\r\n']), `--${boundary}--\r\n`];
}

function partOf(part: Part, boundary: string): readonly BodyPart[] {
  const { name, value, file, 'content-type': type } = part;
  if ((value === undefined) === (file === undefined)) {
    throw new Error(`multipart: ${JSON.stringify(name)} needs either \`value\` or \`file\``);
  }
  const filename = part.filename ?? file?.split('/').at(-1);
  const head = [
    `--${boundary}`,
    `Content-Disposition: form-data; name="${quoted(name)}"${filename === undefined ? '' : `; filename="${quoted(filename)}"`}`,
    ...(file === undefined && type === undefined ? [] : [`Content-Type: ${type ?? 'application/octet-stream'}`]),
    '',
    '',
  ].join('\r\n');
  return [head, file === undefined ? String(value) : { file }];
}

/** What ends a quoted text, or a line, is written in another way. */
function quoted(text: string): string {
  return text.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
