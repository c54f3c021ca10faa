import { cutToJsonBytes } from './json-text.ts'

/** Longest line in bytes, newline included: container runtimes cut at 16 KiB (moby issue 43162). DESIGN §3.5. */
export const maxLineBytes = 16_000

/** A line shorter than this in UTF-16 units cannot be too long: none takes more than 3 bytes of UTF-8. */
export const alwaysFits: number = Math.floor(maxLineBytes / 3)

/** Values are not cut below this; when that is not enough, fields are left out. */
const minValueBytes = 64

/** Room for `,"_truncated":` and `,"_fields_dropped":` with their numbers. */
const noteBytes = 64

/** Fields that stay whatever happens: without them Graylog refuses the line, or nobody knows whose it is. */
const keptFields: ReadonlySet<string> = new Set(
  ['version', 'host', 'short_message', 'full_message', 'timestamp', 'level'].concat(
    ['service', 'version', 'env', 'pod', 'node', 'pid', 'request_id', 'trace_id', 'span_id'].flatMap(
      (name) => [name, `_${name}`],
    ),
  ),
)

/**
 * Brings a line that is too long within `maxBytes`: the longest values are cut first, all to one length,
 * then fields are left out from the end. Says in `_truncated` how many bytes are missing.
 *
 * @param line a whole line with its newline
 * @param prefix what additional fields begin with, `_` or nothing
 */
export function limitLine(line: string, prefix: '_' | '', maxBytes: number = maxLineBytes): string {
  // The builder of the line only writes objects of texts and numbers.
  const fields = JSON.parse(line) as Record<string, string | number>
  const names = Object.keys(fields)
  const budget = maxBytes - noteBytes
  const excess = Buffer.byteLength(line) - budget
  const bound = valueBound(
    names.map((name) => fieldBytes(name, fields[name])),
    excess,
  )
  let cut = 0
  for (const name of names) {
    const value = fields[name]
    if (typeof value !== 'string') continue
    const kept = cutToJsonBytes(value, bound)
    cut += Buffer.byteLength(value) - Buffer.byteLength(kept)
    fields[name] = kept
  }

  let bytes = Buffer.byteLength(JSON.stringify(fields)) + 1
  let dropped = 0
  for (const name of names.toReversed()) {
    if (bytes <= budget) break
    if (keptFields.has(name)) continue
    const { key, value } = fieldBytes(name, fields[name])
    bytes -= key + value
    cut += value
    delete fields[name]
    dropped++
  }
  add(fields, `${prefix}truncated`, cut)
  add(fields, `${prefix}fields_dropped`, dropped)
  return `${JSON.stringify(fields)}\n`
}

/** Adds to a count that the line may have already. */
function add(fields: Record<string, string | number>, name: string, count: number): void {
  if (count > 0) fields[name] = Number(fields[name] ?? 0) + count
}

interface FieldBytes {
  /** Bytes of the name, with quotes, colon and comma. */
  readonly key: number
  readonly value: number
  readonly canBeCut: boolean
}

function fieldBytes(name: string, value: string | number | undefined): FieldBytes {
  return {
    key: Buffer.byteLength(JSON.stringify(name)) + 2,
    value: Buffer.byteLength(JSON.stringify(value) ?? ''),
    canBeCut: typeof value === 'string',
  }
}

/** The length to which all longer values are cut so that `excess` bytes go, quotes left out. */
function valueBound(fields: readonly FieldBytes[], excess: number): number {
  const sizes = fields
    .filter((field) => field.canBeCut)
    .map((field) => field.value - 2)
    .toSorted((one, other) => other - one)
  let sum = 0
  for (const [index, size] of sizes.entries()) {
    sum += size
    const bound = Math.floor((sum - excess) / (index + 1))
    if (bound >= (sizes[index + 1] ?? 0)) return Math.max(bound, minValueBytes)
  }
  return minValueBytes
}
