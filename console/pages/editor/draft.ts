import type { Files } from '../../language/protocol.ts';

/** A workflow that somebody is writing. */
export interface Draft {
  /** The file's name. */
  readonly name: string;
  /** As it is in the file. */
  readonly whole: string;
  /** Those beside it. */
  readonly files?: Files;
}

const storageName = 'waterflow-draft';

/** Where texts of this tab are kept; sessionStorage is. */
export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** What was being written in this tab before the page was loaded anew. */
export function keptDraft(storage: DraftStorage): Draft | undefined {
  try {
    const kept: unknown = JSON.parse(storage.getItem(storageName) ?? 'null');
    if (typeof kept !== 'object' || kept === null || !('name' in kept) || !('whole' in kept)) return undefined;
    const { name, whole } = kept;
    if (typeof name !== 'string' || typeof whole !== 'string') return undefined;
    return { name, whole, files: 'files' in kept ? filesIn(kept.files) : {} };
  } catch {
    return undefined;
  }
}

/** Keeps it for this tab, until that is closed. Values of secrets are in no draft. A browser that keeps nothing keeps nobody from writing. */
export function keepDraft(storage: DraftStorage, draft: Draft): void {
  try {
    storage.setItem(storageName, JSON.stringify(draft));
  } catch {
    // More than a tab may keep.
  }
}

/** Nothing is left of it. */
export function forgetDraft(storage: Pick<Storage, 'removeItem'>): void {
  storage.removeItem(storageName);
}

function filesIn(kept: unknown): Files {
  if (typeof kept !== 'object' || kept === null) return {};
  return Object.fromEntries(
    Object.entries(kept).filter((file): file is [string, string] => typeof file[1] === 'string'),
  );
}

/** What one begins with. */
export const emptyDraft: Draft = {
  name: 'workflow.yml',
  whole: `name: workflow

on: manual

jobs:
  hello:
    steps:
      - run: echo "Hello"
`,
};
