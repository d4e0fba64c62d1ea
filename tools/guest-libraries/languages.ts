/** How the guest library of a language is written, as far as its reference needs it. */
export interface GuestLibrary {
  readonly title: string;
  /** Its folder, from the repository's root. */
  readonly folder: string;
  /** The files in the order of the page, each with what it is about. */
  readonly files: readonly (readonly [file: string, subject: string])[];
  /** One line of a comment that documents what comes behind it: its text, or undefined. */
  readonly commentOf: (line: string) => string | undefined;
  /** A line that declares something for authors: how the page shows it, or undefined. */
  readonly declarationOf: (line: string) => string | undefined;
}

const trimmed = (line: string): string => line.trim().replace(/\s*[{;]$/, '');
const textOf =
  (pattern: RegExp) =>
  (line: string): string | undefined =>
    pattern.exec(line)?.[1];

/** In the order of docs/plugin-authoring.md. */
export const guestLibraries: readonly GuestLibrary[] = [
  {
    title: 'AssemblyScript',
    folder: 'plugin-templates/assemblyscript/assembly/waterflow',
    files: [
      ['index.ts', 'The run'],
      ['failure.ts', 'Answers'],
      ['call.ts', 'Any host call'],
      ['json.ts', 'JSON'],
      ['services.ts', 'Host calls'],
      ['fs.ts', '`fs`: files'],
      ['net.ts', '`net`: requests'],
      ['exec.ts', '`exec`: programs'],
      ['streams.ts', '`streams`: what programs read and write'],
      ['docker.ts', '`docker`: containers and images'],
      ['ssh.ts', '`ssh`: other machines'],
      ['mail.ts', '`mail`'],
      ['store.ts', '`store`: values and archives that stay'],
    ],
    commentOf: textOf(/^\s*\/\/ (?!@ts)(.*)$/),
    declarationOf: (line) =>
      /^(?: {2})?export (?:function|class|enum) (?!as[A-Z]|quote)/.test(line) ||
      /^ {2}(?!private|constructor)(?:static )?\w+\(.*\{$/.test(line)
        ? trimmed(line).replace(/^export (?:function )?/, '')
        : /^ {2}(\w+: .+?)(?: = .*)?;$/.exec(line)?.[1],
  },
  {
    title: 'Rust',
    folder: 'plugin-templates/rust/waterflow/src',
    files: [
      ['lib.rs', 'The run'],
      ['failure.rs', 'Answers'],
      ['host.rs', 'Any host call'],
      ['json.rs', 'JSON'],
      ['arguments.rs', 'Arguments'],
      ['services.rs', 'Host calls'],
      ['fs.rs', '`fs`: files'],
      ['net.rs', '`net`: requests'],
      ['exec.rs', '`exec`: programs'],
      ['docker.rs', '`docker`: containers and images'],
      ['ssh.rs', '`ssh`: other machines'],
      ['mail.rs', '`mail`'],
      ['store.rs', '`store`: values and archives that stay'],
      ['testing.rs', '`testing`: a host for tests'],
    ],
    commentOf: textOf(/^\s*\/\/\/ ?(.*)$/),
    declarationOf: (line) =>
      /^\s*pub (?:fn|struct|enum|type) (?!\$)/.test(line)
        ? trimmed(line).replace(/^pub (?:fn )?/, '')
        : // What the macros `arguments!` and `words!` make.
          (/^ {4}(?! )(\w+\(.*\)) \{$/.exec(line)?.[1]?.replace('(', '::new(') ??
          /^ {4}(\w+ \{(?: \w+ = "[^"]*",)+ \})$/
            .exec(line)?.[1]
            ?.replace(/^/, 'enum ')
            .replaceAll(/ = "[^"]*"/g, '') ??
          /^ {8}(\w+: [^=]+),$/.exec(line)?.[1]?.replace(/^(\w+)(.*)$/, '.$1($1$2)')),
  },
  {
    title: 'Go',
    folder: 'plugin-templates/go/waterflow',
    files: [
      ['waterflow.go', 'The run, and any host call'],
      ['calls.go', 'Host calls'],
      ['files.go', '`FS`'],
      ['store.go', '`Store`'],
      ['docker.go', '`Docker`'],
      ['remote.go', '`SSH` and `Mail`'],
      ['host_native.go', 'A host for tests'],
    ],
    commentOf: textOf(/^\s*\/\/ (?!go:)(.*)$/),
    declarationOf: (line) =>
      /^(?:func (?:\(.*?\) )?[A-Z]|type [A-Z])/.test(line)
        ? trimmed(line.replace(/ \{.*\}$/, ''))
            .replace(/^func \((?:\w+ )?\*?(\w+)\) /, (_, receiver: string) => `${receiverNames[receiver] ?? receiver}.`)
            .replace(/^func /, '')
        : undefined,
  },
  {
    title: 'C',
    folder: 'plugin-templates/c/waterflow',
    files: [
      ['waterflow.h', '`waterflow.h`'],
      ['services.h', '`services.h`'],
    ],
    commentOf: textOf(/^\s*\/\* (?!---)(.*?) ?\*\/$/),
    declarationOf: (line) =>
      /^(?:wf_|void|bool|int|int64_t)\w* \*?wf_\w+\(.*\);$/.test(line)
        ? trimmed(line)
        : /^(?:typedef |#define )(struct wf_\w+|WF_\w+(?:\(.*?\))?)/.exec(line)?.[1],
  },
];

/** The variables by which authors reach the methods of types that have no exported name. */
const receiverNames: Readonly<Record<string, string>> = {
  fs: 'FS',
  net: 'Net',
  exec: 'Exec',
  docker: 'Docker',
  ssh: 'SSH',
  mail: 'Mail',
  store: 'Store',
  secrets: 'Secrets',
  env: 'Env',
  random: 'Random',
  step: 'Step',
};
