import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../schemas/index.ts';
import { entryInWords } from './entry-words.ts';

const given = (name: string): string => `\`${name}\` is whatever a step gives`;

describe('an entry in words', () => {
  it.each<[string, string, JsonObject, string]>([
    [
      'a whole URL',
      'net',
      { url: '${{ inputs.url }}' },
      `request \${{ inputs.url }} with GET, HEAD, at public addresses only; ${given('url')}`,
    ],
    [
      'the beginning of a URL, and a method',
      'net',
      { url: '${{ inputs.api }}/**', methods: ['${{ inputs.method }}'] },
      `request \${{ inputs.api }}/** with \${{ inputs.method }}, at public addresses only; ${given('api')}; ${given('method')}`,
    ],
    [
      'a port',
      'net',
      { url: 'http://127.0.0.1:${{ inputs.port }}/', private: true },
      `request http://127.0.0.1:\${{ inputs.port }}/ with GET, HEAD, at private addresses too; ${given('port')}`,
    ],
    [
      'whether it may be private',
      'net',
      { url: 'https://a.example/', private: '${{ inputs.lan }}' },
      `request https://a.example/ with GET, HEAD, at private addresses too, \`private\` as \`inputs.lan\` says; ${given('lan')}`,
    ],
    [
      'a path',
      'fs',
      { write: 'out/${{ inputs.name }}/*.txt' },
      `write \`out/\${{ inputs.name }}/*.txt\` in the workspace; ${given('name')}`,
    ],
    ['a secret', 'secrets', { names: ['${{ inputs.token }}'] }, `; ${given('token')}`],
    ['a command', 'exec', { command: '${{ inputs.tool }}', args: ['--', '${{ inputs.files }}'] }, '${{ inputs.tool }}'],
    [
      'an expression that names no input',
      'fs',
      { read: "${{ inputs[format('a{0}', 'b')] }}" },
      'the inputs are whatever a step gives',
    ],
  ])('says what %s can become', (_what, capability, entry, words) => {
    expect(entryInWords(capability, { ...entry, reason: 'it must ${{ inputs.not_read }}' })).toContain(words);
  });

  it('takes nothing that the author wrote for a value', () => {
    expect(entryInWords('net', { url: 'https://zzqbzzq.example/${{ inputs.a }}' })).toContain(
      'https://zzqbzzq.example/${{ inputs.a }}',
    );
  });

  it('is the entry as it is written where no sentence can be made of it', () => {
    expect(entryInWords('net', { url: '${{ inputs.scheme }}://example.com/' })).toBe(
      `make HTTP requests: url \${{ inputs.scheme }}://example.com/; ${given('scheme')}`,
    );
    expect(entryInWords('teleport', { to: 'x' })).toBe('an unknown capability: to x');
  });
});
