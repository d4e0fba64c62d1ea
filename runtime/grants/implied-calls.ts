import { isJsonList, isJsonObject, type Json, type JsonObject } from '../../schemas/index.ts';
import { quotePathPattern } from '../capabilities/fs/glob.ts';
import type { HostCall } from '../host-call.ts';

/** What a call of another capability needs of fs, for the workspace files that it reads and writes, as calls of fs. */
export function impliedCalls({ capability, operation, args }: HostCall): readonly HostCall[] {
  if (!isJsonObject(args) || capability === 'fs') return [];
  return [
    ...['body', 'stdin'].flatMap((key) => reading(fileOf(args[key]))),
    ...['response', 'stdout', 'stderr'].flatMap((key) => writing(fileOf(args[key]))),
    ...ofCapability(capability, operation, args),
  ];
}

/** The file that such an argument names: `{ file: path }`. */
export function fileOf(value: Json | undefined): string | undefined {
  const file = isJsonObject(value) ? value['file'] : undefined;
  return typeof file === 'string' ? file : undefined;
}

function ofCapability(capability: string, operation: string, args: JsonObject): readonly HostCall[] {
  const items = (key: string): readonly Json[] => (isJsonList(args[key]) ? args[key] : []);
  switch (`${capability}.${operation}`) {
    case 'docker.run':
    case 'docker.start':
      return items('mounts').flatMap((mount) => mounting(isJsonObject(mount) ? mount : {}));
    case 'docker.build':
      return below(textOf(args['context']) ?? '.', { writes: false });
    case 'ssh.upload':
      return below(textOf(args['from']), { writes: false });
    case 'ssh.download':
      return [
        ...below(textOf(args['to']), { writes: true }),
        // To compare, and to go on with what an earlier one left, it reads what is here.
        ...(args['compare'] === undefined && args['resume'] !== true
          ? []
          : below(textOf(args['to']), { writes: false })),
      ];
    case 'store.save':
      return listing(textOf(args['from']));
    case 'store.load':
      return making(textOf(args['to']));
    case 'net.request': {
      const parts = isJsonObject(args['body']) ? args['body']['parts'] : undefined;
      return isJsonList(parts) ? parts.flatMap((part) => reading(fileOf(part))) : [];
    }
    case 'mail.send':
      return items('attachments').flatMap((attachment) => reading(fileOf(attachment)));
    default:
      return [];
  }
}

function mounting({ path, access }: JsonObject): readonly HostCall[] {
  const folder = textOf(path);
  const read = below(folder, { writes: false });
  return access === 'read' ? read : [...read, ...below(folder, { writes: true })];
}

/** A folder with all that is in it, or a file. */
function below(path: string | undefined, { writes }: { readonly writes: boolean }): readonly HostCall[] {
  if (path === undefined) return [];
  const names = path.split('/').filter((name) => name !== '' && name !== '.');
  const pattern = [...names.map(quotePathPattern), '**'].join('/');
  return writes
    ? [{ capability: 'fs', operation: 'remove', args: { path: names.length === 0 ? '.' : names.join('/') } }]
    : [{ capability: 'fs', operation: 'glob', args: { pattern } }];
}

function reading(path: string | undefined): readonly HostCall[] {
  return path === undefined ? [] : [{ capability: 'fs', operation: 'read', args: { path } }];
}

function writing(path: string | undefined): readonly HostCall[] {
  return path === undefined ? [] : [{ capability: 'fs', operation: 'write', args: { path, content: '' } }];
}

function listing(path: string | undefined): readonly HostCall[] {
  return path === undefined ? [] : [{ capability: 'fs', operation: 'list', args: { path } }];
}

function making(path: string | undefined): readonly HostCall[] {
  return path === undefined ? [] : [{ capability: 'fs', operation: 'mkdir', args: { path } }];
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
