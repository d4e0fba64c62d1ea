import type { Locked, Lockfile } from '../../schemas/generated/lockfile.ts';
import { type ErrorCode, type WaterflowError, WaterflowFailure } from '../../schemas/index.ts';
import { compareVersions } from '../manifest/versions.ts';
import { judgeSignatures, readSignatures, type TrustPolicy, verifyPackage, verifySigners } from '../trust/index.ts';
import type { Inventoried, OnDisk } from './inventory.ts';
import { nameOf } from './lockfile.ts';

/** One thing that an audit found. Only what is `wrong` makes it fail. */
export interface AuditFinding {
  readonly severity: 'wrong' | 'note';
  readonly finding:
    | 'changed'
    | 'missing'
    | 'unlocked'
    | 'unsigned'
    | 'untrusted'
    | 'weakened'
    | 'newer'
    | 'interrupted';
  readonly message: string;
  readonly remedy: string;
  /** Why it isn't trusted any more: the code with which an installation would be refused now. */
  readonly code?: ErrorCode;
}

/** A plugin, and what was found of it. */
export interface Audited extends Inventoried {
  readonly findings: readonly AuditFinding[];
}

/** What plugins are held against. */
export interface AuditTools {
  readonly trust: TrustPolicy;
  /** In ms since the epoch. */
  readonly now: number;
  /** What a registry has, where one is named. */
  readonly available: readonly { readonly name: string; readonly version: string }[];
}

/** Looks at each plugin as if it were installed now: its bytes, its signatures, and whether there is a newer version. */
export function audit(plugins: readonly Inventoried[], tools: AuditTools): readonly Audited[] {
  return plugins.map((plugin) => ({
    ...plugin,
    findings: [...stateFindings(plugin), ...trustFindings(plugin, tools), ...newerFinding(plugin, tools)],
  }));
}

/** Of the lockfile itself: an installation that was cut off. */
export function interruption({ pending = [] }: Lockfile): readonly AuditFinding[] {
  if (pending.length === 0) return [];
  const names = pending.map(nameOf).join(', ');
  return [
    {
      severity: 'wrong',
      finding: 'interrupted',
      message: `an installation of ${names} was cut off, or goes on`,
      remedy: 'The next `waterflow plugin install` or `remove` ends it.',
    },
  ];
}

function stateFindings({ state, broken, disk, locked }: Inventoried): readonly AuditFinding[] {
  const why = broken === undefined ? '' : `: ${broken}`;
  switch (state) {
    case 'changed':
      return [
        {
          severity: 'wrong',
          finding: 'changed',
          message:
            disk?.digest === locked?.digest
              ? 'it asks for more than the lockfile approves, so that it is refused'
              : `it isn't what was installed, so that it is refused${why}`,
          remedy: 'Find out who changed it. Install it again, or remove it.',
        },
      ];
    case 'missing':
      return [
        {
          severity: 'wrong',
          finding: 'missing',
          message: 'it is locked, and not there',
          remedy: 'Install it again, or remove it from the lockfile with `waterflow plugin remove`.',
        },
      ];
    case 'unlocked':
      return [
        {
          severity: 'wrong',
          finding: 'unlocked',
          message: `nobody installed it, so that nobody approved it${why}`,
          remedy: 'Find out who put it there. Install its package, or remove the folder.',
        },
      ];
    default:
      return [];
  }
}

/**
 * Under the trust policy of today. Of what isn't there as it was installed, the lockfile's signers are asked about, too: to install the
 * same again may be no way out.
 */
function trustFindings({ locked, disk, state }: Inventoried, tools: AuditTools): readonly AuditFinding[] {
  const installed = disk !== undefined && disk.digest === locked?.digest ? disk : undefined;
  const other = disk === undefined || disk === installed ? [] : revokedThere(disk, tools);
  const runs = state === 'approved';
  return locked === undefined ? other : [...other, ...lockedFindings({ locked, installed, runs }, tools)];
}

/** `installed`: what was installed, where it is there still; `runs`: whether agents take it. */
function lockedFindings(
  {
    locked,
    installed,
    runs,
  }: { readonly locked: Locked; readonly installed: OnDisk | undefined; readonly runs: boolean },
  { trust, now }: AuditTools,
): readonly AuditFinding[] {
  const refusal = refusalOf(locked, installed, { trust, now });
  if (refusal === undefined) return installed === undefined ? [] : weakened(locked, installed, { trust, now });
  const { code, message, remedy } = refusal;
  if (code === 'SIGNATURE_MISSING') {
    return [{ severity: 'note', finding: 'unsigned', message: 'it was installed without a signature', remedy, code }];
  }
  // An agent goes by the lockfile: nothing but this ends it.
  const ending = `It still runs: end that with \`waterflow plugin remove ${nameOf(locked)}\`.`;
  return [
    {
      severity: 'wrong',
      finding: 'untrusted',
      message: `it would be refused now: ${message}`,
      remedy: runs ? `${ending} To keep it: ${remedy}` : remedy,
      code,
    },
  ];
}

/** What lies there in place of what was installed, or beside it, may be a package that must not be used. */
function revokedThere({ digest }: OnDisk, { trust }: AuditTools): readonly AuditFinding[] {
  const reason = trust.revokedPackages.get(digest);
  if (reason === undefined) return [];
  return [
    {
      severity: 'wrong',
      finding: 'untrusted',
      message: `what lies there is a package that is revoked: ${reason}`,
      remedy: 'Find out who put it there, and remove it.',
      code: 'PACKAGE_REVOKED',
    },
  ];
}

function refusalOf(
  locked: Locked,
  installed: OnDisk | undefined,
  { trust, now }: Pick<AuditTools, 'trust' | 'now'>,
): WaterflowError | undefined {
  try {
    if (installed === undefined) verifySigners(locked, trust, { now });
    else verifyPackage(installed, signatureOf(locked), trust, { now });
    return undefined;
  } catch (cause) {
    if (cause instanceof WaterflowFailure) return cause.error;
    throw cause;
  }
}

/** A signature that counts no more, where enough others do. */
function weakened(
  locked: Locked,
  disk: OnDisk,
  { trust, now }: Pick<AuditTools, 'trust' | 'now'>,
): readonly AuditFinding[] {
  const { signatures } = judgeSignatures(disk, signatureOf(locked), trust, { now });
  const keys = new Set(locked.signers.flatMap((signer) => signer.keys));
  return signatures
    .filter(({ key, state }) => state !== 'good' && keys.has(key))
    .map(({ key, state }) => ({
      severity: 'note',
      finding: 'weakened',
      message: `the signature of ${key} counts no more (${state}); those of others are enough`,
      remedy: 'Have it signed again, before those go, too.',
    }));
}

function signatureOf({ signature }: Locked): ReturnType<typeof readSignatures> | undefined {
  return signature === undefined ? undefined : readSignatures(JSON.stringify(signature));
}

function newerFinding({ locked }: Inventoried, { available }: AuditTools): readonly AuditFinding[] {
  if (locked === undefined) return [];
  const newest = available
    .filter(({ name, version }) => name === locked.name && !version.includes('-'))
    .toSorted((one, other) => compareVersions(one.version, other.version))
    .at(-1);
  if (newest === undefined || compareVersions(newest.version, locked.version) <= 0) return [];
  return [
    {
      severity: 'note',
      finding: 'newer',
      message: `the registry has ${nameOf(newest)}`,
      remedy: `Run: waterflow plugin install ${nameOf(newest)}`,
    },
  ];
}
