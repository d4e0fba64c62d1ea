import { InvalidArgumentError, Option } from 'commander';
import { canonicalPlace } from '../../runtime/capabilities/net/private-place.ts';
import { plainLine } from '../report/text.ts';
import type { Terminal } from '../terminal.ts';

/** `--allow-private`, of the commands that try a plugin. There is no other way to say it: no file, no variable. */
export const allowPrivate = (): Option =>
  new Option(
    '--allow-private <host:port>',
    'let net connect to this private address, such as 127.0.0.1:8080, in this command, where its `url` allows it; may be repeated',
  )
    .argParser((text: string, earlier: readonly string[]): readonly string[] => {
      const place = canonicalPlace(text);
      if (place !== undefined) return [...earlier, place];
      throw new InvalidArgumentError('It must be one host and its port: 127.0.0.1:8080, localhost:8080, [::1]:8080.');
    })
    .default([]);

/** Says what this command lets through that nothing else does. */
export function tellPrivatePlaces({ stderr }: Pick<Terminal, 'stderr'>, places: readonly string[]): void {
  if (places.length === 0) return;
  stderr.write(`${plainLine(`--allow-private: in this command, net may connect to ${places.join(', ')}`)}\n`);
}
