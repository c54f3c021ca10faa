import type { ConfigFault } from './faults.ts'
import { redacted, showValue } from './display.ts'
import { originOf } from './explain.ts'
import type { ResolvedLeaf } from './resolve.ts'
import { buildSnapshot, secretTexts } from './snapshot.ts'
import type { ConfigSchema } from './schema.ts'
import type { ConfigKey, ConfigValues } from './values.ts'

/** What is wrong between keys. */
export interface RefineFault<Key extends string = string> {
  /** The key that people should change first. */
  readonly key: Key
  /** The end of a sentence that begins with the key: `must be below db.poolMax`. */
  readonly problem: string
  /** What to do, as one sentence. @defaultValue 'Correct it.' */
  readonly suggestion?: string
}

/**
 * A check across keys. It gets what would be in force, secrets as `Secret`, and returns what is wrong with it. It is
 * called for every candidate, at start and at run time, so that it must be quick and touch nothing.
 */
export type Refine<Schema extends ConfigSchema> = (
  values: ConfigValues<Schema>,
) => readonly RefineFault<ConfigKey<Schema>>[] | undefined

/** Runs a check across keys on values that are sound each for itself. What it throws is a fault as well. */
export function refineFaults(
  refine: Refine<never> | undefined,
  leaves: ReadonlyMap<string, ResolvedLeaf>,
): readonly ConfigFault[] {
  if (refine === undefined) return []
  const { tree } = buildSnapshot(leaves)
  const secrets = secretTexts(leaves).filter((text) => text.length >= minMaskedLength)
  const masked = (text: string) => secrets.reduce((shown, secret) => shown.replaceAll(secret, redacted), text)
  try {
    // The tree was built along the schema that the check's type is inferred from.
    return (refine(tree as never) ?? []).map(({ key, problem, suggestion = 'Correct it.' }) => {
      const resolved = leaves.get(key)
      return {
        key,
        value: resolved && showValue(resolved.value, resolved.leaf.sensitive),
        problem: masked(problem),
        origin: resolved === undefined ? 'refine' : originOf(resolved),
        suggestion: masked(suggestion),
      }
    })
  } catch (error) {
    // Only the kind: the message is somebody else's, and may hold what it should not.
    const kind = error instanceof Error ? error.name : typeof error
    const problem = `the check across keys threw a ${kind}`
    return [{ key: 'refine', problem, origin: 'refine', suggestion: 'Correct the function refine.' }]
  }
}

// Shorter texts occur in words that have nothing to do with them; the same limit as that of the log.
const minMaskedLength = 4
