import type { FieldWriter } from './field-writer.ts'
import { isError, readProperty, textOf } from './safe-value.ts'

/** Causes that are followed, and members of an AggregateError that are written out. */
const maxCauses = 5
const maxMembers = 10

/** Keys of an error beyond its known ones that become fields. */
const maxOwnKeys = 20

/** Keys of an error that have a place of their own in the line. */
const knownKeys: ReadonlySet<string> = new Set([
  'name',
  'type',
  'message',
  'stack',
  'code',
  'cause',
  'errors',
])

/** What a line says of the error that it reports. */
export interface ErrorReport {
  /** Its message, for lines that have none of their own. */
  readonly message: string
  /** Stack, causes and members, for `full_message`. */
  readonly fullText: string
}

/**
 * Writes `_error_type`, `_error_message`, `_error_code`, `_error_fingerprint` and what else the error carries.
 *
 * @param thrown anything: an error, what a serializer made of one, or whatever else was thrown
 */
export function writeErrorFields(writer: FieldWriter, thrown: unknown): ErrorReport {
  const error = originalOf(thrown)
  const message = messageOf(error)
  const type = typeOf(error)
  const code = isObject(error) ? readProperty(error, 'code') : undefined
  const stack = stackOf(error)
  writer.write('error_type', type)
  writer.write('error_message', message)
  writer.write('error_code', code === undefined || code === null ? undefined : textOf(code))
  writer.write('error_fingerprint', fingerprint(type, textOf(code ?? ''), stack))
  if (isObject(error)) writeOwnKeys(writer, error)
  return { message: message === '' ? type : message, fullText: chainText(error, stack) }
}

/** The error behind the plain object that pino's standard serializer made of it. */
function originalOf(thrown: unknown): unknown {
  if (!isObject(thrown) || isError(thrown)) return thrown
  const raw = readProperty(thrown, 'raw')
  return isError(raw) ? raw : thrown
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function typeOf(error: unknown): string {
  if (!isObject(error)) return error === null ? 'null' : typeof error
  // A class that does not set `name` still shows in its constructor; one that does knows better.
  const name = readProperty(error, isError(error) ? 'name' : 'type')
  const constructor = readProperty(error, 'constructor')
  const className = typeof constructor === 'function' ? constructor.name : ''
  if (typeof name === 'string' && name !== '' && !(name === 'Error' && className !== '')) return name
  return className === '' ? 'Error' : className
}

function messageOf(error: unknown): string {
  if (!isObject(error)) return textOf(error)
  const message = readProperty(error, 'message')
  if (typeof message === 'string') return message
  return isError(error) ? '' : textOf(error)
}

function stackOf(error: unknown): string | undefined {
  const stack = isObject(error) ? readProperty(error, 'stack') : undefined
  return typeof stack === 'string' && stack !== '' ? stack : undefined
}

/**
 * Writes what an error carries beyond its standard keys. Objects with a class are left out: HTTP clients hang whole
 * sockets and agents on their errors.
 */
function writeOwnKeys(writer: FieldWriter, error: object): void {
  try {
    const keys = Object.keys(error).filter((key) => !knownKeys.has(key))
    for (const key of keys.slice(0, maxOwnKeys)) {
      const value = readProperty(error, key)
      if (!isObject(value) || isPlain(value)) writer.write(`error_${key}`, value)
    }
  } catch {
    // A proxy whose traps throw: its standard keys have been read one by one.
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Array.isArray(value)
}

/** The stack of an error, of its causes and of the errors it was made of. */
function chainText(error: unknown, stack: string | undefined): string {
  let text = oneText(error, stack) + membersText(error)
  const seen = [error]
  for (let current = error; ; seen.push(current)) {
    current = isObject(current) ? readProperty(current, 'cause') : undefined
    if (current === undefined || current === null) return text
    text += '\nCaused by: '
    if (seen.length > maxCauses) return `${text}[more causes]`
    if (seen.includes(current)) return `${text}[circular]`
    text += oneText(current, stackOf(current)) + membersText(current)
  }
}

function membersText(error: unknown): string {
  const members = isObject(error) ? readProperty(error, 'errors') : undefined
  if (!Array.isArray(members)) return ''
  let text = ''
  for (let index = 0; index < Math.min(members.length, maxMembers); index++) {
    text += `\n[${index + 1} of ${members.length}] ${memberText(readProperty(members, index))}`
  }
  return members.length > maxMembers ? `${text}\n[${members.length - maxMembers} more]` : text
}

function memberText(member: unknown): string {
  return oneText(member, stackOf(member))
}

function oneText(error: unknown, stack: string | undefined): string {
  if (stack !== undefined) return stack
  const message = messageOf(error)
  return message === '' ? typeOf(error) : `${typeOf(error)}: ${message}`
}

/**
 * Eight hexadecimal digits that are equal for errors of one type and code thrown in one function of the service,
 * whatever the pod and the folder it is installed in. Lines are left out, so that an unrelated edit above does not
 * make a new group; a function without name is told by its line.
 */
function fingerprint(type: string, code: string, stack: string | undefined): string {
  const frame = stack === undefined ? '' : ownFrame(stack)
  return fnv1a(`${type}|${code}|${frame}`).toString(16).padStart(8, '0')
}

/** The topmost frame that is neither Node's nor a library's, without folder. */
function ownFrame(stack: string): string {
  let topmost = ''
  // Row by row: the frame is nearly always the first one, and a stack has many.
  for (let start = 0, end = 0; end !== -1; start = end + 1) {
    end = stack.indexOf('\n', start)
    const row = end === -1 ? stack.slice(start) : stack.slice(start, end)
    if (!isFrame.test(row)) continue
    if (!row.includes('node:') && !row.includes('node_modules')) return placeOf(row)
    if (topmost === '') topmost = row
  }
  return placeOf(topmost)
}

const isFrame = /^\s+at /

function placeOf(frame: string): string {
  const parts = /^\s+at (?:(.+?) \()?(.*?):(\d+):\d+\)?$/.exec(frame)
  if (parts === null) return frame.trim()
  const [, name, file = '', line = ''] = parts
  const place = file.slice(file.lastIndexOf('/', file.lastIndexOf('/') - 1) + 1)
  return name === undefined || name.includes('<anonymous>') ? `${place}:${line}` : `${name}@${place}`
}

/** FNV-1a, 32 bits: offset basis and prime as in the draft of Fowler, Noll and Vo. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
