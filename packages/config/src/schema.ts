import type { StandardSchema } from '@keelson/core/standard-schema'

/** Formats known by name. Names other than these must be formats added to convict, or given as `formats` option. */
export type FormatName =
  | 'string'
  | 'integer'
  | 'int'
  | 'nat'
  | 'number'
  | 'boolean'
  | 'duration'
  | 'bytes'
  | 'url'
  | 'port'
  | 'regexp'
  | 'array'
  | 'map'
  | 'object'
  | '*'

/** The constructors that convict takes as formats; each is the same as its name in lower case. */
export type FormatConstructor =
  | StringConstructor
  | NumberConstructor
  | BooleanConstructor
  | ArrayConstructor
  | ObjectConstructor
  | RegExpConstructor

/** A check in convict's manner: throws when it refuses the value. */
export type FormatCheck = (value: unknown) => void

/**
 * What a value must look like: a name, a list of the allowed values (an enum), one of convict's constructors, a check
 * that throws, or a Standard Schema (zod, valibot, …), whose output is then the value.
 */
export type Format =
  | FormatName
  | (string & {})
  | readonly (string | number | boolean)[]
  | FormatConstructor
  | FormatCheck
  | StandardSchema<unknown, unknown>

/** Kinds of layer that a key may get its value from. `remote` is every `ConfigSource`, etcd for one. */
export type SourceKind = 'default' | 'file' | 'env' | 'remote' | 'arg'

/** One configuration key, in convict's dialect and six words of our own (`required` to `unit`). */
export interface LeafSchema {
  /** What the key is for; one sentence, shown by `explain` and in generated documentation. */
  readonly doc?: string
  /** @defaultValue derived from the type of `default`: text, number, boolean, array, object */
  readonly format?: Format
  /** Value when no layer sets the key. It must pass the format. A key without one must be set, unless `nullable`. */
  readonly default?: unknown
  /**
   * Further names of environment variables, beside the canonical one (`db.pool.maxSize` → `DB__POOL__MAX_SIZE`).
   *
   * An object makes the key a group whose `format`, a Standard Schema, describes all of its members at once: dotted
   * paths of members, with their names. A member in it can also be set by `--set db.host=…`, by etcd's `db/host` and by
   * a mounted file, and files merge theirs. It is needed because a Standard Schema does not tell its members.
   */
  readonly env?: string | readonly string[] | { readonly [member: string]: string | readonly string[] }
  /** Name of a command-line option of its own: `arg: 'port'` reads `--port 8080` and `--port=8080`. */
  readonly arg?: string
  /** The value is a `Secret`, masked wherever it could be shown, and never comes from a remote source. */
  readonly sensitive?: boolean
  /** `null` is allowed, and is the value when no layer sets the key and there is no default. */
  readonly nullable?: boolean
  /** Some layer must set the key. Excludes `default`; the same as leaving `default` out. */
  readonly required?: boolean
  /**
   * Whether a change at run time is applied (`hot`) or only recorded until the next start.
   *
   * @defaultValue 'restart'
   */
  readonly reload?: 'hot' | 'restart'
  /**
   * Layers that may set the key; what others hold is refused (files, environment, arguments) or ignored with a
   * warning (remote).
   *
   * @defaultValue all; without `remote` for sensitive keys (where it cannot be added) and for the format `port`
   */
  readonly sources?: readonly SourceKind[]
  /** Format of every element of an `array` or of every value of a `map`. @defaultValue 'string' */
  readonly items?: Format
  /** What to use instead. A layer that sets the key causes a warning. */
  readonly deprecated?: string
  /** Unit of a number, for people: `requests`, `%`. */
  readonly unit?: string
}

/**
 * Tree of keys. A node is a leaf when it has `default` (whatever its value, as in convict), a `doc` that is a text, or
 * a `format` that is a name, a list, a function or a Standard Schema; every other node is a group. So a group may have
 * keys called `format` and `doc`, as in `log.format`, but none called `default`.
 */
export interface ConfigSchema {
  readonly [key: string]: LeafSchema | ConfigSchema
}
