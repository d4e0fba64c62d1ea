import { pathToFileURL } from 'node:url';
import {
  type Diagnostic,
  type ErrorCode,
  errorGuide,
  type Fix,
  type JsonObject,
  warningCodes,
} from '../../schemas/index.ts';

/** Where a report is made, and by which version. */
export interface SarifSurroundings {
  readonly version: string;
  /** Absolute; relative paths count from it. */
  readonly cwd: string;
}

/**
 * Diagnostics as one run of SARIF 2.1.0 (OASIS), with what GitHub code scanning asks for beyond it: a rule for each code, with help,
 * and a place for each result. Columns are UTF-16 code units, as ours are.
 */
export function sarifLog(diagnostics: readonly Diagnostic[], { version, cwd }: SarifSurroundings): JsonObject {
  const codes = [...new Set(diagnostics.map(({ code }) => code))].toSorted();
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'waterflow', semanticVersion: version, rules: codes.map(ruleOf) } },
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: { SRCROOT: { uri: `${pathToFileURL(cwd).href.replace(/\/$/, '')}/` } },
        results: diagnostics.map((diagnostic) => resultOf(diagnostic, codes.indexOf(diagnostic.code))),
      },
    ],
  };
}

function ruleOf(code: ErrorCode): JsonObject {
  const { cause, remedy } = errorGuide[code];
  return {
    id: code,
    name: pascalCase(code),
    shortDescription: { text: cause },
    fullDescription: { text: cause },
    help: { text: `${cause} ${remedy}`, markdown: `${cause}\n\n**Remedy:** ${remedy}` },
    defaultConfiguration: { level: warningCodes.has(code) ? 'warning' : 'error' },
  };
}

function pascalCase(code: string): string {
  return code
    .split('_')
    .map((word) => word.slice(0, 1) + word.slice(1).toLowerCase())
    .join('');
}

function resultOf(diagnostic: Diagnostic, ruleIndex: number): JsonObject {
  const { code, severity, message, remedy, file = '', fix } = diagnostic;
  const artifactLocation = artifactOf(file);
  return {
    ruleId: code,
    ruleIndex,
    level: severity,
    message: { text: `${message}. ${remedy}` },
    locations: [{ physicalLocation: { artifactLocation, region: regionOf(diagnostic) } }],
    ...(fix === undefined ? {} : { fixes: [fixOf(fix, artifactLocation)] }),
  };
}

/** A path of the command line as a URI reference; only relative ones are the repository's. */
function artifactOf(file: string): JsonObject {
  if (file.startsWith('/')) return { uri: pathToFileURL(file).href };
  const uri = file
    .replace(/^(\.\/)+/, '')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
  return { uri, uriBaseId: 'SRCROOT' };
}

/** A file that can't be read has no place in it, and GitHub takes no result without one. */
function regionOf({ line = 1, column = 1, end_line = line, end_column = column + 1 }: Diagnostic): JsonObject {
  return { startLine: line, startColumn: column, endLine: end_line, endColumn: end_column };
}

function fixOf({ description, edits }: Fix, artifactLocation: JsonObject): JsonObject {
  return {
    description: { text: description },
    artifactChanges: [
      {
        artifactLocation,
        replacements: edits.map(({ start, end, text }) => ({
          deletedRegion: {
            startLine: start.line,
            startColumn: start.column,
            endLine: end.line,
            endColumn: end.column,
          },
          insertedContent: { text },
        })),
      },
    ],
  };
}
