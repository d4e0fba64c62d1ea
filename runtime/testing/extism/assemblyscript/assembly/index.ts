// Extism's kit for AssemblyScript.
import { Config, Host, LogLevel, Var } from '@extism/as-pdk';

export function onAbort(_message: string | null, _file: string | null, _line: u32, _column: u32): void {
  unreachable();
}

export function count_vowels(): i32 {
  const text = Host.inputString();
  let count = 0;
  for (let index = 0; index < text.length; index += 1) {
    if ('aeiouAEIOU'.includes(text.charAt(index))) count += 1;
  }
  const before = Var.getString('total');
  const total = (before === null ? 0 : I32.parseInt(before)) + count;
  Var.set('total', Uint8Array.wrap(String.UTF8.encode(total.toString())));
  Host.outputString('{"count":' + count.toString() + ',"total":' + total.toString() + '}');
  return 0;
}

export function echo(): i32 {
  Host.output(Host.input());
  return 0;
}

export function setting(): i32 {
  const value = Config.get(Host.inputString());
  Host.outputString(value === null ? '(none)' : value);
  return 0;
}

export function logs(): i32 {
  Host.log(LogLevel.Debug, 'of debug');
  Host.log(LogLevel.Info, 'of info');
  Host.log(LogLevel.Warn, 'of warn');
  Host.log(LogLevel.Error, 'of error');
  return 0;
}

export function panics(): i32 {
  const none: i32[] = [];
  return none[1];
}
