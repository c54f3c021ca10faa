import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isKeelsonError, type KeelsonError } from '@keelson/core/errors'
import { expect } from 'vitest'
import { type ConfigOptions, createConfig } from '../src/config.ts'
import type { ConfigFault } from '../src/faults.ts'
import type { ConfigSchema } from '../src/schema.ts'

/** A new folder with these files; paths may have folders. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'keelson-config-'))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

/** What createConfig rejects with. */
export async function failureOf(options: ConfigOptions<ConfigSchema>): Promise<KeelsonError> {
  const error: unknown = await createConfig(options).catch((failure: unknown) => failure)
  if (!isKeelsonError(error))
    throw new Error('createConfig did not reject with a KeelsonError', { cause: error })
  return error
}

/** The faults of a refused configuration. */
export async function faultsOf(
  options: Omit<ConfigOptions<ConfigSchema>, 'service'>,
): Promise<readonly ConfigFault[]> {
  const error = await failureOf({ service: 'catalog', ...options })
  expect(error.code).toBe('KEELSON_CONFIG_INVALID')
  return error.details?.faults as readonly ConfigFault[] // the details of this code
}
