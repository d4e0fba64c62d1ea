/** What of these packages is used: they have no types, or none that TypeScript finds. */
declare module 'event-target-shim' {
  export class Event {
    readonly type: string;
    constructor(type: string);
  }
  export class EventTarget {
    dispatchEvent(event: Event): boolean;
  }
  export function getEventAttributeValue(target: EventTarget, type: string): unknown;
  export function setEventAttributeValue(target: EventTarget, type: string, listener: unknown): void;
}
declare module 'base-64' {
  export const decode: unknown;
  export const encode: unknown;
}
