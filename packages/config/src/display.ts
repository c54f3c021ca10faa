import { inspect } from 'node:util'
import { isPlainObject } from './plain-object.ts'

/** Shown in place of every sensitive value. */
export const redacted = '[redacted]'

// Long enough for a URL or a path, short enough that ten faults fit on a screen.
const maxShownLength = 80

/**
 * A value as text for people: quoted, control characters escaped (a value must not drive a terminal), user and
 * password of URLs masked, shortened to 80 characters.
 */
export function showValue(value: unknown, sensitive: boolean): string {
  if (sensitive) return redacted
  const json = printable(value)
  const shown = maskUserInfo(json).replace(controlCharacters, escapeCharacter)
  return shown.length > maxShownLength
    ? `${shown.slice(0, maxShownLength)}… (${shown.length} characters)`
    : shown
}

/** A value as data for people and machines: JSON terms only, secrets and the passwords of URLs masked. */
export function publicValue(value: unknown, sensitive: boolean): unknown {
  if (sensitive) return redacted
  if (typeof value === 'string') return maskUserInfo(value)
  if (typeof value === 'number' || typeof value === 'boolean' || value === null || value === undefined)
    return value
  if (Array.isArray(value)) return value.map((item) => publicValue(item, false))
  if (isPlainObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, publicValue(member, false)]))
  }
  return typeof value === 'object' && 'toJSON' in value && typeof value.toJSON === 'function'
    ? publicValue(value.toJSON(), false) // URL, Date and whatever else knows its own form in JSON
    : maskUserInfo(inspect(value))
}

/** Masks what stands between `://` and the last `@` of a word: rather too much than half a password. */
export function maskUserInfo(value: string): string {
  return value.replace(/(:\/\/)[^\s"]*@/g, `$1${redacted}@`)
}

function printable(value: unknown): string {
  if (value instanceof RegExp) return String(value)
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return `a value of type ${typeof value}` // circular, or a bigint inside
  }
}

// JSON.stringify leaves DEL, the C1 range and the line separators as they are.
// oxlint-disable-next-line no-control-regex
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
