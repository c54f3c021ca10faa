import { KeelsonError } from '@keelson/core/errors'

/** One thing that is wrong with a configuration. Never holds a secret. */
export interface ConfigFault {
  /** Dotted key; the name of the file or variable where there is no key. */
  readonly key: string
  /** The value as it was found, quoted, shortened and masked; absent where there is none to show. */
  readonly value?: string | undefined
  /** What is wrong, as the end of a sentence: `is not a whole number`. */
  readonly problem: string
  /** `config/production.json:14`, `env DB__PORT`, `etcd /acme/prod/catalog/db/port@rev 812`. */
  readonly origin: string
  /** What to do, as one sentence. */
  readonly suggestion: string
  /** No layer sets the key at all. */
  readonly missing?: boolean
}

/**
 * The one error for all faults of a configuration.
 *
 * @param service name of the service whose configuration it is
 * @param warnings what may explain a fault, such as a mistyped variable beside a missing key
 */
export function configInvalid(
  service: string,
  faults: readonly ConfigFault[],
  warnings: readonly string[] = [],
): KeelsonError {
  const sorted = faults.toSorted((a, b) => compare(a.key, b.key) || compare(a.origin, b.origin))
  const count = sorted.length === 1 ? '1 fault' : `${sorted.length} faults`
  const lines = sorted.map((fault, index) =>
    [
      `${index + 1}. ${describeFault(fault)}`,
      `   origin: ${fault.origin}`,
      `   remedy: ${fault.suggestion}`,
    ].join('\n'),
  )
  return new KeelsonError(
    'KEELSON_CONFIG_INVALID',
    [
      `The configuration of ${service} has ${count}.`,
      ...lines,
      ...warnings.map((text) => `note: ${text}`),
    ].join('\n'),
    { details: { faults: sorted } },
  )
}

/** A fault as one line without its remedy: `db.port = "80a" is not a whole number`. */
export function describeFault(fault: ConfigFault): string {
  return `${fault.key}${fault.value === undefined ? '' : ` = ${fault.value}`} ${fault.problem}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
