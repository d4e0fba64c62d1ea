import { type Host, stepFailure } from 'waterflow/plugin';
import { factsOf, type Inputs, listOf, oneLine } from './inputs.ts';

type Message = Parameters<Host['mail']['send']>[0];

/** Of the whole delivery. */
const deliveryTimeoutMs = 120_000;
/** RFC 5322 lets a line have 998 characters; readers show far fewer. */
const subjectCharacters = 200;

/** The mail that the inputs ask for. Throws where they don't make one. */
export function mailOf(inputs: Inputs): Message {
  const host = required(inputs, 'smtp-host');
  const from = required(inputs, 'from');
  const to = listOf(inputs.to);
  if (to.length === 0) throw new Error('to: a mail needs a recipient');
  const { 'smtp-user': user, 'smtp-password': password, 'from-name': name, 'reply-to': replyTo } = inputs;
  if ((user === undefined) !== (password === undefined)) {
    throw new Error('smtp-user and smtp-password belong together');
  }
  return {
    host,
    port: inputs['smtp-port'] ?? 587,
    ...(user === undefined || password === undefined ? {} : { login: { user, password } }),
    from: name === undefined ? from : { address: from, name: oneLine(name, 200) },
    to,
    cc: listOf(inputs.cc),
    bcc: listOf(inputs.bcc),
    ...(replyTo === undefined ? {} : { reply_to: replyTo }),
    subject: subjectOf(inputs),
    text: textOf(inputs),
    ...(inputs.html === undefined ? {} : { html: inputs.html }),
    attachments: listOf(inputs.attachments).map((file) => ({ file })),
    timeout_ms: deliveryTimeoutMs,
  };
}

/** Never empty, and always one line: a title may come from anywhere. */
export function subjectOf({ title, message, status }: Inputs): string {
  const line = oneLine(title ?? message.trimStart().split(/[\r\n]/)[0] ?? '', subjectCharacters);
  const subject = line === '' ? 'Notification' : line;
  return status === undefined ? subject : `[${status}] ${subject}`;
}

/** The message with its facts and its link below. */
export function textOf(inputs: Inputs): string {
  const { message, link } = inputs;
  const facts = Object.entries(factsOf(inputs)).map(
    ([name, value]) => `${oneLine(name, 200)}: ${oneLine(String(value), 2000)}`,
  );
  const blocks = [message.trimEnd(), facts.join('\n'), link ?? ''].filter((block) => block !== '');
  return `${blocks.join('\n\n')}\n`;
}

/** Sends it; throws a step's failure where somebody doesn't get it. */
export async function sendMail(
  host: Host,
  inputs: Inputs,
): Promise<{
  readonly message_id: string;
  readonly accepted: readonly string[];
  readonly rejected: readonly string[];
}> {
  const sent = await host.mail.send(mailOf(inputs));
  const rejected = sent.rejected.map(({ address, reason }) => `${address}: ${reason}`);
  const outputs = { message_id: sent.message_id, accepted: sent.accepted, rejected };
  if (rejected.length > 0) {
    throw stepFailure(
      `the server took the mail for ${sent.accepted.length} recipients, not for ${rejected.join('; ')}`,
      {
        outputs,
        remedy: 'Take out or mend the addresses that were refused. The others have the mail.',
      },
    );
  }
  host.log(`${inputs['smtp-host']} took the mail for ${sent.accepted.length} recipients`);
  return outputs;
}

function required(inputs: Inputs, name: 'smtp-host' | 'from'): string {
  const value = inputs[name];
  if (value === undefined) throw new Error(`${name}: \`via: email\` needs it`);
  return value;
}
