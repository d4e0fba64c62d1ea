import { quote } from '../quote.ts';

/** A path of a call, relative to the folder of the root workflow's file, or what is wrong with it. */
export type CallPath =
  | { readonly path: string }
  | {
      readonly problem: {
        readonly message: string;
        readonly remedy: string;
        /** What was plainly meant. */
        readonly meant?: string;
      };
    };

/** Where what a file says counts from: `ci` for `ci/deploy.yml`, empty for the root workflow's folder. */
export function folderOf(path: string): string {
  return path.split('/').slice(0, -1).join('/');
}

/**
 * `uses:` of a job in a file of a folder -> the path of the workflow that it calls. Paths count from the file that says them, and never
 * lead out of the root workflow's folder.
 */
export function callPath(uses: string, folder: string): CallPath {
  if (/[\p{Cc}\\]/u.test(uses)) {
    const message = `${quote(uses)} can't be the path of a workflow`;
    return { problem: { message, remedy: 'Write it with `/` between folders: `./folder/other.yml`.' } };
  }
  if (!/^\.\.?\//.test(uses)) return { problem: notLocal(uses) };
  const path = resolvePath(uses, folder);
  if (path.startsWith('../')) {
    return {
      problem: {
        message: `${quote(uses)} leads out of the folder of the workflow that is run`,
        remedy: 'Put a copy of the file into that folder or one below it, and name that.',
      },
    };
  }
  if (/\.ya?ml$/i.test(path)) return { path };
  return {
    problem: {
      message: `${quote(uses)} is no workflow file: its name ends neither with .yml nor with .yaml`,
      remedy: 'Name a workflow file, such as `./other.yml`; a plugin in a folder is used by a step.',
    },
  };
}

/** A path that counts from a folder, from where that folder's own path counts, without `.`; `..` only at its beginning. */
export function resolvePath(path: string, folder: string): string {
  const parts: string[] = [];
  for (const part of [...folder.split('/'), ...path.split('/')]) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else parts.push(part);
  }
  return parts.join('/');
}

/** `uses:` of a step in a file of a folder, as it counts from the root workflow's folder: a plugin lies beside the file that says it. */
export function pluginPath(uses: string, folder: string): string {
  if (folder === '' || !/^\.\.?\//.test(uses)) return uses;
  const path = resolvePath(uses, folder);
  return path.startsWith('../') ? path : `./${path}`;
}

function notLocal(uses: string): { readonly message: string; readonly remedy: string; readonly meant?: string } {
  if (uses.startsWith('/')) {
    return {
      message: `${quote(uses)} is an absolute path, and a job calls workflows of its own folder`,
      remedy: 'Write the path from this file on, beginning with `./`.',
    };
  }
  const [path = '', version] = uses.split('@');
  const name = path.split('/').at(-1) ?? '';
  if (/\.ya?ml$/i.test(path) && version === undefined && !uses.includes('://')) {
    return {
      message: `${quote(uses)} doesn't say that it is a file here`,
      remedy: `Write ${quote(`./${uses}`)}.`,
      meant: `./${uses}`,
    };
  }
  if (/\.ya?ml$/i.test(path) || uses.includes('://')) {
    return {
      message: `${quote(uses)} is a workflow somewhere else, and only files here can be called`,
      remedy: `Copy the file into this folder, and write ${quote(`./${/\.ya?ml$/i.test(name) ? name : 'other.yml'}`)}.`,
    };
  }
  return {
    message: `${quote(uses)} is no workflow file, and \`uses\` of a job calls one`,
    remedy: `Name one, such as \`./other.yml\`; a node is used by a step: \`steps: [{ uses: ${uses.includes('@') ? uses : 'http@v1'} }]\`.`,
  };
}
