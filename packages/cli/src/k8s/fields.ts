/** A part of a manifest. Nothing is known of it: every field is asked for and may be of any kind. */
export type Fields = Readonly<Record<string, unknown>>

/** The field at a path; an empty object when it is absent or of another kind. */
export function fieldsAt(from: unknown, ...path: readonly string[]): Fields {
  const value = valueAt(from, ...path)
  // Told apart from lists and null just here.
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}

/** The list at a path; empty when it is absent or of another kind. */
export function listAt(from: unknown, ...path: readonly string[]): readonly unknown[] {
  const value = valueAt(from, ...path)
  return Array.isArray(value) ? value : []
}

/** The text at a path; `undefined` when it is absent or of another kind. */
export function textAt(from: unknown, ...path: readonly string[]): string | undefined {
  const value = valueAt(from, ...path)
  return typeof value === 'string' ? value : undefined
}

/** The number at a path; `undefined` when it is absent or of another kind. */
export function numberAt(from: unknown, ...path: readonly string[]): number | undefined {
  const value = valueAt(from, ...path)
  return typeof value === 'number' ? value : undefined
}

/** The value at a path; `undefined` when any step of it is absent. */
export function valueAt(from: unknown, ...path: readonly string[]): unknown {
  let value = from
  for (const name of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
    // An object with that very field.
    value = (value as Fields)[name]
  }
  return value
}
