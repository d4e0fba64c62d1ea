import { expect, it } from 'vitest';
import { outOfRoom } from './out-of-room.ts';

const failed = (more: object, cause?: unknown): Error => Object.assign(new Error('write failed', { cause }), more);

it('knows want of room, also where it is the cause of what failed', () => {
  for (const failure of [{ code: 'ENOSPC' }, { code: 'EDQUOT' }, { errcode: 13 }]) {
    expect(outOfRoom(failed(failure))).toMatchObject({ code: 'STORAGE_FULL' });
    expect(outOfRoom(failed({}, failed(failure)))).toMatchObject({ code: 'STORAGE_FULL' });
  }
});

it('takes nothing else for it', () => {
  for (const other of [failed({ code: 'EACCES' }), failed({ errcode: 11 }), 'ENOSPC', undefined, null]) {
    expect(outOfRoom(other)).toBeUndefined();
  }
});
