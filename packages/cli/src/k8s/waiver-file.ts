import type { Schema } from '../verify/contract-schema.ts'
import { readJsonFile } from '../verify/read-json-file.ts'
import type { LintWaiver } from './lint.ts'

const schema: Schema = {
  type: 'object',
  additionalProperties: false,
  required: ['waivers'],
  properties: {
    waivers: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['id', 'reason', 'until'],
        properties: {
          id: { type: 'string', minLength: 1 },
          object: { type: 'string', pattern: '^[A-Za-z]+/.+$' },
          reason: { type: 'string', minLength: 10 },
          until: { type: 'string', pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' },
        },
      },
    },
  },
}

/**
 * Reads a file of waivers: `{ "waivers": [{ "id", "object", "reason", "until" }] }`.
 *
 * @throws KeelsonError `KEELSON_CLI_CONTRACT_INVALID` with every fault of the file
 */
export function readWaivers(path: string): readonly LintWaiver[] {
  // Checked against the schema by the reader.
  return (readJsonFile(path, schema) as { readonly waivers: readonly LintWaiver[] }).waivers
}
