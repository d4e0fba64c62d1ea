/** One `name=value` that a script wrote. `line` is where it begins, 1-based. */
export interface Assignment {
  readonly name: string;
  readonly value: string;
  readonly line: number;
}

/** Names that an expression can reach as `steps.id.outputs.name`. */
const namePattern = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/**
 * Reads a file of assignments, such as the one in $WATERFLOW_OUTPUT: `name=value` on one line, or
 *
 *     name<<END
 *     any lines
 *     END
 *
 * Empty lines are passed over. `file` stands in the message of the error that a malformed line throws.
 */
export function readAssignments(text: string, file: string): readonly Assignment[] {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  const assignments: Assignment[] = [];
  for (let index = 0; index < lines.length; index += 1) {
    const content = lines[index] ?? '';
    const line = index + 1;
    if (content === '') {
      continue;
    }
    const equals = content.indexOf('=');
    const heredoc = content.indexOf('<<');
    if (heredoc > 0 && (equals < 0 || heredoc < equals)) {
      const delimiter = content.slice(heredoc + 2);
      const end = delimiter === '' ? -1 : lines.indexOf(delimiter, index + 1);
      if (end < 0) {
        throw new Error(
          `${file} line ${line}: no line ${quote(delimiter)} ends the value of ${quote(content.slice(0, heredoc))}`,
        );
      }
      assignments.push({ name: content.slice(0, heredoc), value: lines.slice(index + 1, end).join('\n'), line });
      index = end;
    } else if (equals > 0) {
      assignments.push({ name: content.slice(0, equals), value: content.slice(equals + 1), line });
    } else {
      throw new Error(`${file} line ${line}: expected name=value or name<<DELIMITER, found ${quote(content)}`);
    }
  }
  return assignments;
}

/** The outputs that a script set; the last assignment to a name wins. `exit_code` is not for scripts to set. */
export function readOutputs(text: string): ReadonlyMap<string, string> {
  const outputs = new Map<string, string>();
  for (const { name, value, line } of readAssignments(text, 'WATERFLOW_OUTPUT')) {
    if (!namePattern.test(name)) {
      throw new Error(
        `WATERFLOW_OUTPUT line ${line}: ${quote(name)} is no name of an output (letters, digits, _ and -)`,
      );
    }
    if (name === 'exit_code') {
      throw new Error(`WATERFLOW_OUTPUT line ${line}: exit_code is set by run itself; choose another name`);
    }
    outputs.set(name, value);
  }
  return outputs;
}

/** Names that a program can find a variable under. */
const variablePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The variables that a script set for later steps; the last assignment to a name wins. */
export function readVariables(text: string): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const { name, value, line } of readAssignments(text, 'WATERFLOW_ENV')) {
    if (!variablePattern.test(name)) {
      throw new Error(`WATERFLOW_ENV line ${line}: ${quote(name)} is no name of a variable (letters, digits and _)`);
    }
    variables.set(name, value);
  }
  return variables;
}

/** The folders that a script put before PATH for later steps, one a line; the last one comes first. */
export function readFolders(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\r$/, ''))
    .filter((line) => line !== '');
}

/** Long lines are cut: they are for a message. */
function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
