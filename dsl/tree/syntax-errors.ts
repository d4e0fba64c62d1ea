import type { YAMLError } from 'yaml';
import type { Finding, Span } from '../source/report.ts';

/** A mistake of YAML itself, in our words. */
export interface SyntaxExplanation {
  readonly finding: Finding;
  /**
   * What is left of the tree: `intact`, `doubtful` where the library goes on with the likeliest reading, `broken` from there on, and
   * `lost` where it says no more than that it expected something else, which is an echo in a tree that is broken already.
   */
  readonly tree: 'intact' | 'doubtful' | 'broken' | 'lost';
}

const tabInIndentation: Finding = {
  code: 'YAML_TAB',
  message: 'a tab is used for indentation',
  remedy: 'Indent with spaces; YAML forbids tabs there.',
};

/** Whether a complaint is about a tab where the indentation is. */
export function isAboutTab(error: YAMLError, text: string): boolean {
  if (error.code === 'TAB_AS_INDENT') return true;
  // A block text ends where a tab begins a line, and the library complains of the indentation of what follows.
  return error.code === 'BAD_INDENT' && /^ *\t/.test(text.slice(error.pos[0], error.pos[0] + 80));
}

/** Says what a complaint of the yaml library means for the author of the file, and where: `at` is where it complains. */
export function explainSyntax(error: YAMLError, text: string, at: Span): SyntaxExplanation {
  const rest = text.slice(error.pos[0], error.pos[0] + 80);
  if (isAboutTab(error, text)) return intact(tabInIndentation);
  switch (error.code) {
    case 'TAG_RESOLVE_FAILED':
      return intact(explainTag(text.slice(...error.pos)));
    case 'BAD_SCALAR_START':
      return intact(
        syntax(`a plain value can't start with \`${rest.slice(0, 1)}\``, 'Put the whole value into single quotes.'),
      );
    case 'BAD_DQ_ESCAPE':
      return intact(
        syntax(
          `\`${text.slice(...error.pos)}\` is no escape of a double-quoted text`,
          String.raw`Write a backslash as \\, or use single quotes, in which nothing is escaped.`,
        ),
      );
    case 'BAD_ALIAS':
      if (rest.startsWith('* ')) {
        return intact(syntax('`*` begins an alias, and no name follows', 'Put the whole value into single quotes.'));
      }
      return intact(syntax(lowerFirst(error.message), 'Correct the anchor or alias here.'));
    case 'ALIAS_PROPS':
    case 'MULTIPLE_ANCHORS':
    case 'MULTIPLE_TAGS':
    case 'BAD_PROP_ORDER':
    case 'BAD_COLLECTION_TYPE':
    case 'NON_STRING_KEY':
    case 'DUPLICATE_KEY':
      return intact(syntax(lowerFirst(error.message), 'Correct the anchor, alias or tag here.'));
    case 'BAD_INDENT':
      return explainIndentation(error.message);
    case 'MISSING_CHAR':
      return explainMissing(error.message);
    case 'BLOCK_AS_IMPLICIT_KEY':
      // Placed at a line of its own, it isn't the value's line that is wrong.
      if (at.start > error.pos[0]) return doubtful(unlikeSiblings);
      return doubtful(
        syntax(
          'a `key: value` stands inside another value on one line',
          'Quote the value if its colon is meant as text; else begin a new line after the first colon.',
        ),
      );
    case 'MULTILINE_IMPLICIT_KEY':
      return doubtful(
        syntax(
          'this line is neither a `key: value` nor a list item',
          'Put a colon and a space after the key, or indent the line to belong to the value above.',
        ),
      );
    case 'UNEXPECTED_TOKEN':
      return text.charAt(at.start) === '*' ? broken(starText) : explainUnexpected(error, text);
    case 'KEY_OVER_1024_CHARS':
      return broken(syntax('a key is longer than 1,024 characters', 'Shorten it.'));
    case 'BLOCK_IN_FLOW':
      return broken(
        syntax(
          'a `key: value` stands inside another value between brackets',
          'Put a comma between entries, and quote a value whose colon is meant as text.',
        ),
      );
    case 'BAD_DIRECTIVE':
    case 'IMPOSSIBLE':
    case 'MULTIPLE_DOCS':
    case 'RESOURCE_EXHAUSTION':
      return broken(syntax(lowerFirst(error.message), 'Correct the YAML here.'));
    default:
      // The library's union may grow with a minor version; its message still says what is wrong.
      return broken(syntax(lowerFirst(error.message), 'Correct the YAML here.'));
  }
}

/** A tag that isn't one of the YAML 1.2 core schema's. The commonest is a condition that begins with `!`. */
export function explainTag(tag: string): Finding {
  return {
    code: 'YAML_UNSUPPORTED',
    message: `\`${tag}\` is a YAML tag, and tags other than those of YAML's core schema are not supported`,
    remedy: `If it begins an expression, write \`\${{ ${tag} }}\`; if it is text, put it into single quotes.`,
  };
}

function explainIndentation(message: string): SyntaxExplanation {
  if (message.startsWith('Flow')) {
    return doubtful(
      syntax(
        'a list or mapping in brackets is not closed, or its next line is not indented enough',
        'Close it, or indent its lines deeper than its key.',
      ),
    );
  }
  if (message.startsWith('Block scalar')) {
    return broken(
      syntax('a line of a block text is indented less than its first line', 'Indent it as deep as the first line.'),
    );
  }
  return doubtful(unlikeSiblings);
}

const unlikeSiblings: Finding = syntax(
  'this line is not indented like its siblings',
  'Give all keys of a mapping, and all `-` of a list, the same indentation.',
);

function explainMissing(message: string): SyntaxExplanation {
  const quote = /closing (["'])/.exec(message)?.[1];
  if (quote !== undefined) {
    return broken(syntax(`a text that begins with ${quote} is not closed`, `Write the closing ${quote}.`));
  }
  if (message.startsWith('Sequence item')) return doubtful(unlikeSiblings);
  if (message.startsWith('Implicit map keys')) {
    return doubtful(syntax('a key without a colon', 'Write `key: value`, with a space after the colon.'));
  }
  return broken(syntax(lowerFirst(message), 'Add what is missing.'));
}

const starText: Finding = syntax(
  '`*` begins an alias, and more than the name of an anchor follows',
  'Put the whole value into single quotes.',
);

function explainUnexpected(error: YAMLError, text: string): SyntaxExplanation {
  const before = text.slice(Math.max(0, error.pos[0] - 2), error.pos[0] + 2);
  if (before.includes('{{') || before.includes('${')) {
    return broken(
      syntax(
        '`${{ }}` inside brackets must be quoted, since `{` begins a mapping there',
        "Write '${{ … }}' in single quotes, or use the block form with one line per entry.",
      ),
    );
  }
  const what = text.slice(...error.pos).split('\n', 1)[0] ?? '';
  const finding = syntax(
    what.trim() === '' ? 'something is missing here' : `\`${what.slice(0, 40)}\` is not expected here`,
    'Correct the YAML here; a text with special characters needs quotes.',
  );
  return { finding, tree: 'lost' };
}

function syntax(message: string, remedy: string): Finding {
  return { code: 'YAML_SYNTAX', message, remedy };
}

function broken(finding: Finding): SyntaxExplanation {
  return { finding, tree: 'broken' };
}

function intact(finding: Finding): SyntaxExplanation {
  return { finding, tree: 'intact' };
}

function lowerFirst(message: string): string {
  return message.slice(0, 1).toLowerCase() + message.slice(1);
}

function doubtful(finding: Finding): SyntaxExplanation {
  return { finding, tree: 'doubtful' };
}
