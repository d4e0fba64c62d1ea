/** A part of a page, below a heading of the second level. */
export interface Section {
  readonly heading: string;
  readonly text: string;
}

/** A README in its parts: what stands below its title, and the sections. A `#` in a block of code begins nothing. */
export function sectionsOf(readme: string): { readonly lead: string; readonly sections: readonly Section[] } {
  const parts: { heading: string; lines: string[] }[] = [{ heading: '', lines: [] }];
  let isCode = false;
  for (const line of readme.split(/\r?\n/u)) {
    if (/^\s*(?:```|~~~)/u.test(line)) isCode = !isCode;
    const [, heading] = (isCode ? null : /^## (.+)$/u.exec(line)) ?? [];
    if (heading !== undefined) parts.push({ heading: heading.trim(), lines: [] });
    else if (isCode || !line.startsWith('# ')) parts.at(-1)?.lines.push(line);
  }
  const [lead, ...sections] = parts.map(({ heading, lines }) => ({ heading, text: lines.join('\n').trim() }));
  return { lead: lead?.text ?? '', sections };
}
