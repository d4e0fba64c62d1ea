import type { GuideEntry } from '../error-guide.ts';
import type { ErrorCode } from '../errors.ts';

/** Codes of plugins' packages, of releases and bundles, of the keys and signatures of their authors, and of whom an operator trusts. */
export type PackageCode = Extract<
  ErrorCode,
  | `PACKAGE_${string}`
  | `SIGNATURE_${string}`
  | `SIGNING_KEY_${string}`
  | `TRUST_${string}`
  | `RELEASE_${string}`
  | `BUNDLE_${string}`
>;

const packAgain = 'Get the package from its author again, or have the author make it with `waterflow plugin pack`.';

/** What is wrong with a package, its signatures, or a trust policy. */
export const packageGuide: Readonly<Record<PackageCode, GuideEntry>> = {
  PACKAGE_CORRUPT: {
    cause: 'The file is not a whole package: not gzip, cut off, or with a checksum that its content does not have.',
    remedy: packAgain,
    example: { situation: 'A download that broke off.' },
  },
  PACKAGE_TRAILING_DATA: {
    cause: 'Something follows the end of the package: another gzip member, or bytes that a reader would not see.',
    remedy: packAgain,
    example: { situation: '`cat a-1.0.0.tgz b-1.0.0.tgz > c.tgz`' },
  },
  PACKAGE_TOO_LARGE: {
    cause: 'The package is larger than a plugin may be, as it is or once it is unpacked, or holds too many files.',
    remedy: 'Leave out what the plugin does not need to run.',
    example: { situation: 'A file of some kilobytes that unpacks to gigabytes.' },
  },
  PACKAGE_HEADER: {
    cause:
      'The tarball has a header that packages never have: pax or GNU extensions, a folder, a sparse file, a size that is no plain number.',
    remedy: packAgain,
    example: { situation: 'A tarball that `tar --format=pax` made.' },
  },
  PACKAGE_PATH_TRAVERSAL: {
    cause: "A file's path has a part `..`, `.` or nothing, with which it could leave the plugin's folder.",
    remedy: packAgain,
    example: { situation: 'A file `../../etc/cron.d/job`.' },
  },
  PACKAGE_PATH_ABSOLUTE: {
    cause: "A file's path begins at the top of a disk, or has a backslash or a drive's letter.",
    remedy: packAgain,
    example: { situation: 'A file `/etc/passwd`.' },
  },
  PACKAGE_PATH_TOO_LONG: {
    cause: "A file's path is longer, or leads deeper, than a package can hold: 100 characters of name, 155 before it.",
    remedy: 'Shorten the names of folders, or flatten them.',
    example: { situation: 'A file in forty folders, one in another.' },
  },
  PACKAGE_PATH_CHARACTERS: {
    cause:
      "A file's path has characters that look like others, can't be seen, or mean something to a system; allowed are ASCII letters, digits, spaces within a name, and `.` `_` `-` `+` `@` `~` `=` `,` `(` `)` `[` `]`.",
    remedy: 'Rename the file.',
    example: { situation: 'A file `ｉndex.ts`, whose first letter is not an ASCII one.' },
  },
  PACKAGE_PATH_RESERVED: {
    cause:
      "A file's path has a part that a plugin's folder doesn't count (`.git`, `node_modules`), or a name that is a device on some system.",
    remedy: 'Rename the file or folder, or leave it out.',
    example: { situation: 'A file `node_modules/left-pad/index.js`, which would not be a part of what is hashed.' },
  },
  PACKAGE_SYMBOLIC_LINK: {
    cause: 'The package holds a symbolic link.',
    remedy: 'Put the file itself there.',
    example: { situation: 'A link `data` to `/etc`, and a file `data/passwd` after it.' },
  },
  PACKAGE_HARD_LINK: {
    cause: 'The package holds a hard link.',
    remedy: 'Put the file itself there.',
    example: { situation: 'An entry that is another name for `/etc/shadow`.' },
  },
  PACKAGE_SPECIAL_FILE: {
    cause: 'The package holds a device or a FIFO.',
    remedy: packAgain,
    example: { situation: 'A block device that is the disk of the machine.' },
  },
  PACKAGE_DUPLICATE_ENTRY: {
    cause: 'The package holds two files of one path, so that two readers could see two plugins.',
    remedy: packAgain,
    example: { situation: 'A harmless `index.ts` first, and another one at the end.' },
  },
  PACKAGE_NAME_COLLISION: {
    cause:
      'Two paths are one on some machines: they differ in upper and lower case or in how Unicode composes them, or one is a folder of the other.',
    remedy: 'Rename one of the files.',
    example: { situation: '`README.md` and `readme.md`.' },
  },
  PACKAGE_NOT_CANONICAL: {
    cause:
      'The tarball says the same as a package would and has other bytes: times, owners, another order, another filling.',
    remedy: packAgain,
    example: { situation: 'A plugin that was packed with `tar czf`.' },
  },
  PACKAGE_RECORD_INVALID: {
    cause: '`waterflow-package.json`, the list of what the package holds, is missing or not as it must be.',
    remedy: packAgain,
    example: { situation: 'A record whose version is not that of `plugin.yaml`.' },
  },
  PACKAGE_EXTRA_FILE: {
    cause: "The package holds a file that its record doesn't list.",
    remedy: packAgain,
    example: { situation: 'A file that was added to the tarball after it was packed.' },
  },
  PACKAGE_MISSING_FILE: {
    cause: 'The record lists a file that the package lacks.',
    remedy: packAgain,
    example: { situation: 'A file that was taken out of the tarball after it was packed.' },
  },
  PACKAGE_FILE_CHANGED: {
    cause: 'A file has another size, digest or executable bit than the record says.',
    remedy: packAgain,
    example: { situation: 'An `index.ts` that was changed after it was packed.' },
  },
  PACKAGE_MANIFEST_CHANGED: {
    cause: '`plugin.yaml`, which says what the plugin requests, is not the one that was packed or signed.',
    remedy: packAgain,
    example: { situation: 'A permission that was added to a package after it was signed.' },
  },
  PACKAGE_PRIVATE_FILE: {
    cause:
      "The plugin's folder has a private key in it, or a file in which programs keep secrets, and a package is the whole folder.",
    remedy: "Move it out of the plugin's folder. Where it was already given away, replace it, and revoke the key.",
    example: {
      situation: '`waterflow keys new --signing` in the folder of the plugin, and then `waterflow plugin pack`.',
    },
  },
  PACKAGE_NAME_CONFUSABLE: {
    cause:
      "The plugin's name is that of a node that comes with Waterflow, or looks like it or like the name of another installed plugin.",
    remedy: 'Give the plugin another `name` in its plugin.yaml.',
    example: { situation: 'A plugin `htttp`, where `http` is meant.' },
  },
  PACKAGE_REVOKED: {
    cause: 'The trust policy revokes exactly this package.',
    remedy: 'Use another version; the policy says why.',
    example: { situation: '`revoked: { packages: [{ digest: "sha256:…", reason: leaks tokens }] }`' },
  },
  SIGNATURE_MISSING: {
    cause: 'The package has no signature.',
    remedy: 'Get the `.sig` file that belongs beside it, or have the package signed with `waterflow plugin sign`.',
    example: { situation: 'A package without its `.sig` file.' },
  },
  SIGNATURE_INVALID: {
    cause: "The file of signatures can't be understood, or a signature is not what the key makes of the statement.",
    remedy: 'Have the package signed again.',
    example: { situation: 'A `.sig` file whose statement was edited.' },
  },
  SIGNATURE_MISMATCH: {
    cause: 'The signatures are for another package: another name, version or digest.',
    remedy: 'Get the `.sig` file of exactly this package.',
    example: { situation: 'A package that was put in the place of another, beside whose signatures it lies.' },
  },
  SIGNATURE_FOREIGN: {
    cause: 'Nobody whom the trust policy lets sign this plugin has signed it.',
    remedy: "Add the signer's key to the trust policy with this plugin under `plugins`, if you trust them.",
    example: { situation: 'A key that may sign `acme-*`, and a plugin `other`.' },
  },
  SIGNATURE_THRESHOLD: {
    cause: 'Fewer signers have signed than the trust policy wants for this plugin.',
    remedy: 'Have the others sign the package, too: `waterflow plugin sign` adds their signatures.',
    example: { situation: 'One signature where `thresholds` wants two signers.' },
  },
  SIGNING_KEY_REVOKED: {
    cause: 'The key is revoked by the trust policy; its signatures count no more, whenever they were made.',
    remedy: 'Have the package signed with another key.',
    example: { situation: 'A laptop with the key on it was stolen.' },
  },
  SIGNING_KEY_EXPIRED: {
    cause:
      'The key is not valid at this time: before its `not-before`, or after its `not-after`, or the clock is wrong.',
    remedy: 'Have the package signed with the key that came after it.',
    example: { situation: '`not-after: 2025-12-31T00:00:00Z` in 2026.' },
  },
  SIGNING_KEY_INVALID: {
    cause:
      'A key file is no ed25519 key in the form that `waterflow keys new --signing` writes, its passphrase is wrong, or others can read it.',
    remedy: 'Name the right file; give the passphrase in WATERFLOW_KEY_PASSPHRASE.',
    example: { situation: 'An RSA key.' },
  },
  TRUST_INVALID: {
    cause: "The trust policy can't be understood, so nobody is trusted by it.",
    remedy: 'Correct the entry of trust.yaml that the message names.',
    example: { situation: '`keys: [{ name: acme }]`, without the key itself.' },
  },
  RELEASE_INVALID: {
    cause: "A folder doesn't hold a release as its checksums have it: a file is missing, additional or changed.",
    remedy: 'Name the folder that `npm run release` made, or get the release again, all of its files.',
    example: { situation: '`waterflow bundle --release` with a folder in which the archive was exchanged.' },
  },
  BUNDLE_INVALID: {
    cause:
      "A bundle isn't, to the last byte, what was signed: a file is missing, additional or changed, or is no plain file.",
    remedy: 'Install nothing of it. Copy the bundle again from where it was made, and ask there for its SHA-256.',
    example: { situation: 'A bundle in which the archive is that of an older bundle, signed by the same key.' },
  },
  BUNDLE_UNSIGNED: {
    cause: 'A bundle is signed by none of the keys that were given, or was changed so that no signature can be right.',
    remedy: 'Install nothing of it, unless whoever made it tells you of another key, another way than with the bundle.',
    example: { situation: 'A bundle that somebody unpacked, changed and signed with a key of their own.' },
  },
  BUNDLE_DOWNGRADE: {
    cause: 'A bundle is of an older version than the one that the site has.',
    remedy: 'Ask for a newer one. To go back on purpose, leave `--installed` out, or use `install.sh rollback`.',
    example: { situation: "Last year's bundle, rightly signed, with a hole that was closed since." },
  },
};
