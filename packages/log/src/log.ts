import { hostname } from 'node:os'
import { channel } from '@keelson/core/channels'
import { systemClock, type Clock } from '@keelson/core/clock'
import type { RequestContext } from '@keelson/core/context'
import { checkOptions, KeelsonError, optionRules } from '@keelson/core/errors'
import type { AccessRecord } from '@keelson/core/http'
import { createAccessLines } from './access-line.ts'
import { writeChannelLines } from './channel-lines.ts'
import type { LogDestination } from './destination.ts'
import { createLineBuilder } from './gelf-line.ts'
import { createLineHeads } from './line-head.ts'
import { createGelfLogger, type Logger } from './pino-adapter.ts'
import { formatPretty } from './pretty.ts'
import { createValueMask, sensitiveKeys } from './redaction.ts'
import { createShipper, type LogShipping } from './shipping/shipper.ts'
import { createStdoutDestination } from './stdout-destination.ts'
import { createTimeText } from './time-text.ts'

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
  redactKeys: readonly string[]
}> = Object.freeze({
  level: 'info',
  format: 'gelf',
  colour: false,
  slowRequestMs: 10_000,
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

/** The log of one service. */
export interface Log {
  /** A pino logger. Every line carries the ids of the request or job that it is written for. */
  readonly logger: Logger
  /**
   * A logger bound to one request, for frameworks that hand a logger to each. Cheap enough to make one per request.
   *
   * @param logger what it inherits from: this log's own, or a child of it. @defaultValue `logger`
   */
  forContext(context: RequestContext, logger?: Logger): Logger
  /**
   * Prepares the access line of a route; what it returns writes one line per ended request, at `error` for a status
   * from 500, at `warn` when it was slow, else at `info`.
   *
   * @param route template of the route, `undefined` for requests that match none
   */
  accessLine(method: string, route: string | undefined): (record: AccessRecord) => void
  /** The least level that is written. */
  readonly level: LogLevel
  /**
   * Changes the level, also of children that have none of their own.
   *
   * @throws KEELSON_LOG_OPTIONS_INVALID for a level that does not exist
   */
  setLevel(level: LogLevel): void
  /** Adds secrets to `maskedValues`, once they are known. */
  maskValues(values: readonly string[]): void
  /**
   * Writes facts that other parts publish about this service: circuits, health, configuration, life of the process.
   *
   * @returns ends it; so does `close`
   */
  adoptChannels(): () => void
  /** Hands over what is held back, within the bound of the destination (500 ms on standard output). Never throws. */
  flush(): void
  /** Flushes and closes the destination, the shipping within 2 s. Lines written later still go to standard output. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const code = 'KEELSON_LOG_OPTIONS_INVALID'

/** pino's levels, in order. */
const levelNames: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

/** Longest name of host, service, pod and so on: DNS names, which most of them are, have no more (RFC 1035). */
const maxIdentityLength = 253

/**
 * Makes the log of a service: lines in GELF, one JSON object each, at most 16,000 bytes, on standard output.
 * No call of the logger throws, and none waits for a network.
 *
 * @throws KEELSON_LOG_OPTIONS_INVALID, KEELSON_LOG_GELF_PRO_MISSING
 */
export function createLog(options: LogOptions): Log {
  checkLogOptions(options)
  const { service, format = logDefaults.format, colour = logDefaults.colour, clock = systemClock } = options
  const prefix = format === 'gelf-collector' ? '' : '_'
  const mask = createValueMask(options.maskedValues ?? [])
  const builder = createLineBuilder({
    prefix,
    mask,
    isSensitive: sensitiveKeys(options.redactKeys ?? logDefaults.redactKeys),
  })
  const head = createLineHeads({
    prefix,
    host: short(options.host ?? hostname()),
    service: short(service),
    version: short(options.version),
    env: short(options.env),
    pod: short(options.pod),
    node: short(options.node),
    pid: process.pid,
  })
  const timeText = createTimeText(clock)
  const publishDropped = (reason: string, count: number): void =>
    channel('keelson.log.dropped').publish({ service, reason, count })
  const tellDropped = (reason: string, count: number): void => {
    publishDropped(reason, count)
    logger.warn(
      { dropped_reason: reason, dropped_count: count },
      `${count} log lines were dropped: ${reason}`,
    )
  }
  const destination = options.destination ?? createStdoutDestination({ clock, onDropped: tellDropped })
  const isPretty = format === 'pretty'
  /** While a loss of the shipping is told of: that line is not for the way that loses lines. */
  let isTelling = false
  const shipper =
    options.shipping &&
    createShipper(options.shipping, clock, (reason, count) => {
      isTelling = true
      tellDropped(reason, count)
      isTelling = false
    })
  const write = (line: string): void => {
    try {
      destination.write(isPretty ? formatPretty(line, { colour }) : line)
    } catch {
      publishDropped('destination-failed', 1)
    }
    if (shipper !== undefined && !isTelling) shipper.ship(line)
  }
  const flush = (): void => {
    try {
      destination.flush?.()
    } catch {
      // What was held back is lost; whoever flushes has no better place to say so.
    }
  }

  const { logger, isDirect, forContext } = createGelfLogger({
    level: options.level ?? logDefaults.level,
    builder,
    head,
    timeText,
    write,
    flush,
    fields: options.fields ?? {},
    redactPaths: options.redactPaths ?? [],
    serializers: options.serializers ?? {},
    mixin: options.mixin,
  })
  if (!isDirect) {
    logger.warn(
      'this version of pino does not let its lines be built directly: they are built twice, which is slower',
    )
  }

  const ends = new Set<() => void>()
  const close = async (): Promise<void> => {
    for (const end of ends) end()
    ends.clear()
    flush()
    await shipper?.close()
    await destination.close?.()
  }
  return {
    logger,
    forContext: (context, parent = logger) => forContext(context, parent),
    accessLine: createAccessLines({
      prefix,
      slowRequestMs: options.slowRequestMs ?? logDefaults.slowRequestMs,
      head,
      timeText,
      threshold: () => logger.levelVal,
      write: (line) => write(builder.finish(line)),
    }),
    get level() {
      return logger.level as LogLevel // only setLevel and createLog set it, both check
    },
    setLevel(level) {
      checkOptions(code, 'log', { level }, { level: optionRules.oneOf(...levelNames) })
      logger.level = level
    },
    maskValues: (values) => mask.add(values),
    adoptChannels() {
      const end = writeChannelLines(service, logger)
      ends.add(end)
      return () => {
        ends.delete(end)
        end()
      }
    },
    flush,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function checkLogOptions(options: LogOptions): void {
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

function textList(value: unknown): string | undefined {
  return value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
    ? undefined
    : 'a list of texts'
}

function short<Text extends string | undefined>(text: Text): string | Text {
  return text === undefined ? text : text.slice(0, maxIdentityLength)
}
