import type { HostCall } from '../../runtime/host-call.ts';
import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';

/** Texts and bytes in base64, by path, as a case has them. */
type Files = Readonly<Record<string, string | { readonly base64: string }>>;

/** A call that was made, what its record says, and what files the record leaves. */
interface Recorded {
  readonly args: JsonObject;
  readonly ok: JsonObject;
  readonly files: Files;
}

/** A recorded answer with all that a real one always has: what the record doesn't say is as the call makes it likely, or nothing. */
export function wholeAnswer({ capability, operation, args }: HostCall, ok: Json, files: Files): Json {
  const name = `${capability}.${operation}`;
  const fill = Object.hasOwn(fillers, name) ? fillers[name] : undefined;
  if (fill === undefined || !isJsonObject(ok)) return ok;
  return { ...fill({ args: isJsonObject(args) ? args : {}, ok, files }), ...ok };
}

const noImage = `sha256:${'0'.repeat(64)}`;
const image = { image: noImage, digests: [] };

/** What each answer has besides, by `capability.operation`. */
const fillers: Readonly<Record<string, (recorded: Recorded) => JsonObject>> = {
  'net.request': responseParts,
  'exec.run': ({ args }) => ({ ...captured(args, 'log'), files: {} }),
  'docker.run': ({ args }) => ({ ...image, out_of_memory: false, ...captured(args, 'log') }),
  'docker.start': () => image,
  'docker.exec': ({ args }) => captured(args, 'log'),
  'docker.logs': ({ args }) => captured(args, 'capture'),
  'docker.status': () => ({ exit_code: 0, out_of_memory: false, image: noImage }),
  'docker.pull': () => ({ ...image, bytes: 0 }),
  'docker.push': () => ({ image: noImage }),
  'docker.build': () => ({ image: noImage }),
  'store.get': () => ({ expires_at: null }),
  'store.list': () => ({ cursor: null }),
  'store.save': ({ ok }) => (ok['saved'] === true ? { entries: 0, evicted: 0 } : {}),
  'store.load': ({ ok }) =>
    ok['found'] === true
      ? { entries: 0, bytes: 0, archive_bytes: 0, sha256: '0'.repeat(64), created_at: '2026-01-01T00:00:00Z' }
      : { damaged: false },
  'ssh.exec': ({ args }) => captured(args, 'log'),
  'mail.send': ({ args }) => ({
    message_id: '<case@waterflow.invalid>',
    accepted: ['to', 'cc', 'bcc'].flatMap((key) => addressesOf(args[key])),
    rejected: [],
    bytes: 0,
  }),
  'env.set': () => ({ kept_back: [] }),
};

/** A body goes to the plugin, or to the file that the call names, where the answer is a good one. */
function responseParts({ args, ok, files }: Recorded): JsonObject {
  const about = { url: args['url'] ?? '', redirects: 0, elapsed_ms: 0, headers: {} };
  const { response = 'text' } = args;
  const isGood = typeof ok['status'] === 'number' && ok['status'] >= 200 && ok['status'] < 300;
  const file = isJsonObject(response) && isGood ? response['file'] : undefined;
  if (typeof file === 'string') return { ...about, bytes: sizeOf(files[file] ?? '') };
  const body = typeof ok['body'] === 'string' ? ok['body'] : '';
  return { ...about, body, bytes: sizeOf(response === 'base64' ? { base64: body } : body) };
}

/** The streams that the call has captured; `usual`: where they go if it doesn't say. */
function captured(args: JsonObject, usual: 'log' | 'capture'): JsonObject {
  const names = ['stdout', 'stderr'].filter((name) => (args[name] ?? usual) === 'capture');
  return Object.fromEntries(names.map((name) => [name, '']));
}

function addressesOf(value: Json | undefined): readonly Json[] {
  if (!isJsonList(value)) return [];
  return value.map((each) => (isJsonObject(each) ? (each['address'] ?? '') : each));
}

function sizeOf(content: Files[string]): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : Buffer.from(content.base64, 'base64').length;
}
