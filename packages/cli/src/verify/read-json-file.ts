import { readFileSync } from 'node:fs'
import { KeelsonError } from '@keelson/core/errors'
import { checkAgainst } from './check-schema.ts'
import type { Schema } from './contract-schema.ts'

/**
 * Reads a JSON file and checks it against a schema.
 *
 * @throws KeelsonError `KEELSON_CLI_CONTRACT_INVALID` with every fault of the file
 */
export function readJsonFile(path: string, schema: Schema): unknown {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new KeelsonError(
      'KEELSON_CLI_CONTRACT_INVALID',
      `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
      { cause: error },
    )
  }
  const faults = checkAgainst(schema, value)
  if (faults.length > 0) {
    throw new KeelsonError(
      'KEELSON_CLI_CONTRACT_INVALID',
      `${path} does not fit its schema:\n${faults.map((fault) => `  - ${fault}.`).join('\n')}`,
      { details: { faults } },
    )
  }
  return value
}
