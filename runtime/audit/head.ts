import { existsSync, readFileSync } from 'node:fs';
import { isSignedBy } from './key.ts';

/** What the file beside the log says: how far it went when it was last signed, so that a cut is seen. */
export interface AuditHead {
  readonly run: string;
  readonly sequence: number;
  readonly hash: string;
  readonly key: string;
  readonly signature: string;
}

/** What a head's signature covers. */
export function headText(head: Pick<AuditHead, 'run' | 'sequence' | 'hash'>): string {
  return `waterflow audit head 1\n${head.run}\n${head.sequence}\n${head.hash}\n`;
}

/** The head's file, beside the log's. */
export function headFile(auditFile: string): string {
  return `${auditFile}.head`;
}

/**
 * What is wrong with a log that ends where `log` says, by the file beside it; undefined where it agrees. The file is missing
 * beside a copy of a log, which is then checked without it.
 */
export function cutAccordingToHead(
  auditFile: string,
  log: { readonly run: string | undefined; readonly entries: number },
  publicKey: string,
): string | undefined {
  const path = headFile(auditFile);
  if (!existsSync(path)) return undefined;
  const head = parseHead(readFileSync(path, 'utf8'));
  if (head === undefined || head.run !== log.run || !isSignedBy(publicKey, headText(head), head.signature)) {
    return `${path} is not what the agent wrote there`;
  }
  if (head.sequence <= log.entries) return undefined;
  return `the log ends after entry ${log.entries}, but went on to entry ${head.sequence}: its end was cut off`;
}

function parseHead(text: string): AuditHead | undefined {
  try {
    const value: Partial<Record<keyof AuditHead, unknown>> = JSON.parse(text);
    const { run, sequence, hash, key, signature } = value;
    if (typeof run !== 'string' || typeof sequence !== 'number' || typeof hash !== 'string') return undefined;
    if (typeof key !== 'string' || typeof signature !== 'string') return undefined;
    return { run, sequence, hash, key, signature };
  } catch {
    return undefined;
  }
}
