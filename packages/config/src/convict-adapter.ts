import convict from 'convict'
import type { Leaf } from './compile-schema.ts'
import type { ConvictFormat } from './compile-format.ts'

/** A key that convict refuses. */
export interface ConvictRefusal {
  readonly leaf: Leaf
  /** In convict's or the format's own words, which may repeat the value. */
  readonly message: string
}

/** What convict made of the values. */
export interface ConvictReading {
  /** Values by key; a format added to convict may have coerced its own. */
  readonly values: ReadonlyMap<string, unknown>
  readonly refusals: readonly ConvictRefusal[]
}

/**
 * Has convict check values that are merged and coerced already, with a fresh instance, no environment and no arguments:
 * convict's own coercion and layering are not used. This is where formats added by `convict.addFormat` run.
 * Maps, objects and outputs of a Standard Schema are not handed over: convict flattens them by dots, and fails on an
 * entry whose name has one.
 */
export function checkWithConvict(values: ReadonlyMap<Leaf, unknown>): ConvictReading {
  const subjects = [...values].filter(([leaf]) => leaf.format.convict !== undefined)
  const whole = check(subjects)
  if (whole !== undefined) return { values: whole, refusals: [] }
  // Something is refused. convict says what as one text for all keys, so each is asked for on its own.
  const refusals: ConvictRefusal[] = []
  for (const subject of subjects) {
    check([subject], (message) =>
      refusals.push({ leaf: subject[0], message: bareMessage(message, subject[0]) }),
    )
  }
  return { values: new Map(), refusals }
}

/** convict puts the key in front and the value, as it coerced it, behind; both are in the fault already. */
function bareMessage(message: string, leaf: Leaf): string {
  const front = `${leaf.key}: `
  const behind = message.lastIndexOf(': value was ')
  return message.slice(message.startsWith(front) ? front.length : 0, behind === -1 ? undefined : behind)
}

function check(
  subjects: readonly (readonly [Leaf, unknown])[],
  onRefusal: (message: string) => void = () => undefined,
): ReadonlyMap<string, unknown> | undefined {
  try {
    const instance = convict<Record<string, unknown>>(convictSchema(subjects), { env: {}, args: [] })
    instance.validate({ allowed: 'strict', output: () => undefined })
    return new Map(subjects.map(([leaf]) => [leaf.key, instance.get(leaf.key)]))
  } catch (error) {
    onRefusal(error instanceof Error ? error.message : String(error))
    return undefined
  }
}

/** The tree that convict wants; the value goes in as default, which convict takes without touching it otherwise. */
function convictSchema(
  subjects: readonly (readonly [Leaf, unknown])[],
): convict.Schema<Record<string, unknown>> {
  const root: Record<string, unknown> = {}
  for (const [leaf, value] of subjects) {
    let group = root
    for (const name of leaf.path.slice(0, -1)) {
      group[name] ??= {}
      group = group[name] as Record<string, unknown> // made in the line above, or by a sibling in the same way
    }
    group[leaf.path.at(-1) ?? leaf.key] = {
      format: ownErrors(leaf.format.convict),
      default: value,
      nullable: leaf.nullable,
      sensitive: leaf.sensitive,
    }
  }
  return root as convict.Schema<Record<string, unknown>> // every leaf has a default; the rest are groups
}

/** convict writes fields on the error that a check throws, which fails when it threw a text or a frozen object. */
function ownErrors(format: ConvictFormat | undefined): unknown {
  if (typeof format !== 'function') return format
  return (value: unknown) => {
    try {
      format(value)
    } catch (error) {
      throw new Error(error instanceof Error ? error.message : String(error), { cause: error })
    }
  }
}
