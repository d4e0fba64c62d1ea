import { getIndentUnit, indentService } from '@codemirror/language';
import { countColumn, type Extension } from '@codemirror/state';

/** A key with nothing behind it, or with the beginning of a text of several lines: what belongs to it begins in the next line. */
const openKey = /^(\s*(?:-\s+)*)(?:"[^"]*"|'[^']*'|[\w.$-]+)\s*:(?:\s+[|>][-+0-9]*)?\s*(?:\s#.*)?$/u;

/** Behind an open key, which the grammar of the text says nothing of as long as nothing follows, a new line is within it. */
export const openKeyIndentation: Extension = indentService.of((context, at) => {
  // Lines that are there stay as they are: the items of a list may stand as deep as its key.
  if (context.simulatedBreak === null) return undefined;
  const lead = openKey.exec(context.lineAt(at, -1).text)?.[1];
  if (lead === undefined) return undefined;
  return countColumn(lead, context.state.tabSize) + getIndentUnit(context.state);
});
