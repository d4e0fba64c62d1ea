import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeKeyFile } from './key-file.ts';
import { newPayloadKey, parsePayloadKeys, readPayloadKeys } from './payload-keys.ts';

const [one, two] = [newPayloadKey(), newPayloadKey()];
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waterflow-keys-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('readPayloadKeys', () => {
  it('encrypts with the first key of a file and decrypts with all', async () => {
    const file = join(folder, 'two');
    await writeKeyFile(file, ['# changed in May', one, '', two]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const keys = await readPayloadKeys({ env: {}, file });
    expect(keys?.current.id).toBe(parsePayloadKeys([one], 'here').current.id);
    expect([...(keys?.byId.keys() ?? [])]).toHaveLength(2);
  });

  it('takes the environment before the settings, and says where both are set', async () => {
    const named = join(folder, 'named');
    await writeKeyFile(named, [two]);
    const { current } = parsePayloadKeys([two], 'here');
    const fromFile = await readPayloadKeys({ env: { WATERFLOW_PAYLOAD_KEYS_FILE: named }, file: '/nowhere' });
    expect(fromFile?.current.id).toBe(current.id);
    const fromText = await readPayloadKeys({ env: { WATERFLOW_PAYLOAD_KEYS: `${two},${one}` } });
    expect(fromText?.current.id).toBe(current.id);
    await expect(
      readPayloadKeys({ env: { WATERFLOW_PAYLOAD_KEYS: one, WATERFLOW_PAYLOAD_KEYS_FILE: named } }),
    ).rejects.toThrow('both');
  });

  it('has none where none is named', async () => {
    expect(await readPayloadKeys({ env: {} })).toBeUndefined();
  });

  it.each([0o640, 0o604, 0o620])('refuses a file of mode %o', async (mode) => {
    const file = join(folder, `mode-${mode}`);
    await writeFile(file, one);
    await chmod(file, mode);
    await expect(readPayloadKeys({ env: {}, file })).rejects.toMatchObject({
      error: { code: 'INVALID_INPUT', remedy: `chmod 600 ${file}` },
    });
  });

  it('says what is wrong with a file without showing its keys', async () => {
    const file = join(folder, 'slip');
    await writeKeyFile(file, [one, two.slice(0, -1)]);
    const error = await readPayloadKeys({ env: {}, file }).catch((cause: unknown) => cause);
    expect(error).toMatchObject({ error: { code: 'INVALID_INPUT', message: expect.stringContaining('key 2') } });
    expect(JSON.stringify(error)).not.toContain(two.slice(12, 30));
    await expect(readPayloadKeys({ env: {}, file: join(folder, 'none') })).rejects.toMatchObject({
      error: { code: 'FILE_NOT_READABLE' },
    });
    await writeFile(join(folder, 'empty'), '# nothing\n', { mode: 0o600 });
    await expect(readPayloadKeys({ env: {}, file: join(folder, 'empty') })).rejects.toThrow('has no key');
  });
});

describe('writeKeyFile', () => {
  it('never replaces a file', async () => {
    const file = join(folder, 'kept');
    await writeKeyFile(file, [one]);
    await expect(writeKeyFile(file, [two])).rejects.toMatchObject({ error: { code: 'INVALID_INPUT' } });
    expect(await readFile(file, 'utf8')).toBe(`${one}\n`);
  });
});
