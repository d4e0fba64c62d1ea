/** A path of the API from its parts, of which those in the holes may hold anything: no part of it can lead elsewhere. */
export function apiPath(texts: TemplateStringsArray, ...parts: readonly string[]): string {
  return texts.reduce((path, text, index) => `${path}${encodePart(parts[index - 1] ?? '')}${text}`);
}

/** `.` and `..` would be taken out of a URL, with what stands before them. */
function encodePart(part: string): string {
  return /^\.{1,2}$/u.test(part) ? part.replaceAll('.', '%252E') : encodeURIComponent(part);
}
