import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type EraseTypes, eraseTypes } from './erase-types.ts';
import { rememberErased } from './remembered.ts';

const scratch = mkdtempSync(join(tmpdir(), 'waterflow-erased-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** An eraser over its own folder, and how often the real one was asked. */
function remembering(folder: string) {
  const asked: string[] = [];
  const counted: EraseTypes = (source) => {
    asked.push(source);
    return eraseTypes(source);
  };
  return { asked, erase: rememberErased(folder, counted) };
}

const source = 'export const answer: number = 42;\n';
const erased = 'export const answer         = 42;\n';

describe('rememberErased', () => {
  it('asks once for each source, also in the next process', async () => {
    const folder = join(scratch, 'once');
    const first = remembering(folder);
    expect([await first.erase(source), await first.erase(source)]).toEqual([erased, erased]);
    expect(first.asked).toHaveLength(1);
    const next = remembering(folder);
    expect(await next.erase(source)).toBe(erased);
    expect(next.asked).toHaveLength(0);
    expect(await next.erase('let other: string;\n')).toBe('let other        ;\n');
    expect(next.asked).toHaveLength(1);
  });

  it.each([
    ['cut short', (text: string) => text.slice(0, -10)],
    ['changed', (text: string) => text.replace('42', '43')],
    ['emptied', () => ''],
  ])('takes an entry that was %s for none', async (_, damage) => {
    const folder = mkdtempSync(join(scratch, 'damaged-'));
    await remembering(folder).erase(source);
    const [name = ''] = readdirSync(folder);
    const file = join(folder, name);
    writeFileSync(file, damage(readFileSync(file, 'utf8')));
    const { erase, asked } = remembering(folder);
    expect(await erase(source)).toBe(erased);
    expect(asked).toHaveLength(1);
    expect(await remembering(folder).erase(source)).toBe(erased);
  });

  it('works where nothing can be written', async () => {
    const file = join(scratch, 'a-file');
    writeFileSync(file, '');
    const { erase, asked } = remembering(join(file, 'below'));
    expect([await erase(source), await erase(source)]).toEqual([erased, erased]);
    expect(asked).toHaveLength(2);
  });

  it('remembers nothing of what has no result', async () => {
    const folder = join(scratch, 'wrong');
    const { erase, asked } = remembering(folder);
    await expect(erase('enum Colour { red }')).rejects.toThrow(/enum/);
    await expect(erase('enum Colour { red }')).rejects.toThrow(/enum/);
    expect(asked).toHaveLength(2);
  });

  it('does not grow without end', async () => {
    const folder = mkdtempSync(join(scratch, 'many-'));
    for (let entry = 0; entry < 500; entry += 1) writeFileSync(join(folder, `${entry}.js`), '');
    await remembering(folder).erase(source);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});
