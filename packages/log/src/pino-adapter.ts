import { tracingChannel } from 'node:diagnostics_channel'
import { currentContext, type RequestContext } from '@keelson/core/context'
import { pino, stdSerializers, symbols, type ChildLoggerOptions, type Logger, type LoggerOptions } from 'pino'
import type { BoundFields, LineBuilder, Transform } from './gelf-line.ts'
import { createTransform } from './pino-transform.ts'
import { redactedText } from './redaction.ts'
import { readProperty } from './safe-value.ts'

export type { Logger } from 'pino'

/** Options of {@link createGelfLogger}. */
export interface GelfLoggerOptions {
  readonly level: string
  readonly builder: LineBuilder
  /** Beginning of the line up to its level, by pino's number of the level. */
  readonly head: (level: number) => string
  /** `,"timestamp":…` of now. */
  readonly timeText: () => string
  /** Takes a finished line. Never throws. */
  readonly write: (line: string) => void
  readonly flush: () => void
  readonly fields: Readonly<Record<string, unknown>>
  readonly redactPaths: readonly string[]
  readonly serializers: Readonly<Record<string, (value: unknown) => unknown>>
  readonly mixin: (() => object) | undefined
  /** Whether the lines of a request are written; without it, all are. Never asked from `warn` on. */
  readonly isSampled?: (requestId: string) => boolean
  /** Share of requests that `isSampled` lets pass, written on their lines. */
  readonly sampleRatio?: number
  /** Whether a message, before its arguments are put in, was written too often. Never asked for fatal lines. */
  readonly isLimited?: (message: string, level: number) => boolean
  /** The symbols of pino. Other ones show in tests what happens when a pino knows them no more. */
  readonly pinoSymbols?: Readonly<Record<string, symbol>>
}

/** A pino logger that writes GELF. */
export interface GelfLogger {
  readonly logger: Logger
  /** Whether pino lets its lines be built by us; otherwise each of its lines is parsed and built anew. */
  readonly isDirect: boolean
  /** A logger that writes the same lines as `logger`, each with the ids of `context`. */
  readonly forContext: (context: RequestContext, logger: Logger) => Logger
}

/** What a logger of ours carries beyond pino's own. One property, so that a child costs one more slot. */
interface OwnState {
  readonly bound: BoundFields | undefined
  /** What was handed to `child`, for `bindings()`. */
  readonly given: Readonly<Record<string, unknown>>
  readonly transform: Transform | undefined
  /** There are redaction paths that only pino can apply: without it, no object may be shown. */
  readonly isBlind: boolean
}

const stateKey: unique symbol = Symbol('keelson.log.state')
const contextKey: unique symbol = Symbol('keelson.log.context')

/** pino's loggers are open objects: beside the typed surface they carry settings under symbols. */
type OpenLogger = Logger & {
  [stateKey]: OwnState
  [contextKey]?: RequestContext
  [key: symbol]: unknown
}

interface Formatters {
  readonly bindings?: (bindings: Record<string, unknown>) => Record<string, unknown>
}

// Public names of pino's settings, the same in all its copies.
const serializersKey: unique symbol = Symbol.for('pino.serializers')
const formattersKey: unique symbol = Symbol.for('pino.formatters')

const unreadableMessage = 'A log call failed: its arguments cannot be read'

/** pino's word for keys of `child` that are no fields. */
const childOptionKeys: ReadonlySet<string> = new Set(['level', 'serializers', 'formatters', 'customLevels'])

const infoLevel = 30
const warnLevel = 40
const fatalLevel = 60

/**
 * Makes a pino logger whose lines are built by `builder` instead of pino: through a symbol that pino exports, tried out
 * once on a line into memory. Serializers, redaction paths, mixin, message prefix, format arguments, levels and
 * children keep the meaning that pino gives them. No log call throws.
 */
export function createGelfLogger(options: GelfLoggerOptions): GelfLogger {
  const known = options.pinoSymbols ?? symbols
  const isDirect = isHonoured(options, known)
  const logger = isDirect ? createDirect(options, known) : createParsing(options, known)
  return {
    logger,
    isDirect,
    forContext(context, parent) {
      // An object with one property: pino's child() would serialise bindings and copy settings for every request.
      const bound = Object.create(parent) as OpenLogger // it inherits everything from a logger
      bound[contextKey] = context
      return bound
    },
  }
}

/** Whether a pino with our line builder writes what we would write. */
function isHonoured(options: GelfLoggerOptions, known: Readonly<Record<string, symbol>>): boolean {
  let written = ''
  const { isSampled: _sampled, isLimited: _limited, sampleRatio: _ratio, ...plain } = options
  try {
    const write = (line: string): void => void (written += line)
    const probe = createDirect({ ...plain, write, level: 'info', fields: {}, mixin: undefined }, known)
    probe
      .child({ bound: true }, { redact: ['hidden'] })
      .info({ flag: true, hidden: 'visible' }, 'a %s', 'probe')
    const expected = /"short_message":"a probe".*flag":"true".*hidden":"\[Redacted\]".*bound":"true"/
    return written.startsWith(options.head(infoLevel)) && expected.test(written)
  } catch {
    return false
  }
}

function createDirect(options: GelfLoggerOptions, known: Readonly<Record<string, symbol>>): Logger {
  const { builder, head, write } = options
  const asJsonKey = known['asJsonSym']
  if (asJsonKey === undefined) throw new TypeError('pino has no symbol asJsonSym')
  const logger = createPino(options, known, write, {})
  const traced = tracingChannel('pino_asJson')

  function asJson(this: OpenLogger, object: object, message: unknown, level: number, time: string): string {
    const state = this[stateKey]
    return builder.line({
      head: head(level),
      time,
      message,
      object,
      bound: state.bound,
      context: this[contextKey] ?? currentContext(),
      transform: state.transform,
    })
  }

  logger[asJsonKey] = function (
    this: OpenLogger,
    object: object,
    message: unknown,
    level: number,
    time: string,
  ): string {
    if (!traced.hasSubscribers) return asJson.call(this, object, message, level, time)
    // Tracers listen here to add their ids; pino's own builder publishes the same.
    const args: Parameters<typeof asJson> = [object, message, level, time]
    return traced.traceSync(asJson, { instance: this, arguments: args }, this, ...args)
  }
  return logger
}

/** The slower way, without a symbol: pino's line is parsed and built anew. */
function createParsing(options: GelfLoggerOptions, known: Readonly<Record<string, symbol>>): Logger {
  const { builder, head, timeText, write } = options
  let current: OpenLogger | undefined
  const mixin = sampledMixin(options)
  const logger: OpenLogger = createPino(
    options,
    known,
    (text) => {
      // pino has built this line from an object: level and msg are its own, the rest is the caller's.
      const { level, timestamp: _time, msg, ...object } = JSON.parse(text) as Record<string, unknown>
      const writer = current ?? logger
      const line = builder.line({
        head: head(Number(level)),
        time: timeText(),
        message: msg,
        object,
        bound: writer[stateKey].bound,
        context: writer[contextKey] ?? currentContext(),
        transform: undefined,
      })
      write(line)
    },
    {
      // The only place where pino names the logger that a line comes from.
      mixin(_object, level, writer) {
        current = writer as OpenLogger // every logger of this pino is one of ours
        return mixin === undefined ? {} : safely(() => mixin(level, writer))
      },
    },
  )
  return logger
}

function createPino(
  options: GelfLoggerOptions,
  known: Readonly<Record<string, symbol>>,
  write: (text: string) => void,
  extra: LoggerOptions,
): OpenLogger {
  const { flush, redactPaths } = options
  const mixin = sampledMixin(options)
  const isFiltered = options.isSampled !== undefined || options.isLimited !== undefined
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: options.timeText,
    serializers: { ...options.serializers },
    hooks: {
      logMethod(args, method, level) {
        if (isFiltered && isLeftOut(options, this, args, level)) return
        try {
          method.apply(this, args)
        } catch {
          rescue(options, this, args, level)
        }
      },
    },
    ...(redactPaths.length === 0 ? {} : { redact: { paths: [...redactPaths], censor: redactedText } }),
    ...(mixin === undefined ? {} : { mixin: (_object, level, writer) => safely(() => mixin(level, writer)) }),
    ...extra,
  }
  const stream = {
    write,
    flush(done?: () => void) {
      flush()
      done?.()
    },
    flushSync: flush,
  }
  // pino's logger becomes one of ours in the next lines, before anybody else sees it.
  const logger = pino(settings, stream) as Logger as OpenLogger
  // Its declared type depends on custom levels, which change nothing here.
  const found: unknown = Reflect.get(logger, 'child')
  const plainChild = found as (
    this: Logger,
    given: object,
    childOptions: ChildLoggerOptions | undefined,
  ) => OpenLogger
  const isBlind = known['stringifiersSym'] === undefined
  logger[stateKey] = {
    bound: undefined,
    given: {},
    transform: transformOf(logger, known),
    isBlind: isBlind && redactPaths.length > 0,
  }
  if (Object.keys(options.fields).length > 0) bind(options.builder, logger, options.fields)

  Object.assign(logger, {
    child(this: OpenLogger, given: Record<string, unknown>, childOptions?: ChildLoggerOptions): Logger {
      const made = plainChild.call(this, {}, childOptions)
      if (childOptions?.serializers !== undefined || childOptions?.redact !== undefined) {
        const before = this[stateKey]
        made[stateKey] = {
          ...before,
          transform: transformOf(made, known),
          isBlind: before.isBlind || (isBlind && childOptions.redact !== undefined),
        }
      }
      const format = (made[formattersKey] as Formatters).bindings // pino sets it on every child
      bind(options.builder, made, format === undefined ? given : format(given))
      return made
    },
    bindings(this: OpenLogger): Record<string, unknown> {
      return { ...this[stateKey].given }
    },
    setBindings(this: OpenLogger, given: Record<string, unknown>): void {
      bind(options.builder, this, given)
    },
  })
  return logger
}

/** Adds fields to a logger. What it has, or inherits, stays unless the new fields name it. */
function bind(builder: LineBuilder, logger: OpenLogger, given: Readonly<Record<string, unknown>>): void {
  const state = logger[stateKey]
  const fields: Record<string, unknown> = {}
  try {
    for (const key of Object.keys(given)) {
      if (!childOptionKeys.has(key)) fields[key] = readProperty(given, key)
    }
    if (Object.keys(fields).length === 0) return
    logger[stateKey] = {
      ...state,
      bound: builder.bind(state.bound, fields, state.transform),
      given: { ...state.given, ...fields },
    }
  } catch {
    // Fields that cannot even be listed: a logger without them is worth more than none.
  }
}

/** pino's settings for the values of a logger, as a transform. */
function transformOf(logger: OpenLogger, known: Readonly<Record<string, symbol>>): Transform | undefined {
  return createTransform({
    serializers: logger[serializersKey],
    stringifiers: known['stringifiersSym'] === undefined ? undefined : logger[known['stringifiersSym']],
    wildcardKey: known['wildcardFirstSym'],
    standardErrorSerializer: stdSerializers.err,
  })
}

/** Writes what can be read of a call whose arguments threw. */
function rescue(options: GelfLoggerOptions, logger: Logger, args: readonly unknown[], level: number): void {
  const { builder, write, head, timeText } = options
  const state = (logger as OpenLogger)[stateKey] // every logger of this pino is one of ours
  const object = typeof args[0] === 'object' && args[0] !== null && !state.isBlind ? args[0] : {}
  const message = args.find((value) => typeof value === 'string')
  try {
    const context = (logger as OpenLogger)[contextKey] ?? currentContext()
    write(
      builder.line({
        head: head(level),
        time: timeText(),
        message: message ?? unreadableMessage,
        object,
        bound: state.bound,
        context,
        transform: state.transform,
      }),
    )
  } catch {
    write(`${head(level)}${timeText()},"short_message":"${unreadableMessage}"}\n`)
  }
}

/** Whether a line is left out: that of a request that is not sampled, or of a message that was written too often. */
function isLeftOut(
  { isSampled, isLimited }: GelfLoggerOptions,
  logger: Logger,
  args: readonly unknown[],
  level: number,
): boolean {
  if (isSampled !== undefined && level < warnLevel) {
    const context = (logger as OpenLogger)[contextKey] ?? currentContext() // every logger of this pino is one of ours
    if (context !== undefined && !isSampled(context.requestId)) return true
  }
  if (isLimited === undefined || level >= fatalLevel) return false
  const message = args.find((value) => typeof value === 'string')
  return message !== undefined && isLimited(message, level)
}

/** The mixin of the options, and the share of requests on the lines of those that were sampled. */
function sampledMixin({
  mixin,
  sampleRatio,
}: GelfLoggerOptions): ((level: number, writer: Logger) => object) | undefined {
  if (sampleRatio === undefined) return mixin
  return (level, writer) => {
    const context = (writer as OpenLogger)[contextKey] ?? currentContext() // every logger of this pino is one of ours
    const isChosen = level < warnLevel && context !== undefined
    return { ...mixin?.(), ...(isChosen ? { sample_rate: sampleRatio } : {}) }
  }
}

function safely(mixin: () => object): object {
  try {
    return mixin()
  } catch {
    return {}
  }
}
