/** Whether a name is one of a time zone as the IANA database writes it: not an offset, which Intl takes, too, and not in other letter case. */
export function isTimezone(text: string): boolean {
  if (!/^[A-Z]/.test(text)) return false;
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions();
    // An alias (`US/Eastern`) may be resolved to another name.
    return timeZone.toLowerCase() !== text.toLowerCase() || timeZone === text;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
