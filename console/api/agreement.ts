/** The compiler refuses what the console reads where the API doesn't answer so: the clients' models are made from its routes. */
import type * as Api from '../../clients/typescript/generated/models.ts';
import type * as Boundary from './boundary.ts';
import type * as Explained from './explanation.ts';
import type * as Read from './types.ts';

/** Each as the API has it; an error names what isn't, such as `Run.status`. */
export type Agreement = readonly [
  None<Differing<Read.ApiError, Api.Diagnostic, 'ApiError'>>,
  None<Differing<Read.Caller, Api.Caller, 'Caller'>>,
  None<Differing<Read.Run, Api.Run, 'Run'>>,
  None<Differing<Read.RunDetails, Api.RunDetails, 'RunDetails'>>,
  None<Differing<Read.LogLine, Api.LogLine, 'LogLine'>>,
  None<Differing<Read.RunEvent, Api.RunEvent, 'RunEvent'>>,
  None<Differing<Read.HostCall, Api.HostCall, 'HostCall'>>,
  None<Differing<Read.Node, Api.Plugin & Api.Node, 'Node'>>,
  None<Differing<Read.Agent, Api.Agent, 'Agent'>>,
  None<Differing<Read.Queue, Api.Queue, 'Queue'>>,
  None<Differing<Read.Schedule, Api.Schedule, 'Schedule'>>,
  None<Differing<Boundary.AuditRecord, Api.AuditRecord, 'AuditRecord'>>,
  None<Differing<Boundary.GrantList, Api.Grants, 'GrantList'>>,
  None<Differing<Explained.Explanation, Api.Explanation, 'Explanation'>>,
];

type None<Names extends never> = Names;

/** The names of what the console reads otherwise than it is given. */
type Differing<Reads, Gives, Name extends string> =
  // What the API gives without saying more of it may be anything.
  Api.Json extends Gives
    ? never
    : string extends keyof Gives
      ? Differing<Reads[string & keyof Reads], Gives[string], `${Name}.*`>
      : [Reads] extends [readonly (infer Item)[]]
        ? [Gives] extends [readonly (infer Given)[]]
          ? Differing<Item, Given, `${Name}[]`>
          : Name
        : [Reads] extends [object]
          ? { [Key in keyof Reads & string]-?: DifferingField<Reads, Gives, { key: Key; name: Name }> }[keyof Reads &
              string]
          : DifferingValue<Reads, Gives, Name>;

type DifferingField<
  Reads,
  Gives,
  At extends { readonly key: keyof Reads & string; readonly name: string },
> = At['key'] extends keyof Gives
  ? // What may be absent is read as that.
    IsOptional<Gives, At['key']> extends true
    ? IsOptional<Reads, At['key']> extends true
      ? Differing<Present<Reads, At['key']>, Present<Gives, At['key']>, `${At['name']}.${At['key']}`>
      : `${At['name']}.${At['key']}`
    : Differing<Present<Reads, At['key']>, Present<Gives, At['key']>, `${At['name']}.${At['key']}`>
  : `${At['name']}.${At['key']}`;

type IsOptional<Type, Key extends keyof Type> = undefined extends Type[Key] ? true : false;
type Present<Type, Key extends keyof Type> = Exclude<Type[Key], undefined>;

/** Of words the console names some, and those are the API's; a newer server may have others. */
type DifferingValue<Reads, Gives, Name extends string> = [Words<Reads>] extends [never]
  ? [Gives] extends [Reads]
    ? never
    : Name
  : [Words<Reads>] extends [Words<Gives>]
    ? never
    : Name;

type Words<Type> = Type extends string ? (string extends Type ? never : Type) : never;
