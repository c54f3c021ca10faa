import type { CustomFormat } from './compile-format.ts'
import { compileSchema, type Leaf } from './compile-schema.ts'
import { publicValue } from './display.ts'
import type { ConfigSchema, SourceKind } from './schema.ts'

/** What a schema says of one key, as data: from it documentation and manifests are written. Holds no secret. */
export interface KeyDescription {
  readonly key: string
  readonly doc: string | undefined
  /** Name of the format: `port`, `array of string`, `enum`. */
  readonly format: string
  /** What it takes, for people. */
  readonly accepts: string
  /** The allowed values of an enum. */
  readonly values: readonly (string | number | boolean)[] | undefined
  /** As written in the schema, in JSON terms; masked where it is a secret. `undefined`: some layer must set the key. */
  readonly default: unknown
  readonly required: boolean
  readonly nullable: boolean
  readonly sensitive: boolean
  readonly reload: 'hot' | 'restart'
  readonly sources: readonly SourceKind[]
  /** The canonical name first, then the aliases. */
  readonly environmentNames: readonly string[]
  /** Members of a group under one Standard Schema, with their environment names. */
  readonly members: Readonly<Record<string, readonly string[]>>
  readonly argument: string | undefined
  readonly unit: string | undefined
  readonly deprecated: string | undefined
}

/**
 * Describes every key of a schema, in its order.
 *
 * @throws KEELSON_CONFIG_SCHEMA_INVALID
 */
export function describeSchema(
  schema: ConfigSchema,
  formats: Readonly<Record<string, CustomFormat>> = {},
): readonly KeyDescription[] {
  return [...compileSchema(schema, formats).leaves.values()].map(describeLeaf)
}

function describeLeaf(leaf: Leaf): KeyDescription {
  const { schema, format } = leaf
  return {
    key: leaf.key,
    doc: schema.doc,
    format: format.name,
    accepts: format.accepts,
    values: Array.isArray(schema.format) ? schema.format : undefined,
    default: leaf.default && publicValue(schema.default ?? leaf.default.value, leaf.sensitive),
    required: leaf.default === undefined,
    nullable: leaf.nullable,
    sensitive: leaf.sensitive,
    reload: leaf.reload,
    sources: [...leaf.sources],
    environmentNames: leaf.environmentNames,
    members: Object.fromEntries(leaf.members ?? []),
    argument: schema.arg,
    unit: schema.unit,
    deprecated: schema.deprecated,
  }
}
