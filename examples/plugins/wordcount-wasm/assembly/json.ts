// As much JSON as a plugin with text inputs needs: the text of a member, found by its key at any depth.

// The member's text, or null where there is none or it is no text.
export function textOf(json: string, key: string): string | null {
  let at = 0;
  while (at < json.length) {
    if (json.charCodeAt(at) != 0x22) {
      at++;
      continue;
    }
    const end = endOfText(json, at);
    let next = skipSpace(json, end);
    if (next < json.length && json.charCodeAt(next) == 0x3a && unescape(json, at, end) == key) {
      next = skipSpace(json, next + 1);
      if (next >= json.length || json.charCodeAt(next) != 0x22) return null;
      return unescape(json, next, endOfText(json, next));
    }
    at = end;
  }
  return null;
}

// The place after the closing quote of the text that begins at `start`.
function endOfText(json: string, start: i32): i32 {
  let at = start + 1;
  while (at < json.length) {
    const code = json.charCodeAt(at);
    if (code == 0x22) return at + 1;
    at += code == 0x5c ? 2 : 1;
  }
  return json.length;
}

function skipSpace(json: string, start: i32): i32 {
  let at = start;
  while (at < json.length && json.charCodeAt(at) <= 0x20) at++;
  return at;
}

function unescape(json: string, start: i32, end: i32): string {
  const inner = json.substring(start + 1, end - 1);
  if (!inner.includes('\\')) return inner;
  const parts = new Array<string>();
  let from = 0;
  for (let at = 0; at < inner.length; at++) {
    if (inner.charCodeAt(at) != 0x5c) continue;
    parts.push(inner.substring(from, at));
    const code = inner.charCodeAt(++at);
    if (code == 0x75) {
      parts.push(String.fromCharCode(i32(parseInt(inner.substring(at + 1, at + 5), 16))));
      at += 4;
    } else {
      parts.push(String.fromCharCode(escaped(code)));
    }
    from = at + 1;
  }
  parts.push(inner.substring(from));
  return parts.join('');
}

function escaped(code: i32): i32 {
  switch (code) {
    case 0x62:
      return 0x08;
    case 0x66:
      return 0x0c;
    case 0x6e:
      return 0x0a;
    case 0x72:
      return 0x0d;
    case 0x74:
      return 0x09;
    default:
      return code;
  }
}
