import { isSeq, parseDocument } from 'yaml';

/** A key that is not to be trusted any more, and why. */
export interface Revocation {
  readonly id: string;
  readonly reason: string;
}

/**
 * The text of a trust policy, which is in order, with one more revoked key. What people wrote there stays, comments too; white space
 * within lines may change.
 */
export function withRevokedKey(text: string, { id, reason }: Revocation): string {
  const document = parseDocument(text);
  const path = ['revoked', 'keys'];
  const entry = document.createNode({ id, reason });
  if (isSeq(document.getIn(path))) document.addIn(path, entry);
  else document.setIn(path, document.createNode([{ id, reason }]));
  return document.toString({ lineWidth: 0 });
}
