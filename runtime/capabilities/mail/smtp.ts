import type { Socket } from 'node:net';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import { CallFailure } from '../capability.ts';
import { clientContext } from '../net/tls.ts';
import type { MailTls } from './rule.ts';

/** Of one answer of the server, in bytes. An option that the types of nodemailer 8 don't know yet. */
const responseLimit: object = { maxResponseSize: 65_536 };

/** Makes the client of a connection; nothing is said yet. */
export async function smtpClient(options: {
  readonly socket: Socket;
  readonly host: string;
  readonly tls: MailTls;
  readonly authorities: readonly string[];
}): Promise<SMTPConnection> {
  const { socket, host, tls, authorities } = options;
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  return new Connection({
    // The socket is there already; the name is what the certificate must be for.
    connection: socket,
    host: host.replace(/^\[(.*)\]$/, '$1'),
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    opportunisticTLS: false,
    tls: { secureContext: clientContext(authorities), rejectUnauthorized: true },
    name: 'waterflow.invalid',
    socketCloseTimeout: 1,
    ...responseLimit,
    logger: false,
    debug: false,
    transactionLog: false,
  });
}

/** What is said over a connection. */
export interface SmtpSession {
  until<Value>(start: (settle: (error?: Error | null, value?: Value) => void) => void): Promise<Value>;
  end(): void;
}

/** Waits for what the server answers, as long as there is a connection. */
export function watchSmtp(
  connection: SMTPConnection,
  {
    where,
    signal,
    said,
  }: { readonly where: string; readonly signal: AbortSignal; readonly said: (text: string) => string },
): SmtpSession {
  const ended = Promise.withResolvers<never>();
  // Nobody may be waiting at that moment.
  ended.promise.catch(() => undefined);
  const failure = (cause: Error): CallFailure =>
    cause instanceof CallFailure ? cause : new CallFailure('FAILED', `${where}: ${said(cause.message)}`);
  // Stays: an error that nobody listens to would end the process.
  connection.on('error', (cause: Error) => ended.reject(failure(cause)));
  connection.on('end', () => ended.reject(new CallFailure('FAILED', `${where} ended the connection`)));
  const onAbort = (): void => {
    ended.reject(new CallFailure('CANCELLED', `the connection to ${where} was ended`));
    connection.close();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return {
    until<Value>(start: (settle: (error?: Error | null, value?: Value) => void) => void): Promise<Value> {
      const { promise, resolve, reject } = Promise.withResolvers<Value>();
      // Without an error there is a value, unless it is one of type void.
      start((error, value) => (error instanceof Error ? reject(failure(error)) : resolve(value as Value)));
      promise.catch(() => undefined);
      return Promise.race([promise, ended.promise]);
    },
    end() {
      signal.removeEventListener('abort', onAbort);
      connection.close();
    },
  };
}
