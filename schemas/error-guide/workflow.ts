import type { GuideEntry } from '../error-guide.ts';

/** What the reader of a workflow file reports. */
export type WorkflowCode =
  | 'YAML_SYNTAX'
  | 'YAML_TAB'
  | 'YAML_DUPLICATE_KEY'
  | 'YAML_ALIAS_BOMB'
  | 'YAML_TOO_DEEP'
  | 'YAML_UNSUPPORTED'
  | 'ENCODING'
  | 'FILE_TOO_LARGE'
  | 'EMPTY'
  | 'UNKNOWN_KEY'
  | 'MISSING_KEY'
  | 'WRONG_TYPE'
  | 'INVALID_VALUE'
  | 'DUPLICATE_ID'
  | 'UNKNOWN_NEED'
  | 'NEEDS_CYCLE'
  | 'WORKFLOW_NOT_FOUND'
  | 'WORKFLOW_CYCLE'
  | 'UNKNOWN_INPUT'
  | 'MISSING_INPUT'
  | 'PLUGIN_NOT_FOUND'
  | 'EXPRESSION_SYNTAX'
  | 'EXPRESSION_LIMIT'
  | 'UNKNOWN_CONTEXT'
  | 'UNKNOWN_PROPERTY'
  | 'UNKNOWN_FUNCTION'
  | 'WRONG_ARGUMENT_COUNT'
  | 'CONTEXT_NOT_AVAILABLE'
  | 'CONDITION_TEXT'
  | 'SECRET_NOT_READABLE';

/** A file with one step, whose lines are given without their indentation. */
function step(lines: string): string {
  return `jobs:\n  build:\n    steps:\n      - ${lines.replaceAll('\n', '\n        ')}\n`;
}

/** A file with one step that does nothing to speak of, under lines of one's own. */
function under(lines: string): string {
  return `${lines}\njobs:\n  build:\n    steps:\n      - run: make\n`;
}

/** More than a workflow file may have, in characters. */
const tooMany = 1024 * 1024;
/** Deeper than values, and than expressions, may go. */
const tooDeep = 101;

/** Each example is a file of which the reader reports the code. */
export const workflowGuide: Readonly<Record<WorkflowCode, GuideEntry>> = {
  YAML_SYNTAX: {
    cause:
      'The text is no YAML: a bracket or quote is not closed, a line is indented unlike its siblings, a colon is missing.',
    remedy: 'Correct the line; put texts that hold `: `, ` #` or brackets, and `${{ }}` between brackets, into quotes.',
    example: { workflow: step('run: make\nenv: { TARGET: ${{ vars.target }} }') },
  },
  YAML_TAB: {
    cause: 'A line is indented with a tab, which YAML forbids.',
    remedy: 'Indent with spaces, and let the editor do so in YAML files.',
    example: { workflow: 'jobs:\n  build:\n\tsteps:\n      - run: make\n' },
  },
  YAML_DUPLICATE_KEY: {
    cause: 'A mapping has one key twice, so that one of the two would be lost.',
    remedy: 'Remove or rename one of them.',
    example: { workflow: step('run: make\nenv: { A: 1, A: 2 }') },
  },
  YAML_ALIAS_BOMB: {
    cause: 'An alias contains itself, or aliases of aliases multiply a small file to more than 25,000 values.',
    remedy: 'Write the value out instead of an alias.',
    example: { workflow: step('run: make\nenv: &all { A: *all }') },
  },
  YAML_TOO_DEEP: {
    cause: 'Values are nested deeper than 100 levels.',
    remedy: 'Flatten the value, or pass it as JSON text.',
    example: { workflow: under(`env: { A: ${'['.repeat(tooDeep)}${']'.repeat(tooDeep)} }`) },
  },
  YAML_UNSUPPORTED: {
    cause:
      'The file uses a part of YAML that workflow files do without: tags, directives, several documents, keys that are lists.',
    remedy: 'Write the value plainly; a condition that begins with `!` goes into `${{ }}`.',
    example: { workflow: step('run: make\nif: !cancelled()') },
  },
  ENCODING: {
    cause: 'The file is not UTF-8, or holds a character that is invisible or reorders the text around it.',
    remedy: 'Save the file as UTF-8, and remove the character or write it as an escape in double quotes.',
    example: { workflow: under('name: a\u0007b') },
  },
  FILE_TOO_LARGE: {
    cause: 'The file has more than 1 MiB, or more words and signs than a workflow has.',
    remedy: 'Split it into several workflows, and move long scripts and data into files of their own.',
    example: { workflow: `# ${'x'.repeat(tooMany)}\n` },
  },
  EMPTY: {
    cause: 'Something that must hold a value holds none.',
    remedy: 'Write the value, or remove the key.',
    example: { workflow: 'jobs:\n  build:\n    steps: []\n' },
  },
  UNKNOWN_KEY: {
    cause: 'A key is not one that may stand there. Most often it is misspelt, or indented wrongly.',
    remedy: 'Use one of the keys that the message names.',
    example: { workflow: step('run: make\ntimout-minutes: 5') },
  },
  MISSING_KEY: {
    cause: 'A key that must be there is not.',
    remedy: 'Add the key that the message names.',
    example: { workflow: 'jobs:\n  build:\n    runs-on: local\n' },
  },
  WRONG_TYPE: {
    cause:
      'A value is of another type than its key takes. In YAML 1.2 `yes` and `no` are texts, and quotes make a text of a number.',
    remedy: 'Write a value of the type that the message names.',
    example: { workflow: step('run: make\ncontinue-on-error: yes') },
  },
  INVALID_VALUE: {
    cause: 'A value is of the right type, but out of range, or no word that may stand there.',
    remedy: 'Write one of the values, or a value in the range, that the message names.',
    example: { workflow: step('run: make\nretry: { on: [timout] }') },
  },
  DUPLICATE_ID: {
    cause: "Two things that must be told apart have one name; letter case doesn't count.",
    remedy: 'Rename one of them.',
    example: {
      workflow: 'jobs:\n  build:\n    steps:\n      - { id: one, run: make }\n      - { id: one, run: make }\n',
    },
  },
  UNKNOWN_NEED: {
    cause: 'A job needs a job that is not in the file.',
    remedy: 'Name the id of a job of this file.',
    example: { workflow: 'jobs:\n  build:\n    needs: setup\n    steps:\n      - run: make\n' },
  },
  NEEDS_CYCLE: {
    cause: 'Jobs wait for each other in a circle, so that none could ever start.',
    remedy: 'Remove one of the needs.',
    example: {
      workflow:
        'jobs:\n  a:\n    needs: b\n    steps:\n      - run: make\n  b:\n    needs: a\n    steps:\n      - run: make\n',
    },
  },
  WORKFLOW_NOT_FOUND: {
    cause: 'A job calls a workflow file that is not there, or that may not be read.',
    remedy:
      'Correct the path: it counts from the file that calls, and stays in the folder of the workflow that is run.',
    example: { workflow: 'jobs:\n  release:\n    uses: ./relaese.yml\n' },
  },
  WORKFLOW_CYCLE: {
    cause: 'Workflows call each other in a circle, so that none of them could ever end.',
    remedy: 'Remove one of the calls; `for-each@v1` repeats steps.',
    example: { workflow: 'on: workflow_call\njobs:\n  again:\n    uses: ./example.yml\n' },
  },
  UNKNOWN_INPUT: {
    cause:
      "A step gives its node an input that it doesn't have, or a run is given one that its workflow doesn't declare.",
    remedy: 'Use one of the inputs that the message names.',
    example: { workflow: step('uses: checkout@v1\nwith:\n  repository: https://example.com/app.git\n  dpth: 1') },
  },
  MISSING_INPUT: {
    cause: "A node or a workflow needs an input that it isn't given.",
    remedy: 'Add it: under `with` in a step, by `--input` for a run.',
    example: { workflow: step('uses: checkout@v1') },
  },
  PLUGIN_NOT_FOUND: {
    cause: '`uses` names a node that no installed plugin has.',
    remedy: 'Correct the name or path, or install the plugin.',
    example: { workflow: step('uses: chekout@v1') },
  },
  EXPRESSION_SYNTAX: {
    cause: 'What stands in `${{ }}` or `if` is no expression.',
    remedy: 'Write texts in single quotes, operators as `==`, `!=`, `&&`, `||` and `!`, and compute values in steps.',
    example: { workflow: step('run: make\nif: vars.target = "live"') },
  },
  EXPRESSION_LIMIT: {
    cause: 'An expression is longer than 21,000 characters or nested deeper than 50 levels.',
    remedy: 'Compute parts of it in a step, and read its outputs.',
    example: { workflow: step(`run: make\nif: ${'('.repeat(tooDeep)}true${')'.repeat(tooDeep)}`) },
  },
  UNKNOWN_CONTEXT: {
    cause: 'An expression begins with a name that is no context.',
    remedy: 'Use one of the contexts that the message names; texts stand in single quotes.',
    example: { workflow: step('run: make\nif: var.target == 1') },
  },
  UNKNOWN_PROPERTY: {
    cause:
      "A context has no such property here: an input that isn't declared, a step that comes later, a job that isn't needed.",
    remedy: 'Use one of the properties that the message names, or declare it.',
    example: { workflow: step('run: make\nif: inputs.target == 1') },
  },
  UNKNOWN_FUNCTION: {
    cause: 'There is no such function, or not in this place.',
    remedy: 'Use one of the functions that the message names.',
    example: { workflow: step('run: make\nif: sucess()') },
  },
  WRONG_ARGUMENT_COUNT: {
    cause: 'A function is given too few or too many arguments.',
    remedy: 'Call it as the message shows.',
    example: { workflow: step("run: make\nif: contains('abc')") },
  },
  CONTEXT_NOT_AVAILABLE: {
    cause:
      'A context exists, but not in this place: nothing of a step is known where its job is decided, and secrets go to plugins alone.',
    remedy: 'Use one of the contexts that the message names, or move the expression.',
    example: { workflow: step('run: make\nif: secrets.TOKEN') },
  },
  CONDITION_TEXT: {
    cause: '`if` has text around `${{ }}`. It would be a text, and so always true.',
    remedy: 'Put the whole condition into one `${{ }}`.',
    example: { workflow: step("run: make\nif: ${{ vars.target }} == 'live'") },
  },
  SECRET_NOT_READABLE: {
    cause: "An expression reads a secret's text. Expressions only ever hold a placeholder for it.",
    remedy: 'Hand the secret over as a whole, or joined with other text, and read it where it goes.',
    example: { workflow: step('run: make\nenv: { A: "${{ contains(secrets.TOKEN, \'a\') }}" }') },
  },
};
