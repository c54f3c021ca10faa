import { type CompiledSchema, placeOf } from './compile-schema.ts'
import type { ConfigFault } from './faults.ts'
import { unknownKey } from './file-layers.ts'
import type { Entry, LayerReading } from './layer.ts'

/**
 * Reads command-line arguments: `--set key=value` (also `--set=key=value`) for any key, and the options that keys name
 * with `arg`. Other arguments belong to the service and are left alone, as is everything after `--`.
 *
 * @param argv arguments after the script, `process.argv.slice(2)`
 */
export function readArgumentLayer(schema: CompiledSchema, argv: readonly string[]): LayerReading {
  const entries: Entry[] = []
  const faults: ConfigFault[] = []
  const end = argv.indexOf('--')
  const args = end === -1 ? argv : argv.slice(0, end)
  for (let index = 0; index < args.length; index++) {
    const [option = '', ...rest] = (args[index] ?? '').split('=')
    if (!option.startsWith('--')) continue
    const name = option.slice(2)
    const leaf = schema.byArgument.get(name)
    if (name !== 'set' && leaf === undefined) continue
    const next = args[index + 1]
    const bare = rest.length === 0
    const flag = bare && leaf?.format.name === 'boolean' && (next === undefined || next.startsWith('--'))
    const text = flag ? 'true' : bare ? next : rest.join('=')
    if (bare && !flag) index++
    if (text === undefined) faults.push(withoutValue(option))
    else if (leaf !== undefined) entries.push(entry(leaf.key, text, option))
    else set(text, schema, entries, faults)
  }
  return { entries, faults, warnings: [] }
}

function set(text: string, schema: CompiledSchema, entries: Entry[], faults: ConfigFault[]): void {
  const equals = text.indexOf('=')
  const key = text.slice(0, Math.max(0, equals))
  const place = placeOf(schema, key)
  if (equals <= 0) faults.push(withoutValue('--set'))
  else if (place !== undefined) {
    const member = place.member === undefined ? {} : { member: place.member }
    entries.push({ ...entry(place.leaf.key, text.slice(equals + 1), `--set ${key}`), ...member })
  } else faults.push(unknownKey(key, schema, `--set ${key}`))
}

function entry(key: string, text: string, origin: string): Entry {
  return { key, layer: 'arg', origin, raw: { kind: 'text', text } }
}

function withoutValue(option: string): ConfigFault {
  const form = option === '--set' ? '--set key=value' : `${option} value`
  return {
    key: option,
    problem: 'is given without a value',
    origin: 'command line',
    suggestion: `Write ${form}.`,
  }
}
