import { CallFailure } from '../../runtime/capabilities/capability.ts';
import { capabilities } from '../../runtime/capabilities/table.ts';
import { perform } from '../../runtime/grants/index.ts';
import type { Json, JsonObject } from '../../schemas/index.ts';
import type { PerformCall } from '../executor/options.ts';
import { createRedactor } from '../redaction/index.ts';
import { plainCall } from './answers.ts';
import { contentOf, digestsOf, readWorkspaceFile } from './files.ts';

/** Makes calls and notes what they were answered, as a case records it. */
export interface NotedCalls {
  readonly perform: PerformCall;
  /** Entries of `host_calls`, in the order in which calls began. No value of a secret is in them. */
  recorded(): readonly JsonObject[];
}

/** What a case answers by itself is no part of its record. */
const own: ReadonlySet<string> = new Set(['fs', 'store', 'secrets', 'env']);

/** Errors that a case can answer. */
const recordable: ReadonlySet<string> = new Set([
  'NOT_FOUND',
  'FAILED',
  'INVALID_ARGUMENTS',
  'TIMEOUT',
  'LIMIT_EXCEEDED',
  'CANCELLED',
  'STORAGE_FAILED',
]);

/** Notes the calls of one run. Files that appear or change while a call is carried out are taken for its own. */
export function noteCalls(secrets: Readonly<Record<string, string>>): NotedCalls {
  const notes: JsonObject[] = [];
  const redactor = createRedactor(Object.values(secrets));
  return {
    recorded: () => notes.filter((note) => Object.keys(note).length > 0),
    perform: async (authorized, scope) => {
      const { capability, operation } = authorized;
      if (own.has(capability) || capabilities.get(capability)?.ambient === true)
        return await perform(authorized, scope);
      const call = plainCall(authorized, scope, Object.keys(secrets));
      // Its place is where it began.
      const place = notes.push({}) - 1;
      const before = await digestsOf(scope.workspace, scope.signal);
      let log = '';
      const listening = {
        ...scope,
        log: (stream: 'stdout' | 'stderr' | 'log', text: string | Uint8Array) => {
          log += typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
          scope.log(stream, text);
        },
      };
      const note = async (answer: JsonObject): Promise<void> => {
        const files: [string, Json][] = [];
        for (const [path, digest] of await digestsOf(scope.workspace, scope.signal)) {
          const bytes = before.get(path) === digest ? undefined : readWorkspaceFile(scope.workspace, path);
          if (bytes instanceof Buffer) files.push([path, contentOf(bytes)]);
        }
        const whole = {
          call: { capability, operation, args: call.args },
          ...answer,
          ...(files.length === 0 ? {} : { files: Object.fromEntries(files) }),
          ...(log === '' ? {} : { log }),
        };
        // A JSON object stays one.
        notes[place] = redactor.json(whole) as JsonObject;
      };
      try {
        const ok = await perform(authorized, listening);
        await note({ ok });
        return ok;
      } catch (cause) {
        if (cause instanceof CallFailure && recordable.has(cause.code)) {
          await note({ error: { code: cause.code, message: cause.message } });
        }
        throw cause;
      }
    },
  };
}
