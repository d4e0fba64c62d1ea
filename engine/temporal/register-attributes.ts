import { type Client, isGrpcServiceError, ServiceError } from '@temporalio/client';
import { keywordType, searchAttributes } from './search-attributes.ts';

/** Whether runs are begun with search attributes. */
export interface SearchAttributesUse {
  /** Begins something with them, or without them where the namespace has none of them. */
  readonly begin: <Result>(start: (use: 'with' | 'without') => Promise<Result>) => Promise<Result>;
}

/** Where a namespace had none, it is tried again after so long: somebody may have made them. */
const againMs = 60_000;
/** https://grpc.github.io/grpc/core/md_doc_statuscodes.html */
const invalidArgument = 3;
const alreadyExists = 6;

/** By what happens when they are used: not everybody may ask which ones there are. `now`: in ms, of a clock that is never set. */
export function useSearchAttributes(now: () => number): SearchAttributesUse {
  let without = Number.NEGATIVE_INFINITY;
  return {
    async begin(start) {
      if (now() - without < againMs) return await start('without');
      try {
        return await start('with');
      } catch (cause) {
        if (!isUnknownAttribute(cause)) throw cause;
        without = now();
        return await start('without');
      }
    },
  };
}

/** Makes them in a namespace. Rejects where that isn't for this client to do, as on Temporal Cloud. */
export async function registerSearchAttributes(
  { connection }: Pick<Client, 'connection'>,
  namespace: string,
): Promise<void> {
  const all = Object.fromEntries(Object.values(searchAttributes).map(({ name }) => [name, keywordType]));
  try {
    await connection.operatorService.addSearchAttributes({ namespace, searchAttributes: all });
  } catch (cause) {
    if (codeOf(cause) !== alreadyExists) throw cause;
  }
}

/** How somebody makes them who may. */
export function registrationCommand(namespace: string): string {
  const all = Object.values(searchAttributes).map(({ name }) => `--name ${name} --type Keyword`);
  return `temporal operator search-attribute create --namespace ${namespace} ${all.join(' ')}`;
}

function isUnknownAttribute(cause: unknown): boolean {
  const service = cause instanceof ServiceError ? cause.cause : cause;
  return (
    isGrpcServiceError(service) && codeOf(service) === invalidArgument && /search attribute/iu.test(service.details)
  );
}

function codeOf(cause: unknown): number | undefined {
  return isGrpcServiceError(cause) ? cause.code : undefined;
}
