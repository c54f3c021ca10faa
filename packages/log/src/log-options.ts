import type { Clock } from '@keelson/core/clock'
import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import type { LogDestination } from './destination.ts'
import type { LevelScope } from './levels.ts'
import type { LogShipping } from './shipping/shipper.ts'

/** The least level that is written; pino's names. `silent` writes nothing. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent'

/**
 * Form of a line. `gelf` is GELF 1.1 to the letter, for collectors that pass lines on as they are; `gelf-collector` is
 * the same without `version` and underscores, for fluent-bit's and fluentd's GELF outputs, which add both;
 * `pretty` is for people.
 */
export type LogFormat = 'gelf' | 'gelf-collector' | 'pretty'

/** Options of {@link createLog}. */
export interface LogOptions {
  /** Name of the service, `_service` on every line. */
  readonly service: string
  /** Version of the service, `_version`. */
  readonly version?: string | undefined
  /** Environment, `_env`. */
  readonly env?: string | undefined
  /** Name of the pod, `_pod`. */
  readonly pod?: string | undefined
  /** Name of the cluster's node, `_node`. */
  readonly node?: string | undefined
  /** GELF's `host`. @defaultValue the name of the machine; in a container that of the pod */
  readonly host?: string | undefined
  /** @defaultValue 'info' */
  readonly level?: LogLevel
  /** Levels of modules, by the name that {@link Log.module} is given. @defaultValue none: all have `level` */
  readonly levels?: Readonly<Record<string, LogLevel>>
  /**
   * Share of requests whose lines are written, all of them or none, by the id of the request. Lines outside of a
   * request, and those from `warn` on, are always written. What is written carries `_sample_rate`.
   *
   * @range 0 to 1
   * @defaultValue 1
   */
  readonly sampleRatio?: number
  /**
   * Lines of one message that are written in ten seconds; one line then says how many were left out. Fatal lines and
   * access lines are not limited.
   *
   * @range 1 to 1,000,000
   * @defaultValue no limit
   */
  readonly burstLimitCount?: number
  /** @defaultValue 'gelf' */
  readonly format?: LogFormat
  /** Colours in the `pretty` format. @defaultValue false */
  readonly colour?: boolean
  /** Further fields of every line. A field of a log call wins over one of these. @defaultValue none */
  readonly fields?: Readonly<Record<string, unknown>>
  /**
   * Names of keys whose values are never written, at any depth. A key matches when its last words are those of a name,
   * in whatever spelling: `api key` is `apiKey`, `X-Api-Key` and `THEIR_API_KEY`. Replaces the default list.
   *
   * @defaultValue {@link logDefaults}`.redactKeys`
   */
  readonly redactKeys?: readonly string[]
  /** Paths whose values are never written, in pino's notation: `user.email`, `*.email`, `users[*].email`. @defaultValue none */
  readonly redactPaths?: readonly string[]
  /**
   * Secrets that are masked wherever they appear verbatim in a line, as in the text of an error that quotes a
   * connection string. Those under 8 characters are left out: they would be found by chance.
   *
   * @defaultValue none
   */
  readonly maskedValues?: readonly string[]
  /** pino's serializers, by the key of the value. @defaultValue none */
  readonly serializers?: Readonly<Record<string, (value: unknown) => unknown>>
  /** Gives fields for the line that is being written. The fields of the call win. @defaultValue none */
  readonly mixin?: () => object
  /**
   * Requests that took longer have their access line at `warn`. Milliseconds.
   *
   * @range above 0
   * @defaultValue 10,000 — the last bound of `http_request_duration_seconds`, beyond which metrics tell nothing apart
   */
  readonly slowRequestMs?: number
  /** Where lines go. @defaultValue standard output, see {@link createStdoutDestination} */
  readonly destination?: LogDestination
  /**
   * Ships every line over the network too, by gelf-pro, which must be installed. Not with the format `gelf-collector`,
   * whose lines are no GELF until a collector has been at them. @defaultValue none: standard output only
   */
  readonly shipping?: LogShipping
  /** Source of time. @defaultValue the real one */
  readonly clock?: Clock
}

/** Values that stand for missing {@link LogOptions}. */
export const logDefaults: Readonly<{
  level: LogLevel
  format: LogFormat
  colour: boolean
  slowRequestMs: number
  sampleRatio: number
  redactKeys: readonly string[]
}> = Object.freeze({
  level: 'info',
  format: 'gelf',
  colour: false,
  slowRequestMs: 10_000,
  sampleRatio: 1,
  redactKeys: Object.freeze([
    'password',
    'passwd',
    'passphrase',
    'secret',
    'token',
    'authorization',
    'cookie',
    'set cookie',
    'api key',
    'access key',
    'private key',
    'secret key',
    'client secret',
    'credentials',
    'card',
    'card number',
    'cvv',
  ]),
})

const code = 'KEELSON_LOG_OPTIONS_INVALID'

/** pino's levels, in order. */
const levelNames: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

const ratioRule = optionRules.number({ min: 0, max: 1 })
const burstRule = optionRules.number({ min: 1, max: 1_000_000, integer: true })

/** @throws KEELSON_LOG_OPTIONS_INVALID */
export function checkLogOptions(options: LogOptions): void {
  checkOptions(code, 'log', options, {
    service: optionRules.string,
    version: optionRules.string,
    env: optionRules.string,
    pod: optionRules.string,
    node: optionRules.string,
    host: optionRules.string,
    level: optionRules.oneOf(...levelNames),
    format: optionRules.oneOf('gelf', 'gelf-collector', 'pretty'),
    colour: optionRules.boolean,
    levels: levelTable,
    sampleRatio: ratioRule,
    burstLimitCount: burstRule,
    fields: optionRules.object,
    redactKeys: textList,
    redactPaths: textList,
    maskedValues: textList,
    serializers: optionRules.object,
    mixin: optionRules.function,
    slowRequestMs: optionRules.number({ above: 0 }),
    destination: (value) =>
      value === undefined || typeof Reflect.get(Object(value), 'write') === 'function'
        ? undefined
        : 'an object with a function write',
    shipping: (value) =>
      value === undefined || (typeof value === 'object' && options.format !== 'gelf-collector')
        ? undefined
        : 'an object, and only with the formats gelf and pretty',
    clock: optionRules.object,
  })
  // Without types, callers can leave out what is required.
  if ((options.service as string | undefined) === undefined) {
    throw new KeelsonError(code, 'log.service is missing. Give the name of the service.', {
      details: { path: 'log.service' },
    })
  }
}

/**
 * Checks a level that is set at run time.
 *
 * @throws KEELSON_LOG_OPTIONS_INVALID
 */
export function checkLevel(level: LogLevel, scope: LevelScope): void {
  checkOptions(code, 'log', { level }, { level: optionRules.oneOf(...levelNames) })
  checkOptions(code, 'log.setLevel', scope, {
    module: optionRules.string,
    forMs: optionRules.number({ min: 1, max: 86_400_000 }),
  })
}

/**
 * Checks levels of modules that are set at run time.
 *
 * @throws KEELSON_LOG_OPTIONS_INVALID
 */
export function checkLevels(levels: Readonly<Record<string, LogLevel>>): void {
  checkOptions(code, 'log', { levels }, { levels: levelTable })
}

/**
 * Checks a share of requests that is set at run time.
 *
 * @throws KEELSON_LOG_OPTIONS_INVALID
 */
export function checkSampleRatio(sampleRatio: number): void {
  checkOptions(code, 'log', { sampleRatio }, { sampleRatio: ratioRule })
}

/**
 * Checks a burst limit that is set at run time.
 *
 * @throws KEELSON_LOG_OPTIONS_INVALID
 */
export function checkBurstLimit(burstLimitCount: number | undefined): void {
  checkOptions(code, 'log', { burstLimitCount }, { burstLimitCount: burstRule })
}

function levelTable(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const isTable =
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((level) => (levelNames as readonly unknown[]).includes(level))
  return isTable ? undefined : `an object of levels by module, each one of ${levelNames.join(', ')}`
}

function textList(value: unknown): string | undefined {
  return value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    ? undefined
    : 'a list of texts'
}
