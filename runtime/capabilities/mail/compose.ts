import { randomUUID } from 'node:crypto';
import { createReadStream, type ReadStream } from 'node:fs';
import { type Readable, Transform } from 'node:stream';
import type { Json } from '../../../schemas/index.ts';
import type { Authorized } from '../../grants/api.ts';
import { CallFailure, type CallScope } from '../capability.ts';
import { namesOf } from '../fs/operation.ts';
import { openWorkspaceInput } from '../workspace-file.ts';
import { addressText, parseAddress } from './address.ts';
import { bareAddress, type GivenAddress, type MailArgs, recipientsOf } from './call.ts';
import type { MailEffective } from './rule.ts';

/** Where no entry says. */
const defaultSizeBytes: number = 25 * 1024 * 1024;
const defaultRecipients = 100;

/** A message on its way: its envelope is its headers', with the blind copies. */
export interface Message {
  readonly id: string;
  readonly from: string;
  readonly recipients: readonly string[];
  readonly content: Readable;
  readonly sent: () => number;
  /** Why it could not be made to its end, if so. */
  readonly failure: () => CallFailure | undefined;
}

/** Makes the message, and closes the files that it is made of. */
export async function compose(
  { authorized, effective }: { readonly authorized: Authorized<MailArgs>; readonly effective: MailEffective },
  scope: CallScope,
  use: (message: Message) => Promise<Json>,
): Promise<Json> {
  const { args } = authorized;
  const recipients = [...new Set(recipientsOf(args).map(plainAddress))];
  const most = effective.limits.recipients ?? defaultRecipients;
  if (recipients.length === 0) throw new CallFailure('INVALID_ARGUMENTS', 'the message has no recipient');
  if (recipients.length > most) throw new CallFailure('LIMIT_EXCEEDED', `the message has more than ${most} recipients`);
  const maxBytes = effective.limits.size ?? defaultSizeBytes;
  const opened: ReadStream[] = [];
  try {
    let bytes = Buffer.byteLength(args.text ?? '') + Buffer.byteLength(args.html ?? '');
    const attachments = (args.attachments ?? []).map(({ file, name, type }) => {
      const input = openWorkspaceInput(authorized, scope, file);
      bytes += input.bytes;
      const content = createReadStream('', { fd: input.fd });
      // Whoever reads it hears of an error too; nobody may be reading by then.
      content.on('error', () => undefined);
      opened.push(content);
      return {
        filename: name ?? namesOf(file).at(-1) ?? 'file',
        content,
        ...(type === undefined ? {} : { contentType: type }),
      };
    });
    // As they lie, before they are encoded; what goes out is counted, too.
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    const from = plainAddress(args.from);
    const id = `<${randomUUID()}@${from.slice(from.indexOf('@') + 1)}>`;
    const { default: MailComposer } = await import('nodemailer/lib/mail-composer');
    const composed = new MailComposer({
      from: shownAddress(args.from),
      to: (args.to ?? []).map(shownAddress),
      cc: (args.cc ?? []).map(shownAddress),
      ...(args.reply_to === undefined ? {} : { replyTo: shownAddress(args.reply_to) }),
      subject: args.subject,
      ...(args.text === undefined && args.html !== undefined ? {} : { text: args.text ?? '' }),
      ...(args.html === undefined ? {} : { html: args.html }),
      attachments,
      messageId: id,
      date: new Date(scope.clock.now()),
      // What a message refers to is never fetched or read for it.
      disableUrlAccess: true,
      disableFileAccess: true,
    }).compile();
    const counted = countingStream(maxBytes);
    const source = composed.createReadStream();
    source.once('error', () => counted.fail(new CallFailure('FAILED', 'an attachment could not be read to its end')));
    return await use({ id, from, recipients, content: source.pipe(counted.stream), ...counted.told });
  } finally {
    for (const stream of opened) stream.destroy();
  }
}

function plainAddress(given: GivenAddress): string {
  const parsed = parseAddress(bareAddress(given));
  // Each was checked before the call was authorized.
  if (parsed === undefined) throw new CallFailure('INVALID_ARGUMENTS', `\`${bareAddress(given)}\` is not an address`);
  return addressText(parsed);
}

/** In two parts, so that nobody has to take it apart again. */
function shownAddress(given: GivenAddress): { readonly name: string; readonly address: string } {
  return { name: typeof given === 'string' ? '' : (given.name ?? ''), address: plainAddress(given) };
}

/** Counts what goes through, and keeps why it doesn't: nodemailer 10 writes its own code into errors that it hands on. */
function countingStream(maxBytes: number): {
  readonly stream: Transform;
  readonly told: Pick<Message, 'sent' | 'failure'>;
  readonly fail: (failure: CallFailure) => void;
} {
  let bytes = 0;
  let failure: CallFailure | undefined;
  const fail = (cause: CallFailure): void => {
    failure ??= cause;
    stream.destroy(new Error(cause.message));
  };
  const stream: Transform = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      if (bytes > maxBytes) fail(tooLarge(maxBytes));
      else done(null, chunk);
    },
  });
  // Heard by whoever sends it, and by nobody before that.
  stream.on('error', () => undefined);
  return { stream, told: { sent: () => bytes, failure: () => failure }, fail };
}

function tooLarge(maxBytes: number): CallFailure {
  return new CallFailure('LIMIT_EXCEEDED', `the message is larger than ${maxBytes} bytes`, {
    remedy: 'Send less, or raise `limits.size` in each layer that has it.',
  });
}
