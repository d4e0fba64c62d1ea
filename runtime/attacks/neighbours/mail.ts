import { startMailServer } from '../../capabilities/mail/testing/server.ts';
import type { Neighbour } from './neighbour.ts';

/** What is granted: mail from `robot@good.test` to anybody at `good.test`. */
const sender = 'robot@good.test';
const recipient = /^[^@\s]+@good\.test$/i;

/** A mail server without encryption that takes every message and keeps what it is told. */
export async function startMailNeighbour(): Promise<Neighbour> {
  const passwords: string[] = [];
  const server = await startMailServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    onAuth({ username, password }, _session, done) {
      passwords.push(`${username} ${password}`);
      done(null, { user: username ?? '' });
    },
  });
  return {
    arena: { mail_port: server.port },
    secrets: {},
    received: () =>
      [...passwords, ...server.received.flatMap(({ content }) => [content, content.replaceAll(/=?\r?\n/g, '')])].join(
        '\n',
      ),
    trespasses: () =>
      server.received.flatMap(({ from, to, content }) => [
        ...to.filter((address) => !recipient.test(address)).map((address) => `a message went to ${address}`),
        ...(from === sender ? [] : [`a message came from ${from}`]),
        ...smuggledIn(content),
      ]),
    leftovers: () => [],
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Headers that only an attack makes, and recipients that the message names and the envelope doesn't. */
function smuggledIn(content: string): readonly string[] {
  const headers = content
    .slice(0, content.indexOf('\r\n\r\n'))
    .replaceAll(/\r\n[ \t]+/g, ' ')
    .split(/\r\n|[\r\n]/);
  return headers
    .filter((line) => /^(?:x-smuggled|bcc):/i.test(line) || (/^(?:to|cc|reply-to):/i.test(line) && hasStranger(line)))
    .map((line) => `a message has the header ${line.slice(0, 100)}`);
}

function hasStranger(line: string): boolean {
  const addresses = line.match(/[^\s<>,;:"()]+@[^\s<>,;:"()]+/g) ?? [];
  return addresses.some((address) => !recipient.test(address));
}
