import { subscribe } from '@keelson/core/channels'
import { isKeelsonError, KeelsonError } from '@keelson/core/errors'
import { exitCodeOf, exitCodes, type StopReport } from '@keelson/core/lifecycle'
import {
  createLog,
  type Log,
  type LogFormat,
  type LogLevel,
  type LogOptions,
  type LogShipping,
} from '@keelson/log'
import type { HouseConfig } from './load-config.ts'
import { requestSerializers } from './request-serializers.ts'
import type { Runtime, RuntimeOptions } from './runtime.ts'

/** The log of a service, which must be able to speak before the configuration that sets it up is known. */
export interface ServiceLog {
  /** The log in force. */
  readonly current: Log
  /** Constant fields of a GELF line of this service, for the one line that is written outside of the log. */
  readonly identity: Readonly<Record<string, string | number>>
  /** Sets the log up as configured; its levels, sampling and burst limit follow the configuration from then on. */
  configure(config: HouseConfig): void
  /** Writes the last words of an error that ends the process. */
  fatal(error: unknown): void
  /** Says what a stop had to cut or leave behind. */
  report(report: StopReport): void
  flush(): void
  close(): Promise<void>
}

/** Makes the log of a service. Until it is configured, lines have the default form and the level `info`. */
export function createServiceLog(
  service: string,
  version: string,
  runtime: Runtime,
  destination: RuntimeOptions['logDestination'],
): ServiceLog {
  const open = (settings: Partial<LogOptions>) =>
    createLog({
      service,
      version,
      env: runtime.environment,
      host: runtime.host,
      ...labelsOf(runtime),
      serializers: requestSerializers,
      ...settings,
      colour: hasColours(runtime),
      ...(destination === undefined ? {} : { destination }),
    })
  let configured: Log | undefined
  let early: Log | undefined
  let stopMasking: (() => void) | undefined
  const current = () => configured ?? (early ??= open({ format: earlyFormat(runtime) }))

  return {
    get current() {
      return current()
    },
    identity: {
      version: '1.1',
      host: runtime.host,
      _service: service,
      _version: version,
      _env: runtime.environment,
      _pid: process.pid,
    },
    configure(config) {
      const { level, levels, format, gelf, sampleRatio, burstLimit, captureConsole } = config.current.log
      configured = fromConfiguration(() =>
        open({
          level,
          levels,
          format,
          sampleRatio,
          ...(burstLimit === 0 ? {} : { burstLimitCount: burstLimit }),
          maskedValues: config.sensitiveValues(),
          ...(gelf.url === null ? {} : { shipping: shippingOf(gelf.url, gelf) }),
        }),
      )
      const log = configured
      log.adoptChannels()
      if (captureConsole) log.captureConsole()
      followLevels(config, log)
      config.subscribe('log.sampleRatio', (next) => log.setSampleRatio(next))
      config.subscribe('log.burstLimit', (next) => log.setBurstLimit(next === 0 ? undefined : next))
      // Before anybody else learns of the new values: a secret that has changed is a secret in the first line that has it.
      stopMasking = subscribe('keelson.config.applied', (fact) => {
        if (fact.service === service) log.maskValues(config.sensitiveValues())
      })
      for (const warning of config.warnings) log.logger.warn(warning)
    },
    fatal(error) {
      const { logger } = current()
      // What is wrong outside of the program (configuration, address) is told in its own words; a stack would hide them.
      if (exitCodeOf(error) !== exitCodes.uncaught && isKeelsonError(error)) {
        logger.fatal({ error_code: error.code }, error.message)
      } else {
        logger.fatal({ err: error }, 'The process ends: nobody caught this error.')
      }
    },
    report({ cut, failures }) {
      const { logger } = current()
      for (const inbound of cut) {
        logger.error(
          {
            request_id: inbound.requestId,
            route: inbound.route,
            ...(inbound.request === undefined
              ? {}
              : { method: inbound.request.method, url: pathOf(inbound.request.url) }),
            age_ms: Math.round(performance.now() - inbound.startedAtMs),
          },
          `${inbound.request === undefined ? 'Work' : 'A request'} was cut: the grace period is over.`,
        )
      }
      for (const { name, error } of failures) logger.error({ err: error }, `Closing ${name} failed.`)
    },
    flush() {
      configured?.flush()
      early?.flush()
    },
    async close() {
      stopMasking?.()
      await configured?.close()
      await early?.close()
    },
  }
}

function shippingOf(
  url: string,
  { caFile, compression }: HouseConfig['current']['log']['gelf'],
): LogShipping {
  return { url, compression, ...(caFile === null ? {} : { caFile }) }
}

/** What only the log itself can refuse (an address, a ratio, a package that is missing) is a fault of the configuration. */
function fromConfiguration(make: () => Log): Log {
  try {
    return make()
  } catch (error) {
    if (!isKeelsonError(error)) throw error
    throw new KeelsonError('KEELSON_CONFIG_INVALID', `The keys log.* cannot be used. ${error.message}`, {
      cause: error,
    })
  }
}

/** Levels follow the configuration; with `log.revertAfter` a change made at run time holds for that time only. */
function followLevels(config: HouseConfig, log: Log): void {
  const scope = (): { forMs?: number } => {
    const forMs = config.current.log.revertAfter
    return forMs === 0 ? {} : { forMs }
  }
  config.subscribe('log.level', (next) => log.setLevel(next, scope()))
  config.subscribe('log.levels', (next: Readonly<Record<string, LogLevel>>) => {
    const { forMs } = scope()
    if (forMs === undefined) log.setLevels(next)
    else for (const [module, level] of Object.entries(next)) log.setLevel(level, { module, forMs })
  })
}

/** On a terminal that knows colours, unless NO_COLOR is set to anything but the empty text (no-color.org). */
function hasColours({ terminal, env }: Runtime): boolean {
  return terminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}

/** Names that Kubernetes gives by its downward API. */
function labelsOf({ env }: Runtime): { pod?: string; node?: string } {
  return {
    ...(env['POD_NAME'] ? { pod: env['POD_NAME'] } : {}),
    ...(env['NODE_NAME'] ? { node: env['NODE_NAME'] } : {}),
  }
}

/** Form of lines that are written before the configuration is known: an acceptable LOG_FORMAT, else the default. */
function earlyFormat({ env, terminal, production }: Runtime): LogFormat {
  const asked = env['LOG_FORMAT']
  if (asked === 'gelf' || asked === 'gelf-collector' || asked === 'pretty') return asked
  return terminal && !production ? 'pretty' : 'gelf'
}

function pathOf(url: string | undefined): string {
  return (url ?? '').split('?', 1)[0] ?? ''
}
