import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import ssh2, { type Client, type SFTPWrapper } from 'ssh2';
import { isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** What the naive host of `--control` has for calls that leave the machine. */
export interface NakedMeans {
  readonly secrets: Readonly<Record<string, string>>;
  /** A path of the workspace, or whatever it leads to. */
  readonly at: (path: Json | undefined) => string;
  readonly textOf: (value: Json | undefined) => string;
  readonly log: (text: string) => void;
}

/** Longer than servers take that answer at all. */
const answerTimeoutMs = 3000;

/** As one would send a mail by hand: texts one after the other, whatever is in them. */
export async function nakedMail(args: JsonObject, { secrets, at, textOf }: NakedMeans): Promise<Json> {
  const socket = connect(Number(args['port']), textOf(args['host']).replace(/^\[(.*)\]$/, '$1'));
  socket.setTimeout(answerTimeoutMs, () => socket.destroy());
  const list = (key: string): readonly Json[] => (Array.isArray(args[key]) ? args[key] : []);
  const shown = (given: Json | undefined): string =>
    isJsonObject(given) ? `${textOf(given['name'])} <${textOf(given['address'])}>` : textOf(given);
  const bare = (given: Json | undefined): string => (isJsonObject(given) ? textOf(given['address']) : textOf(given));
  // As a careless sender takes a list apart: each text that has an @.
  const mailboxes = (given: Json): readonly string[] =>
    bare(given).match(/[^\s<>,;:"()%!]+@[^\s<>,;:"()]+/g) ?? [bare(given)];
  const recipients = [...list('to'), ...list('cc'), ...list('bcc')].flatMap(mailboxes);
  const files = list('attachments').map((given) => (isJsonObject(given) ? given : {}));
  const contents = files.map(
    (file) => `${textOf(file['name'])}\r\n${textOf(file['type'])}\r\n${readIfThere(at(file['file'] ?? file['path']))}`,
  );
  const headers = [
    `From: ${shown(args['from'])}`,
    ...list('to').map((given) => `To: ${shown(given)}`),
    ...(args['reply_to'] === undefined ? [] : [`Reply-To: ${shown(args['reply_to'])}`]),
    `Subject: ${textOf(args['subject'])}`,
    ...files.map((file) => `X-File: ${textOf(file['name'])} ${textOf(file['type'])}`),
  ];
  const lines = [
    'EHLO naive',
    ...('TOKEN' in secrets ? [`AUTH PLAIN ${Buffer.from(`\0robot\0${secrets['TOKEN']}`).toString('base64')}`] : []),
    `MAIL FROM:<${bare(args['from'])}>`,
    ...recipients.map((address) => `RCPT TO:<${address}>`),
    'DATA',
    [...headers, '', textOf(args['text']), ...contents, '.'].join('\r\n'),
    'QUIT',
  ];
  const answers = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let said = '';
  for (const line of lines) {
    const { done, value } = await answers.next();
    if (done === true) break;
    said += value.toString();
    socket.write(`${line}\r\n`);
  }
  socket.end();
  return { answered: said, accepted: [...recipients] };
}

/** As one would use ssh without caring who answers. */
export async function nakedSsh(operation: string, args: JsonObject, means: NakedMeans): Promise<Json> {
  const { secrets, at, textOf } = means;
  const client = await connected(args, means);
  if (operation === 'exec') {
    const words = Array.isArray(args['args']) ? args['args'].map(textOf) : [];
    const answer = await execLine(client, [textOf(args['command']), ...words].join(' '), secrets);
    means.log(answer.stdout);
    return answer;
  }
  const sftp = await new Promise<SFTPWrapper>((resolve, reject) =>
    client.sftp((error, opened) => (error === undefined ? resolve(opened) : reject(error))),
  );
  return moveFiles(sftp, operation, { from: textOf(args['from'] ?? args['path']), to: textOf(args['to']), at });
}

/** Kept, so that many calls take no longer than they have; the end of the process ends them. */
const clients = new Map<string, Promise<Client>>();

function connected(args: JsonObject, means: NakedMeans): Promise<Client> {
  const where = `${means.textOf(args['host'])}:${means.textOf(args['port'])}`;
  const known = clients.get(where) ?? logIn(args, means);
  clients.set(where, known);
  return known;
}

async function logIn(args: JsonObject, { secrets, textOf }: NakedMeans): Promise<Client> {
  const client = new ssh2.Client();
  client.on('error', () => undefined);
  const { SSH_KEY: privateKey, TOKEN: password } = secrets;
  const ready = once(client, 'ready');
  client.connect({
    host: textOf(args['host']).replace(/^\[(.*)\]$/, '$1'),
    port: Number(args['port'] ?? 22),
    username: process.env['USER'] ?? 'root',
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey }),
    // Says the password to whoever asks first.
    authHandler: ['password', 'publickey'],
    readyTimeout: answerTimeoutMs,
  });
  await ready;
  return client;
}

function execLine(
  client: Client,
  line: string,
  secrets: NakedMeans['secrets'],
): Promise<{ readonly exit_code: number; readonly stdout: string }> {
  return new Promise((resolve, reject) => {
    client.exec(line, (error, channel) => {
      if (error !== undefined) return reject(error);
      let said = '';
      for (const stream of [channel, channel.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
      channel.on('close', () => resolve({ exit_code: 0, stdout: said }));
      channel.end(secrets['TOKEN'] ?? '');
    });
  });
}

async function moveFiles(
  sftp: SFTPWrapper,
  operation: string,
  { from, to, at }: { readonly from: string; readonly to: string; readonly at: NakedMeans['at'] },
): Promise<Json> {
  const done = (act: (settle: (error?: Error | null) => void) => void): Promise<null> =>
    new Promise((resolve, reject) =>
      act((error) => (error === undefined || error === null ? resolve(null) : reject(error))),
    );
  const real = await new Promise<string>((resolve) =>
    sftp.realpath(from, (error, path) => resolve(error === undefined ? path : from)),
  );
  switch (operation) {
    case 'upload':
      return done((settle) => sftp.fastPut(at(from), to, settle));
    case 'mkdir':
      return done((settle) => sftp.mkdir(real, settle));
    case 'remove':
      return done((settle) => sftp.unlink(real, settle));
    case 'rename':
      return done((settle) => sftp.rename(from, to, settle));
    case 'stat':
    case 'list':
    case 'download':
      return download(sftp, real, at(to));
    default:
      return null;
  }
}

/** A file, or a folder with what its names lead to. */
async function download(sftp: SFTPWrapper, from: string, to: string): Promise<Json> {
  const listed = await new Promise<readonly string[] | undefined>((resolve) =>
    sftp.readdir(from, (error, found) =>
      resolve(error === undefined ? found.map(({ filename }) => filename) : undefined),
    ),
  );
  const write = async (source: string, target: string): Promise<void> => {
    const output = createWriteStream(target);
    sftp.createReadStream(source).pipe(output);
    await Promise.race([once(output, 'close'), once(output, 'error')]);
  };
  if (listed === undefined) {
    await write(from, to);
    return readIfThere(to);
  }
  mkdirSync(to, { recursive: true });
  for (const name of listed) {
    const output = createWriteStream(join(to, name));
    output.on('error', () => undefined);
    output.end('planted');
    await Promise.race([once(output, 'close'), once(output, 'error')]);
  }
  return [...listed];
}

/** What the command line of Docker does with what it is told. */
export async function nakedDocker(operation: string, args: JsonObject, { at, textOf }: NakedMeans): Promise<Json> {
  const words = dockerWords(operation, args, { at, textOf });
  const child = spawn('docker', words, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(textOf(args['stdin'] ?? ''));
  const exit = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = (await exit) as [number | null];
  if (code !== 0 && operation !== 'run') throw new Error(stderr);
  return { exit_code: code ?? 1, stdout, stderr, container: stdout.trim() };
}

function dockerWords(
  operation: string,
  args: JsonObject,
  { at, textOf }: Pick<NakedMeans, 'at' | 'textOf'>,
): readonly string[] {
  const list = (key: string): readonly Json[] => (Array.isArray(args[key]) ? args[key] : []);
  const command = list('command').map(textOf);
  const container = textOf(args['container']);
  switch (operation) {
    case 'run':
    case 'start':
      return [
        ...(operation === 'run' ? ['run', '--rm', '-i'] : ['run', '-d']),
        ...list('mounts').flatMap((mount) =>
          isJsonObject(mount)
            ? [
                '-v',
                `${mount['volume'] === undefined ? at(mount['path']) : textOf(mount['volume'])}:${textOf(mount['target'])}`,
              ]
            : [],
        ),
        ...Object.entries(isJsonObject(args['env']) ? args['env'] : {}).flatMap(([key, value]) => [
          '-e',
          `${key}=${textOf(value)}`,
        ]),
        ...(args['network'] === undefined || args['network'] === 'run' ? [] : ['--network', textOf(args['network'])]),
        ...(args['user'] === undefined ? [] : ['--user', textOf(args['user'])]),
        ...(args['privileged'] === true ? ['--privileged'] : []),
        textOf(args['image']),
        ...command,
      ];
    case 'exec':
      return ['exec', container, ...command];
    case 'logs':
      return ['logs', container];
    case 'status':
      return ['inspect', container];
    case 'remove':
      return ['rm', '-f', container];
    case 'build':
      return [
        'build',
        '--no-cache',
        '-t',
        textOf(args['tag']),
        ...(args['network'] === undefined || args['network'] === 'run' ? [] : ['--network', textOf(args['network'])]),
        ...(args['dockerfile'] === undefined ? [] : ['-f', at(args['dockerfile'])]),
        ...Object.entries(isJsonObject(args['args']) ? args['args'] : {}).flatMap(([key, value]) => [
          '--build-arg',
          `${key}=${textOf(value)}`,
        ]),
        at(args['context'] ?? '.'),
      ];
    default:
      return ['version'];
  }
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
