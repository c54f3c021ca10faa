import type { RequestContext } from '@keelson/core/context'
import { collectorFragment, contextFragment } from './context-fragment.ts'
import { writeErrorFields, type ErrorReport } from './error-fields.ts'
import { FieldNames } from './field-names.ts'
import { FieldWriter, type FieldRules } from './field-writer.ts'
import { cutToJsonBytes } from './json-text.ts'
import { alwaysFits, limitLine, maxLineBytes } from './line-limit.ts'
import { maskLine, type ValueMask } from './redaction.ts'
import { isError, readProperty, textOf } from './safe-value.ts'

/** Longest short message in bytes. A longer one is shown in `full_message`, and its beginning in `short_message`. */
const maxShortMessageBytes = 8 * 1024
const shortenedMessageBytes = 1024

/** What becomes of a key's value before it is written: pino's serializers and redaction paths. */
export type Transform = (key: string, value: unknown) => unknown

/** Fields that were serialised once, by clean name: `user` → `,"_user":"ada"`. Those of a child logger. */
export type BoundFields = ReadonlyMap<string, string>

/** What a log call comes down to. */
export interface LineParts {
  /** Beginning of the line up to its level; see `createLineHeads`. */
  readonly head: string
  /** `,"timestamp":…` */
  readonly time: string
  readonly message: unknown
  /** The merging object, as handed over by the caller. */
  readonly object: object
  readonly bound: BoundFields | undefined
  readonly context: RequestContext | undefined
  readonly transform: Transform | undefined
  /** Share of requests that the line stands for. A field of the caller's with the name wins. */
  readonly sampleRate?: number | undefined
}

/** Options of {@link createLineBuilder}. */
export interface LineBuilderOptions {
  /** What additional fields begin with: `_` in GELF, nothing for collectors that add it. */
  readonly prefix: '_' | ''
  readonly isSensitive: (key: string) => boolean
  readonly mask: ValueMask
}

/** Builds lines. */
export interface LineBuilder {
  /** A whole line with its newline, at most 16,000 bytes. Throws only what listing the keys of the object throws. */
  line(parts: LineParts): string
  /** Serialises the fields of a child logger, which win over those of its parent. */
  bind(parent: BoundFields | undefined, object: object, transform: Transform | undefined): BoundFields
  /** The last steps of every line, also of those built elsewhere: known secrets masked, length kept. */
  finish(line: string): string
}

/** Makes the builder of the lines of one log. */
export function createLineBuilder(options: LineBuilderOptions): LineBuilder {
  const { prefix, mask, isSensitive } = options
  const newRules = (): FieldRules => ({
    names: new FieldNames(prefix, isSensitive),
    isSensitive,
    mask: mask.apply,
  })
  const rules = newRules()
  // A getter or serializer may itself log: that line must not touch the marks of the line around it.
  let isBusy = false
  const withRules = <Result>(use: (current: FieldRules) => Result): Result => {
    if (isBusy) return use(newRules())
    isBusy = true
    try {
      return use(rules)
    } finally {
      isBusy = false
    }
  }
  const finish = (text: string): string => {
    const masked = mask.isHeldBy(text) ? maskLine(text, mask) : text
    return masked.length > alwaysFits && Buffer.byteLength(masked) > maxLineBytes
      ? limitLine(masked, prefix)
      : masked
  }
  return {
    finish,
    line: (parts) => finish(withRules((current) => build(parts, current))),
    bind(parent, object, transform) {
      const fields = new Map<string, string>()
      withRules((current) => {
        const writer = new FieldWriter(current, current.names.startLine(false), fields)
        writeObject(writer, object, transform, true)
      })
      if (parent !== undefined)
        for (const [name, text] of parent) if (!fields.has(name)) fields.set(name, text)
      return fields
    },
  }
}

function build(parts: LineParts, rules: FieldRules): string {
  const { context, bound, message, sampleRate } = parts
  const writer = new FieldWriter(rules, rules.names.startLine(context !== undefined))
  const report = writeObject(writer, parts.object, parts.transform, message !== undefined)
  const { prefix } = rules.names
  if (sampleRate !== undefined) writer.writeReady('sample_rate', `,"${prefix}sample_rate":${sampleRate}`)
  if (bound !== undefined) for (const [name, text] of bound) writer.writeReady(name, text)

  const text = `${parts.head}${parts.time}${messageFields(writer, message, report)}${writer.text}`
  let end = ''
  if (context !== undefined) {
    const fragment = contextFragment(context)
    end = prefix === '_' ? fragment : collectorFragment(fragment)
  }
  if (writer.droppedCount > 0) end += `,"${prefix}fields_dropped":${writer.droppedCount}`
  if (writer.cutBytes > 0) end += `,"${prefix}truncated":${writer.cutBytes}`
  return `${text}${end}}\n`
}

/** What the merging object says beyond its fields. */
interface ObjectReport {
  /** Its `msg`: pino takes the message from there when the call has none. */
  readonly message: unknown
  readonly error: ErrorReport | undefined
}

const nothingReported: ObjectReport = { message: undefined, error: undefined }

function writeObject(
  writer: FieldWriter,
  object: object,
  transform: Transform | undefined,
  hasMessage: boolean,
): ObjectReport {
  if (isError(object)) return { message: undefined, error: writeErrorFields(writer, object) }
  let report = nothingReported
  const keys = Object.keys(object)
  for (let index = 0; index < keys.length; index++) {
    if (writer.isFull(keys.length - index)) break
    // Within the bounds of the list of keys.
    const key = keys[index] as string
    const value =
      transform === undefined ? readProperty(object, key) : transform(key, readProperty(object, key))
    if (key === 'err' || (key === 'error' && isError(value))) {
      if (value !== undefined && value !== null) {
        report = { message: report.message, error: writeErrorFields(writer, value) }
      }
    } else if (key === 'msg' && !hasMessage) report = { message: value, error: report.error }
    else writer.write(key, value)
  }
  return report
}

/** `short_message`, which Graylog refuses when it is blank, and `full_message` where there is more to say. */
function messageFields(writer: FieldWriter, message: unknown, report: ObjectReport): string {
  const given = message ?? report.message ?? report.error?.message ?? ''
  const text = typeof given === 'string' ? given : textOf(given)
  let short = isBlank(text) ? (report.error?.message ?? '-') : text
  if (isBlank(short)) short = '-'
  let full = report.error?.fullText
  // No character takes more than 6 bytes in JSON; most messages are not looked at twice.
  if (short.length * 6 > maxShortMessageBytes) {
    if (cutToJsonBytes(short, maxShortMessageBytes) !== short) {
      full = full === undefined ? short : `${short}\n${full}`
      short = cutToJsonBytes(short, shortenedMessageBytes)
    }
  }
  const fields = `,"short_message":${writer.quoted(short)}`
  return full === undefined ? fields : `${fields},"full_message":${writer.quoted(full)}`
}

function isBlank(text: string): boolean {
  // A first character that can be seen settles nearly all of them.
  return !(text.charCodeAt(0) > 0x20 && text.charCodeAt(0) < 0x7f) && text.trim() === ''
}
