import { createHash } from 'node:crypto';
import { Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import type { BuiltFrom } from '../../cli/version.ts';
import type { DebianPackage } from './debian.ts';
import type { Dependency } from './dependencies.ts';

/** What a release is made of. */
export interface Parts {
  readonly version: string;
  readonly built: BuiltFrom;
  /** As `linux-x64`; undefined for npm's package, which brings no dependencies of its own. */
  readonly platform: string | undefined;
  readonly npm: readonly Dependency[];
  /** Bundled into the product's own files. */
  readonly bundled: readonly Dependency[];
  /** Node's version and the SHA-256 of its program, in hex. */
  readonly node: { readonly version: string; readonly sha256: string } | undefined;
  readonly debian: readonly DebianPackage[];
  /** The JavaScript engine that plugins are compiled with. */
  readonly quickjs: { readonly version: string };
}

/** The bill of materials in CycloneDX 1.6, as JSON; the same for the same parts. */
export function billOfMaterials(parts: Parts): string {
  const product = new Models.Component(Enums.ComponentType.Application, 'waterflow', {
    bomRef: 'waterflow',
    version: parts.version,
    purl: `pkg:npm/waterflow@${parts.version}`,
    licenses: licencesOf('Apache-2.0'),
  });
  const components = [
    ...parts.npm.map((dependency) => npmComponent(dependency)),
    ...parts.bundled.map((dependency) => npmComponent(dependency, 'bundled into the product')),
    quickjsComponent(parts.quickjs.version),
    ...(parts.node === undefined ? [] : [nodeComponent(parts.node)]),
    ...parts.debian.map(debianComponent),
  ];
  const bom = new Models.Bom({
    serialNumber: serialOf(parts),
    metadata: new Models.Metadata({
      timestamp: new Date(parts.built.committed_at),
      component: product,
      properties: new Models.PropertyRepository([
        new Models.Property('waterflow:commit', parts.built.commit),
        new Models.Property('waterflow:modified', String(parts.built.modified)),
        ...(parts.platform === undefined ? [] : [new Models.Property('waterflow:platform', parts.platform)]),
      ]),
    }),
    components: new Models.ComponentRepository(unlike(components)),
  });
  const factory = new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6);
  const text = new Serialize.JsonSerializer(factory).serialize(bom, { sortLists: true, space: 2 });
  return `${text}\n`;
}

/** A package may have several places; it is one component. */
function unlike(components: readonly Models.Component[]): readonly Models.Component[] {
  return [...new Map(components.map((component) => [component.bomRef.value, component])).values()];
}

function npmComponent(dependency: Dependency, note?: string): Models.Component {
  const { name, version, licence, integrity } = dependency;
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const digest = /^sha512-(.+)$/u.exec(integrity ?? '')?.[1];
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: purl,
    purl,
    version,
    ...(licence === undefined ? {} : { licenses: licencesOf(licence) }),
    hashes: new Models.HashDictionary(
      digest === undefined ? [] : [[Enums.HashAlgorithm['SHA-512'], Buffer.from(digest, 'base64').toString('hex')]],
    ),
    ...(note === undefined ? {} : { description: note }),
  });
}

function nodeComponent({ version, sha256 }: NonNullable<Parts['node']>): Models.Component {
  const purl = `pkg:generic/node@${version}`;
  return new Models.Component(Enums.ComponentType.Platform, 'node', {
    bomRef: purl,
    purl,
    version,
    licenses: licencesOf('MIT'),
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm['SHA-256'], sha256]]),
    description: 'node/bin/node, as the npm package node brings it; what it contains is in licences/node.txt',
  });
}

function quickjsComponent(version: string): Models.Component {
  const purl = `pkg:generic/quickjs-ng@${version}`;
  return new Models.Component(Enums.ComponentType.Library, 'quickjs-ng', {
    bomRef: purl,
    purl,
    version,
    licenses: licencesOf('MIT'),
    description: 'compiled into runtime/js-engine/engine.wasm with wasi-libc and compiler-rt',
  });
}

function debianComponent({ name, version, architecture, source, source_version }: DebianPackage): Models.Component {
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
  return new Models.Component(Enums.ComponentType.Library, name, {
    bomRef: purl,
    purl,
    version,
    description: `some files of Debian's package; its source is ${source} ${source_version}, its licences are in licences/debian`,
  });
}

function licencesOf(licence: string): Models.LicenseRepository {
  // What isn't one id of SPDX's is an expression of them, or a name.
  const isExpression = / (?:AND|OR|WITH) /u.test(licence);
  const one = isExpression ? new Models.LicenseExpression(licence) : new Models.SpdxLicense(licence);
  return new Models.LicenseRepository([one]);
}

/** A UUID of version 8 (RFC 9562) from what the release is made of. */
function serialOf(parts: Parts): string {
  const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
  const fields = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `a${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return `urn:uuid:${fields.join('-')}`;
}
