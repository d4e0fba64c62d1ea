import { isMap, isScalar } from 'yaml';
import { applyRules, keep, type MappingField, scalarValue } from './mapping.ts';
import type { ImportRecord } from './record.ts';

/** `concurrency`, in which here nobody who waits is dropped. */
export function importConcurrency({ value, place }: MappingField, record: ImportRecord): void {
  if (!isMap(value) && !isScalar(value)) return;
  if (isMap(value)) {
    const rules = { group: keep, 'cancel-in-progress': keep };
    applyRules({ map: value, path: place.path }, { what: 'a concurrency', rules }, record);
    // Then nobody waits.
    if (scalarValue(value.get('cancel-in-progress', true)) === true) return;
  }
  record.add(place, {
    outcome: 'changed',
    message: 'whatever waits for the group keeps waiting, in its order; GitHub keeps only the newest',
  });
}
