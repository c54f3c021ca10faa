import { tracingChannel } from 'node:diagnostics_channel'
import { currentContext, type RequestContext } from '@keelson/core/context'
import { pino, stdSerializers, symbols, type ChildLoggerOptions, type Logger, type LoggerOptions } from 'pino'
import type { BoundFields, LineBuilder, Transform } from './gelf-line.ts'
import type { LineFilter } from './line-filter.ts'
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
  /** Leaves lines out; without it, none are. */
  readonly filter?: LineFilter
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
  const { filter: _leavesOut, ...plain } = options
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
  const { builder, head, write, filter } = options
  const asJsonKey = known['asJsonSym']
  if (asJsonKey === undefined) throw new TypeError('pino has no symbol asJsonSym')
  const logger = createPino(options, known, write, {})
  const traced = tracingChannel('pino_asJson')

  function asJson(this: OpenLogger, object: object, message: unknown, level: number, time: string): string {
    const state = this[stateKey]
    const context = this[contextKey] ?? currentContext()
    return builder.line({
      head: head(level),
      time,
      message,
      object,
      bound: state.bound,
      context,
      transform: state.transform,
      sampleRate: filter?.isOn === true ? filter.rateOf(level, context) : undefined,
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
  const { builder, head, timeText, write, mixin, filter } = options
  let current: OpenLogger | undefined
  const logger: OpenLogger = createPino(
    options,
    known,
    (text) => {
      // pino has built this line from an object: level and msg are its own, the rest is the caller's.
      const { level, timestamp: _time, msg, ...object } = JSON.parse(text) as Record<string, unknown>
      const writer = current ?? logger
      const context = writer[contextKey] ?? currentContext()
      const line = builder.line({
        head: head(Number(level)),
        time: timeText(),
        message: msg,
        object,
        bound: writer[stateKey].bound,
        context,
        transform: undefined,
        sampleRate: filter?.rateOf(Number(level), context),
      })
      write(line)
    },
    {
      // The only place where pino names the logger that a line comes from.
      mixin(_object, _level, writer) {
        current = writer as OpenLogger // every logger of this pino is one of ours
        return mixin === undefined ? {} : safely(mixin)
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
  const { flush, redactPaths, mixin, filter } = options
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: options.timeText,
    serializers: { ...options.serializers },
    hooks: {
      logMethod(args, method, level) {
        if (filter?.isOn === true && isLeftOut(filter, this, args, level)) return
        try {
          method.apply(this, args)
        } catch {
          rescue(options, this, args, level)
        }
      },
    },
    ...(redactPaths.length === 0 ? {} : { redact: { paths: [...redactPaths], censor: redactedText } }),
    ...(mixin === undefined ? {} : { mixin: () => safely(mixin) }),
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
        sampleRate: options.filter?.rateOf(level, context),
      }),
    )
  } catch {
    write(`${head(level)}${timeText()},"short_message":"${unreadableMessage}"}\n`)
  }
}

function isLeftOut(filter: LineFilter, logger: Logger, args: readonly unknown[], level: number): boolean {
  const context = (logger as OpenLogger)[contextKey] ?? currentContext() // every logger of this pino is one of ours
  if (context !== undefined && filter.leavesOutRequest(level, context.requestId)) return true
  return filter.leavesOutMessage(level, args)
}

function safely(mixin: () => object): object {
  try {
    return mixin()
  } catch {
    return {}
  }
}
