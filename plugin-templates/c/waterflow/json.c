#include "waterflow.h"

/* --- Writing. --- */

static void reserve(wf_writer *to, size_t more) {
  if (more <= to->room - to->length) return;
  size_t room = (to->length + more) * 2;
  char *bytes = wf_allocate(room);
  for (size_t at = 0; at < to->length; at++) bytes[at] = to->bytes[at];
  to->bytes = bytes;
  to->room = room;
}

static void put(wf_writer *to, wf_text text) {
  reserve(to, text.length);
  for (size_t at = 0; at < text.length; at++) to->bytes[to->length++] = text.bytes[at];
}

static void quote(wf_writer *to, wf_text text) {
  static const char digits[] = "0123456789abcdef";
  reserve(to, text.length * 6 + 2);
  to->bytes[to->length++] = '"';
  for (size_t at = 0; at < text.length; at++) {
    unsigned char byte = (unsigned char)text.bytes[at];
    if (byte == '"' || byte == '\\') {
      to->bytes[to->length++] = '\\';
      to->bytes[to->length++] = (char)byte;
    } else if (byte < 0x20) {
      const char escape[] = {'\\', 'u', '0', '0', digits[byte >> 4], digits[byte & 15]};
      put(to, (wf_text){escape, sizeof escape});
    } else {
      to->bytes[to->length++] = (char)byte;
    }
  }
  to->bytes[to->length++] = '"';
}

static wf_writer begin(char first, char end) {
  wf_writer writer = {.bytes = NULL, .length = 0, .room = 0, .end = end};
  put(&writer, (wf_text){&first, 1});
  return writer;
}

wf_writer wf_object(void) { return begin('{', '}'); }

wf_writer wf_list(void) { return begin('[', ']'); }

static void put_key(wf_writer *to, const char *key) {
  if (to->length > 1) put(to, wf_string(","));
  if (key == NULL) return;
  quote(to, wf_string(key));
  put(to, wf_string(":"));
}

void wf_put_text(wf_writer *to, const char *key, wf_text text) {
  put_key(to, key);
  quote(to, text);
}

void wf_put_json(wf_writer *to, const char *key, wf_text json) {
  put_key(to, key);
  put(to, json.length == 0 ? wf_string("null") : json);
}

void wf_put_flag(wf_writer *to, const char *key, bool flag) { wf_put_json(to, key, wf_string(flag ? "true" : "false")); }

void wf_put_integer(wf_writer *to, const char *key, int64_t number) {
  char digits[20];
  size_t at = sizeof digits;
  uint64_t left = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;
  do {
    digits[--at] = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (number < 0) digits[--at] = '-';
  wf_put_json(to, key, (wf_text){digits + at, sizeof digits - at});
}

wf_text wf_done(wf_writer *writer) {
  put(writer, (wf_text){&writer->end, 1});
  return (wf_text){writer->bytes, writer->length};
}

wf_text wf_texts(const char *const *strings) {
  wf_writer list = wf_list();
  for (; *strings != NULL; strings++) wf_put_text(&list, NULL, wf_string(*strings));
  return wf_done(&list);
}

wf_text wf_json_of(wf_text text) {
  wf_writer quoted = {.bytes = NULL, .length = 0, .room = 0};
  quote(&quoted, text);
  return (wf_text){quoted.bytes, quoted.length};
}

wf_text wf_file(wf_text path) {
  wf_writer file = wf_object();
  wf_put_text(&file, "file", path);
  return wf_done(&file);
}

/* --- Reading: no tree is made; each function walks the text, and stops where it is no JSON. --- */

typedef struct {
  const char *at, *end;
} cursor;

static void skip_space(cursor *in) {
  while (in->at < in->end && (*in->at == ' ' || (*in->at >= '\t' && *in->at <= '\r'))) in->at++;
}

static bool takes(cursor *in, char letter) {
  skip_space(in);
  if (in->at == in->end || *in->at != letter) return false;
  in->at++;
  return true;
}

static void skip_text(cursor *in) {
  for (in->at++; in->at < in->end && *in->at != '"'; in->at++) {
    if (*in->at == '\\' && in->end - in->at > 1) in->at++;
  }
  if (in->at < in->end) in->at++;
}

/* One value, however deep: brackets are counted, not followed. */
static wf_text take_value(cursor *in) {
  skip_space(in);
  const char *start = in->at;
  size_t depth = 0;
  while (in->at < in->end) {
    char letter = *in->at;
    if (letter == '"') {
      skip_text(in);
    } else if (letter == '{' || letter == '[') {
      depth++;
      in->at++;
      continue;
    } else if (letter == '}' || letter == ']') {
      if (depth == 0) break;
      depth--;
      in->at++;
    } else if (depth == 0 && (letter == ',' || letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t')) {
      break;
    } else {
      in->at++;
      continue;
    }
    if (depth == 0) break;
  }
  return (wf_text){start, (size_t)(in->at - start)};
}

static const wf_text nothing = {"", 0};

wf_text wf_json_get(wf_text json, const char *key) {
  cursor in = {json.bytes, json.bytes + json.length};
  wf_text wanted = wf_string(key), found = nothing;
  if (!takes(&in, '{')) return nothing;
  while (!takes(&in, '}')) {
    wf_text name = take_value(&in);
    if (name.length == 0 || !takes(&in, ':')) return nothing;
    wf_text value = take_value(&in);
    if (value.length == 0) return nothing;
    if (wf_equal(wf_json_as_text(name), wanted)) found = value;
    takes(&in, ',');
    if (in.at == in.end) break;
  }
  return found;
}

wf_text wf_json_item(wf_text json, size_t index) {
  cursor in = {json.bytes, json.bytes + json.length};
  if (!takes(&in, '[')) return nothing;
  while (!takes(&in, ']') && in.at < in.end) {
    wf_text item = take_value(&in);
    if (item.length == 0 || index-- == 0) return item;
    takes(&in, ',');
  }
  return nothing;
}

bool wf_json_flag(wf_text json, const char *key) { return wf_equal(wf_json_get(json, key), wf_string("true")); }

int64_t wf_json_integer(wf_text json, const char *key) {
  wf_text number = wf_json_get(json, key);
  bool negative = number.length > 0 && number.bytes[0] == '-';
  uint64_t value = 0;
  for (size_t at = negative; at < number.length && number.bytes[at] >= '0' && number.bytes[at] <= '9'; at++) {
    if (value > (INT64_MAX - 9) / 10) return negative ? INT64_MIN : INT64_MAX;
    value = value * 10 + (uint64_t)(number.bytes[at] - '0');
  }
  return negative ? -(int64_t)value : (int64_t)value;
}

wf_text wf_json_text(wf_text json, const char *key) { return wf_json_as_text(wf_json_get(json, key)); }

static uint32_t hex(const char *four) {
  uint32_t code = 0;
  for (int at = 0; at < 4; at++) {
    char digit = four[at] | 0x20;
    code = code * 16 + (uint32_t)(digit >= 'a' ? digit - 'a' + 10 : digit - '0');
  }
  return code;
}

static char *put_code(char *to, uint32_t code) {
  if (code < 0x80) {
    *to++ = (char)code;
  } else if (code < 0x800) {
    *to++ = (char)(0xc0 | code >> 6);
  } else if (code < 0x10000) {
    *to++ = (char)(0xe0 | code >> 12);
    *to++ = (char)(0x80 | (code >> 6 & 63));
  } else {
    *to++ = (char)(0xf0 | code >> 18);
    *to++ = (char)(0x80 | (code >> 12 & 63));
    *to++ = (char)(0x80 | (code >> 6 & 63));
  }
  if (code >= 0x80) *to++ = (char)(0x80 | (code & 63));
  return to;
}

/* Behind `\u`: four digits, or of a surrogate pair all. Half a pair becomes U+FFFD, since UTF-8 has no place for it. */
static const char *take_unicode(const char *at, const char *end, char **to) {
  if (end - at < 4) return end;
  uint32_t code = hex(at);
  at += 4;
  if (code >= 0xd800 && code < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    uint32_t low = hex(at + 2);
    if (low >= 0xdc00 && low < 0xe000) {
      *to = put_code(*to, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
      return at + 6;
    }
  }
  *to = put_code(*to, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
  return at;
}

wf_text wf_json_as_text(wf_text json) {
  if (json.length < 2 || json.bytes[0] != '"') return nothing;
  const char *at = json.bytes + 1, *end = json.bytes + json.length - 1;
  /* An escape is never shorter than what it stands for. */
  char *bytes = wf_allocate((size_t)(end - at)), *to = bytes;
  while (at < end) {
    if (*at != '\\' || end - at < 2) {
      *to++ = *at++;
      continue;
    }
    char letter = at[1];
    at += 2;
    if (letter == 'u') at = take_unicode(at, end, &to);
    else if (letter == 'n') *to++ = '\n';
    else if (letter == 't') *to++ = '\t';
    else if (letter == 'r') *to++ = '\r';
    else if (letter == 'b') *to++ = '\b';
    else if (letter == 'f') *to++ = '\f';
    else *to++ = letter;
  }
  return (wf_text){bytes, (size_t)(to - bytes)};
}
