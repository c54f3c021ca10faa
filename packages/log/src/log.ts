import { hostname } from 'node:os'
import { channel } from '@keelson/core/channels'
import { systemClock } from '@keelson/core/clock'
import { currentContext, type RequestContext } from '@keelson/core/context'
import type { AccessRecord } from '@keelson/core/http'
import { createAccessLines } from './access-line.ts'
import { writeChannelLines } from './channel-lines.ts'
import { createLineBuilder } from './gelf-line.ts'
import { Levels, type LevelScope } from './levels.ts'
import { LineFilter } from './line-filter.ts'
import { createLineHeads } from './line-head.ts'
import {
  checkBurstLimit,
  checkLevel,
  checkLevels,
  checkLogOptions,
  checkSampleRatio,
  logDefaults,
  type LogLevel,
  type LogOptions,
} from './log-options.ts'
import { captureConsole } from './console-capture.ts'
import { addOpenLog, contextLog } from './open-logs.ts'
import { createGelfLogger, type Logger } from './pino-adapter.ts'
import { formatPretty } from './pretty.ts'
import { createValueMask, sensitiveKeys } from './redaction.ts'
import { createShipper } from './shipping/shipper.ts'
import { createStdoutDestination } from './stdout-destination.ts'
import { createTimeText } from './time-text.ts'

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
   * Changes the level, also of children that have none of their own: of the whole log or of a module, for good or for a
   * time.
   *
   * @throws KEELSON_LOG_OPTIONS_INVALID for a level that does not exist
   */
  setLevel(level: LogLevel, scope?: LevelScope): void
  /**
   * Replaces the lasting levels of all modules.
   *
   * @throws KEELSON_LOG_OPTIONS_INVALID
   */
  setLevels(levels: Readonly<Record<string, LogLevel>>): void
  /**
   * Changes the share of requests whose lines are written; see {@link LogOptions.sampleRatio}. A request that is under
   * way may then have its lines from before or from after the change only.
   *
   * @param ratio 0 to 1
   * @throws KEELSON_LOG_OPTIONS_INVALID
   */
  setSampleRatio(ratio: number): void
  /**
   * Changes how many lines of one message are written in ten seconds; see {@link LogOptions.burstLimitCount}. What the
   * limit before has left out is told at once.
   *
   * @param count 1 to 1,000,000; `undefined`: no limit
   * @throws KEELSON_LOG_OPTIONS_INVALID
   */
  setBurstLimit(count: number | undefined): void
  /** The logger of a part of the program, with `_module` on its lines and a level that can be set by its name. */
  module(name: string): Logger
  /** Adds secrets to `maskedValues`, once they are known. */
  maskValues(values: readonly string[]): void
  /**
   * Writes facts that other parts publish about this service: circuits, health, configuration, life of the process.
   *
   * @returns ends it; so does `close`
   */
  adoptChannels(): () => void
  /**
   * Makes lines of what `console.*` and warnings of the process say: in the log of the service whose request they are
   * said in, elsewhere in this one.
   *
   * @returns ends it; so does `close`
   */
  captureConsole(): () => void
  /** Hands over what is held back, within the bound of the destination (500 ms on standard output). Never throws. */
  flush(): void
  /** Flushes and closes the destination, the shipping within 2 s. Lines written later still go to standard output. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** pino's number of the level from which what was left out is told of as a warning. */
const warnLevel = 40

/** Longest name of host, service, pod and so on: DNS names, which most of them are, have no more (RFC 1035). */
const maxIdentityLength = 253

/**
 * Makes the log of a service: lines in GELF, one JSON object each, at most 16,000 bytes, on standard output.
 * No call of the logger throws, and none waits for a network.
 *
 * @throws KEELSON_LOG_OPTIONS_INVALID, KEELSON_LOG_GELF_PRO_MISSING
 */
export function createLog(options: LogOptions): Log {
  const log = buildLog(options, () => leave())
  const leave = addOpenLog(options.service, log)
  return log
}

/**
 * {@link createLog} without telling `logger()` of it.
 *
 * @param onClosed told when it has closed
 * @throws KEELSON_LOG_OPTIONS_INVALID, KEELSON_LOG_GELF_PRO_MISSING
 */
export function buildLog(options: LogOptions, onClosed: () => void = () => {}): Log {
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
    createShipper(options.shipping, clock, {
      onDropped(reason, count) {
        isTelling = true
        tellDropped(reason, count)
        isTelling = false
      },
      onShipped: (shipped) => channel('keelson.log.shipped').publish({ service, ...shipped }),
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

  const filter = new LineFilter({
    clock,
    onSuppressed(message, count, lineLevel) {
      publishDropped('burst', count)
      const fields = { suppressed_message: message, suppressed_count: count }
      logger[lineLevel >= warnLevel ? 'warn' : 'info'](fields, `${count} lines were left out: ${message}`)
    },
  })
  filter.setSampleRatio(options.sampleRatio ?? logDefaults.sampleRatio)
  filter.setBurstLimit(options.burstLimitCount)

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
    filter,
  })
  const levels = new Levels(logger, options.level ?? logDefaults.level, options.levels ?? {}, clock)
  if (!isDirect) {
    logger.warn(
      'this version of pino does not let its lines be built directly: they are built twice, which is slower',
    )
  }

  const ends = new Set<() => void>()
  const endable = (end: () => void) => {
    ends.add(end)
    return (): void => {
      ends.delete(end)
      end()
    }
  }
  const close = async (): Promise<void> => {
    for (const end of ends) end()
    ends.clear()
    levels.close()
    filter.close()
    flush()
    await shipper?.close()
    await destination.close?.()
    onClosed()
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
      filter,
      write: (line) => write(builder.finish(line)),
    }),
    get level() {
      return logger.level as LogLevel // only setLevel and createLog set it, both check
    },
    setLevel(level, scope = {}) {
      checkLevel(level, scope)
      levels.set(level, scope)
    },
    setLevels(byModule) {
      checkLevels(byModule)
      levels.setModules(byModule)
    },
    setSampleRatio(ratio) {
      checkSampleRatio(ratio)
      filter.setSampleRatio(ratio)
    },
    setBurstLimit(count) {
      checkBurstLimit(count)
      filter.setBurstLimit(count)
    },
    module: (name) => levels.module(name),
    maskValues: (values) => mask.add(values),
    adoptChannels: () => endable(writeChannelLines(service, logger, clock)),
    captureConsole: () =>
      endable(
        captureConsole(() => contextLog(currentContext())?.logger ?? logger, {
          console: globalThis.console,
          process,
        }),
      ),
    flush,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function short<Text extends string | undefined>(text: Text): string | Text {
  return text === undefined ? text : text.slice(0, maxIdentityLength)
}
