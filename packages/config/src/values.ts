import type { StandardOutput, StandardSchema } from '@keelson/core/standard-schema'
import type { FormatCheck } from './schema.ts'
import type { Secret } from './secret.ts'

/** Type of `config.current`, inferred from the literal schema: enums are unions, everything is read-only. */
export type ConfigValues<Schema> = {
  readonly [Key in keyof Schema]: IsLeaf<Schema[Key]> extends true
    ? LeafValue<Schema[Key]>
    : ConfigValues<Schema[Key]>
}

/** Every dotted key of a schema, groups included: `'db' | 'db.port'`. */
export type ConfigKey<Schema> = string extends keyof Schema
  ? string // a schema that is only known as ConfigSchema
  : {
      [Key in keyof Schema & string]: IsLeaf<Schema[Key]> extends true
        ? Key
        : Key | `${Key}.${ConfigKey<Schema[Key]>}`
    }[keyof Schema & string]

/** Type of the value at a dotted key. */
export type ConfigValueAt<Schema, Key extends string> = string extends keyof Schema
  ? unknown
  : Key extends keyof Schema
    ? IsLeaf<Schema[Key]> extends true
      ? LeafValue<Schema[Key]>
      : ConfigValues<Schema[Key]>
    : Key extends `${infer Head}.${infer Rest}`
      ? Head extends keyof Schema
        ? ConfigValueAt<Schema[Head], Rest>
        : never
      : never

/** The same rule as `isLeaf` in compile-schema.ts, for types. */
type IsLeaf<Node> = Node extends { readonly default: unknown }
  ? true
  : Node extends { readonly doc: string }
    ? true
    : Node extends { readonly format: string | readonly unknown[] | StandardLike | AnyFunction }
      ? true
      : false

type LeafValue<Leaf> =
  | (Leaf extends { readonly sensitive: true } ? Secret<PresentValue<Leaf>> : PresentValue<Leaf>)
  | (Leaf extends { readonly nullable: true } ? null : never)

type PresentValue<Leaf> = Leaf extends { readonly format: infer Format }
  ? FormatValue<Format, Leaf>
  : Leaf extends { readonly default: infer Default }
    ? Widen<Exclude<Default, null>>
    : unknown

type FormatValue<Format, Leaf> = Format extends StandardLike
  ? DeepReadonly<StandardOutput<Format>>
  : Format extends readonly (infer Member)[]
    ? Member
    : Format extends 'array' | 'Array' | ArrayConstructor
      ? readonly ItemValue<Leaf>[]
      : Format extends 'map'
        ? { readonly [entry: string]: ItemValue<Leaf> }
        : Format extends keyof NamedFormatValues
          ? NamedFormatValues[Format]
          : Format extends StringConstructor
            ? string
            : Format extends NumberConstructor
              ? number
              : Format extends BooleanConstructor
                ? boolean
                : Format extends RegExpConstructor
                  ? RegExp
                  : Format extends ObjectConstructor
                    ? NamedFormatValues['object']
                    : Leaf extends { readonly default: infer Default }
                      ? Widen<Exclude<Default, null>>
                      : unknown

type ItemValue<Leaf> = Leaf extends { readonly items: infer Items } ? FormatValue<Items, object> : string

interface NamedFormatValues {
  readonly string: string
  readonly String: string
  readonly integer: number
  readonly int: number
  readonly nat: number
  readonly number: number
  readonly Number: number
  readonly boolean: boolean
  readonly Boolean: boolean
  readonly duration: number
  readonly bytes: number
  readonly url: string
  readonly port: number
  readonly regexp: RegExp
  readonly RegExp: RegExp
  readonly object: { readonly [key: string]: unknown }
  readonly Object: { readonly [key: string]: unknown }
  readonly '*': unknown
}

type Widen<Value> = Value extends string
  ? string
  : Value extends number
    ? number
    : Value extends boolean
      ? boolean
      : Value extends readonly (infer Item)[]
        ? readonly Widen<Item>[]
        : Value extends object
          ? { readonly [Key in keyof Value]: Widen<Value[Key]> }
          : Value

type DeepReadonly<Value> = Value extends AnyFunction | Date | RegExp | URL
  ? Value
  : Value extends readonly unknown[] | object
    ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
    : Value

// Only the marker is asked for: the input and output types of a schema are invariant, so that `StandardSchema<unknown>`
// would not match a concrete one.
type StandardLike = { readonly '~standard': Pick<StandardSchema['~standard'], 'version' | 'vendor'> }

type AnyFunction = FormatCheck | ((...args: never[]) => unknown)
