import { shellWord } from '../../../../schemas/shell-word.ts';
import { serverUrl } from '../../../api/client.ts';
import type { NextCommand } from '../../../api/explanation.ts';

/** A command as it is typed into a shell; one about a run, or about the server, names this server. */
export function commandText({ words, about }: NextCommand): string {
  const place = about === 'file' ? [] : ['--server', serverUrl];
  return ['waterflow', ...words, ...place].map(shellWord).join(' ');
}
