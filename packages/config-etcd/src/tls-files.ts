import { readFile } from 'node:fs/promises'
import { KeelsonError } from '@keelson/core/errors'
import type { EtcdCredentials } from './etcd3-adapter.ts'
import type { EtcdTlsFiles } from './etcd-source.ts'

/**
 * Reads the files as they are now.
 *
 * @throws KEELSON_ETCD_UNAVAILABLE naming the file that cannot be read; a secret may be mounted a moment late
 */
export async function readTlsFiles(
  endpoint: string,
  { caFile, certFile, keyFile }: EtcdTlsFiles,
): Promise<EtcdCredentials> {
  const [ca, certificate, key] = await Promise.all([
    contentOf(endpoint, caFile),
    contentOf(endpoint, certFile),
    contentOf(endpoint, keyFile),
  ])
  return { ca, certificate, key }
}

async function contentOf(endpoint: string, path: string | undefined): Promise<Buffer | undefined> {
  if (path === undefined) return undefined
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'
    throw new KeelsonError(
      'KEELSON_ETCD_UNAVAILABLE',
      `etcd at ${endpoint} is not asked: the TLS file ${path} cannot be read (${code}).`,
      { cause: error, retryable: true, details: { endpoint, reason: 'tls-file' } },
    )
  }
}
