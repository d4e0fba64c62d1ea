import type { GuideEntry } from '../error-guide.ts';
import type { ErrorCode } from '../errors.ts';

/** Codes of installed plugins and of registries. */
export type InstallingCode = Extract<
  ErrorCode,
  | `LOCKFILE_${string}`
  | `REGISTRY_${string}`
  | 'PLUGIN_DOWNGRADE'
  | 'PLUGIN_SWAPPED'
  | 'PLUGIN_UNAPPROVED'
  | 'PLUGIN_FOLDER_IN_USE'
>;

const newerCopy =
  'Get a newer copy of the registry; its owner makes one with `waterflow registry build`. Check the clock of this machine, too.';

/** What keeps a plugin from being installed, or from counting as approved once it is. */
export const installingGuide: Readonly<Record<InstallingCode, GuideEntry>> = {
  LOCKFILE_INVALID: {
    cause:
      "`waterflow.lock` can't be understood, is a link, or may be written to by everybody, so that it approves nothing.",
    remedy: 'Bring back the last good one, or remove it and install the plugins again.',
    example: { situation: 'A lockfile with the marks of a merge conflict in it.' },
  },
  PLUGIN_DOWNGRADE: {
    cause: 'A package is older than what is installed: an attacker could bring back a mistake that was corrected.',
    remedy: 'Install a newer version, or say `--allow-downgrade` if you know why the older one has to be.',
    example: { situation: '`waterflow plugin install greet-1.1.0.tgz` where greet 1.2.0 is installed.' },
  },
  PLUGIN_SWAPPED: {
    cause:
      'A package has the name and version of one that is locked or published already, and other content; or the folder of an installed plugin holds other bytes than those that were approved. A version is never given twice.',
    remedy:
      'Find out which of the two its author made, and get that one; an author who changes anything gives it a new version. Install it again where its folder was changed.',
    example: { situation: 'greet 1.2.0 was packed, installed, changed, and packed again as 1.2.0.' },
  },
  PLUGIN_UNAPPROVED: {
    cause:
      'Nobody said yes to what a plugin asks for, or to what its update asks for beyond that; or a plugin that nobody installed lies in the plugin folder under the name of one that is.',
    remedy:
      'Read what it asks for; then say yes on a terminal, or by `--yes` or `--approve DIGEST`. Of a plugin that was only copied there, install the package, or remove the folder.',
    example: { situation: '`waterflow plugin install greet-1.2.0.tgz` in a script, without `--yes`.' },
  },
  PLUGIN_FOLDER_IN_USE: {
    cause: 'Another command is changing the plugin folder.',
    remedy: 'Wait for it to end, and run the command again.',
    example: { situation: 'An installation that waits for an answer on another terminal.' },
  },
  REGISTRY_UNREACHABLE: {
    cause: "A file of a registry can't be read: there is no such folder or server, or the copy there isn't whole.",
    remedy: 'Check the folder or the URL, and that the copy of the registry there is whole.',
    example: { situation: '`--registry https://plugins.example.com/`, where nobody answers.' },
  },
  REGISTRY_INVALID: {
    cause: 'A file of a registry is not in the form that `waterflow registry build` writes.',
    remedy: 'Have the registry built again with `waterflow registry build`.',
    example: { situation: 'A web server that sends a page of its own in the place of `timestamp.json`.' },
  },
  REGISTRY_UNKNOWN: {
    cause: 'A registry was never seen on this machine, and nobody said that it is the one that is meant.',
    remedy:
      'Compare the id of its key with the one that its owner has from `waterflow registry build`, and give it by `--registry-key`.',
    example: { situation: 'The first `waterflow plugin install greet@v1 --registry /media/stick` in a script.' },
  },
  REGISTRY_FOREIGN_KEY: {
    cause:
      "A file of a registry is not signed by the registry's key, or another registry lies where a known one was, or where `--registry-key` says that another is meant.",
    remedy: 'Get the registry from its owner again: somebody without its key made or changed this one.',
    example: { situation: 'A web server that was taken over, with an index signed by another key.' },
  },
  REGISTRY_EXPIRED: {
    cause: 'The root, the snapshot or the index of a registry counts no more.',
    remedy: newerCopy,
    example: { situation: 'An index that was built with `--expires 30d`, two months later.' },
  },
  REGISTRY_FROZEN: {
    cause:
      'The timestamp of a registry, which says what is newest, counts no more: somebody may show an old copy to hide newer ones.',
    remedy: newerCopy,
    example: { situation: 'A mirror that was last copied two months ago.' },
  },
  REGISTRY_ROLLED_BACK: {
    cause: 'A registry shows something older than what this machine has seen of it.',
    remedy: 'Get the newest copy of the registry.',
    example: { situation: 'Yesterday the index was version 8, and today it is version 7.' },
  },
  REGISTRY_MIXED: {
    cause: 'The files of a registry are not of one build.',
    remedy: 'Get a whole copy of the registry; it may have been copied while it was built.',
    example: { situation: 'The index of one day beside the snapshot of another.' },
  },
  REGISTRY_FILE_SWAPPED: {
    cause: 'A package or its signatures are not those that the index of the registry has: another size or digest.',
    remedy: 'Get the package from the owner of the registry again.',
    example: { situation: 'A package that was exchanged on the web server.' },
  },
};
