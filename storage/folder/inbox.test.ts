import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createMemoryBell } from '../contract/memory-bell.ts';
import { FolderInbox } from './inbox.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waterflow-inbox-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function newInbox(): { readonly folder: string; readonly inbox: FolderInbox } {
  const folder = join(mkdtempSync(join(scratch, 'run-')), 'inbox');
  return { folder, inbox: new FolderInbox(folder, createMemoryBell()) };
}

describe('the inbox of a run', () => {
  it('takes nothing for a request that is none, and clears it away', () => {
    const { folder, inbox } = newInbox();
    writeFileSync(join(scratch, 'elsewhere'), '{"expires_at":9,"content":"secret"}');
    symlinkSync(join(scratch, 'elsewhere'), join(folder, 'link.request'));
    writeFileSync(join(folder, 'text.request'), 'not json');
    mkdirSync(join(folder, 'folder.request', 'more'), { recursive: true });
    writeFileSync(join(folder, 'list.request'), '[1]');
    writeFileSync(join(folder, 'endless.request'), '{"content":1}');
    writeFileSync(join(folder, 'large.request'), `{"expires_at":9,"content":"${'x'.repeat(1024 * 1024)}"}`);
    writeFileSync(join(folder, 'draft.request.new'), '{"expires_at":9,"content":1}');
    expect(inbox.take(0)).toEqual([]);
    expect(readdirSync(folder)).toEqual(['draft.request.new']);
  });

  it('keeps no file once a request is answered and its sender has gone', () => {
    const { folder, inbox } = newInbox();
    {
      using request = inbox.post({ id: 'a', expires_at: 100, content: 1 });
      inbox.take(0)[0]?.answer(2);
      expect(request.answer()).toBe(2);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('clears away what was left when nobody waits for it any more', () => {
    const { folder, inbox } = newInbox();
    inbox.post({ id: 'answered', expires_at: 100, content: 1 });
    inbox.take(0)[0]?.answer(2);
    inbox.post({ id: 'taken', expires_at: 100, content: 1 });
    inbox.take(0);
    inbox.post({ id: 'waits', expires_at: 100, content: 1 });
    expect(readdirSync(folder)).toHaveLength(4);
    expect(inbox.take(100)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
