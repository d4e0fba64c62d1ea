import { existsSync, readFileSync } from 'node:fs';
import { isSignedBy } from './key.ts';

/** How far a log went when this was signed, and what its last entry was then. */
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

/** Whether the holder of a public key (PEM) signed it, for this run. */
export function isHeadOf(head: AuditHead, run: string, publicKey: string): boolean {
  return head.run === run && isSignedBy(publicKey, headText(head), head.signature);
}

/** The head's file, beside the log's. */
export function headFile(auditFile: string): string {
  return `${auditFile}.head`;
}

/** What the file beside the log says. It is missing beside a copy of a log, which is then checked without it. */
export function readHead(auditFile: string): AuditHead | 'missing' | 'unreadable' {
  const path = headFile(auditFile);
  return existsSync(path) ? (parseHead(readFileSync(path, 'utf8')) ?? 'unreadable') : 'missing';
}

/** Undefined for what isn't one. */
export function parseHead(text: string): AuditHead | undefined {
  try {
    const value: Partial<Record<keyof AuditHead, unknown>> | null = JSON.parse(text);
    const { run, sequence, hash, key, signature } = value ?? {};
    if (typeof run !== 'string' || typeof sequence !== 'number' || typeof hash !== 'string') return undefined;
    if (typeof key !== 'string' || typeof signature !== 'string') return undefined;
    return { run, sequence, hash, key, signature };
  } catch {
    return undefined;
  }
}
