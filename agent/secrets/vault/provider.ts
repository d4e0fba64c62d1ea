import { isJsonObject, type JsonObject } from '../../../schemas/index.ts';
import type { ProviderAnswer, ProviderProblem, SecretPlace, SecretPowers, SecretProvider } from '../api.ts';
import type { VaultSettings } from '../document.ts';
import { openVaultClient, type VaultAnswer } from './client.ts';
import { openVaultSession } from './session.ts';

/** A KV store of Vault, version 2 of the engine (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2). */
export function vaultProvider(
  settings: VaultSettings,
  powers: SecretPowers,
  { name, uid }: { readonly name: string; readonly uid: number | undefined },
): SecretProvider {
  const client = openVaultClient(settings, powers);
  const session = openVaultSession({ auth: settings.auth, client, powers, provider: name, uid });
  const ask = async (place: SecretPlace, token: string, signal: AbortSignal): Promise<VaultAnswer> =>
    await client.ask({ method: 'GET', path: pathOf(settings.mount, place), token }, signal);
  return {
    async read(place, signal) {
      const first = await session.token(signal);
      if ('problem' in first) return first;
      const answer = await ask(place, first.token, signal);
      const isRefused = !('problem' in answer) && answer.status === 403;
      if (!isRefused || !(await session.refused(first.token, signal))) return contentOf(answer, place);
      // The token was over, or taken back.
      const second = await session.token(signal);
      return 'problem' in second ? second : contentOf(await ask(place, second.token, signal), place);
    },
    async [Symbol.asyncDispose]() {
      await session[Symbol.asyncDispose]();
      client[Symbol.dispose]();
    },
  };
}

function pathOf(mount: string, { path, version }: SecretPlace): string {
  const encoded = (text: string): string => text.split('/').map(encodeURIComponent).join('/');
  return `${encoded(mount)}/data/${encoded(path)}${version === undefined ? '' : `?version=${version}`}`;
}

function contentOf(answer: VaultAnswer, { version: wanted }: SecretPlace): ProviderAnswer {
  if ('problem' in answer) return answer;
  const { status, content } = answer;
  const { data } = content;
  const outer = isJsonObject(data) ? data : {};
  if (status === 404) return { problem: missing(outer, wanted) };
  if (status === 403) return { problem: denied };
  if (status !== 200) return { problem: { kind: 'invalid', reason: `it answers ${status}`, remedy: checkMount } };
  const fields = outer['data'];
  if (!isJsonObject(fields)) {
    return { problem: { kind: 'invalid', reason: 'its `mount` is no KV store of version 2', remedy: checkMount } };
  }
  const metadata = outer['metadata'];
  const version = isJsonObject(metadata) ? metadata['version'] : undefined;
  return { fields, ...(typeof version === 'number' ? { version } : {}) };
}

const checkMount = 'Check `mount`: `vault secrets list -detailed` shows KV stores, and their version.';

const denied: ProviderProblem = {
  kind: 'denied',
  reason: "its policies don't let the agent read it, or the agent's token is over",
  remedy: 'Give the policy of the token or the role `read` on MOUNT/data/PATH. Note the `data/`.',
};

/** A version that was deleted has its metadata still. */
function missing({ metadata }: JsonObject, wanted: number | undefined): ProviderProblem {
  const which = wanted === undefined ? 'the newest version' : `version ${wanted}`;
  if (isJsonObject(metadata)) {
    const how = metadata['destroyed'] === true ? 'destroyed' : 'deleted';
    return { kind: 'missing', reason: `${which} of it was ${how}`, remedy: 'Write a new version, or restore it.' };
  }
  return {
    kind: 'missing',
    reason: wanted === undefined ? 'nothing stands at its path' : `nothing stands at its path as ${which}`,
    remedy: 'Check `path`, `version` and `mount` of it; a path has no `data/` at its beginning.',
  };
}
