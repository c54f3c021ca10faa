import type { Clock, TimerHandle } from '@keelson/core/clock'
import type { LogLevel } from './log-options.ts'
import type { Logger } from './pino-adapter.ts'

/** For whom and for how long a level holds. */
export interface LevelScope {
  /** Name of the module. @defaultValue the whole log */
  readonly module?: string
  /**
   * After this the level returns to what it was set to without an end. Milliseconds.
   *
   * @range 1 to 86,400,000
   * @defaultValue no end
   */
  readonly forMs?: number
}

interface Passing {
  readonly level: LogLevel
  readonly timer: TimerHandle
}

/** Key of the whole log among those of modules, whose names are never empty. */
const wholeLog = ''

/** The levels of a log and of its modules: lasting ones, and passing ones that return by themselves. */
export class Levels {
  readonly #root: Logger
  readonly #clock: Clock
  readonly #lasting = new Map<string, LogLevel>()
  readonly #passing = new Map<string, Passing>()
  readonly #modules = new Map<string, Logger>()

  constructor(root: Logger, level: LogLevel, byModule: Readonly<Record<string, LogLevel>>, clock: Clock) {
    this.#root = root
    this.#clock = clock
    this.#lasting.set(wholeLog, level)
    this.setModules(byModule)
  }

  /** The logger of a module, which is made once. */
  module(name: string): Logger {
    let logger = this.#modules.get(name)
    if (logger === undefined) {
      logger = this.#root.child({ module: name })
      this.#modules.set(name, logger)
      this.#apply()
    }
    return logger
  }

  set(level: LogLevel, { module = wholeLog, forMs }: LevelScope): void {
    this.#end(module)
    if (forMs === undefined) this.#lasting.set(module, level)
    else {
      const timer = this.#clock.setTimeout(() => {
        this.#passing.delete(module)
        this.#apply()
      }, forMs)
      timer.unref()
      this.#passing.set(module, { level, timer })
    }
    this.#apply()
  }

  /** Replaces the lasting levels of all modules. */
  setModules(byModule: Readonly<Record<string, LogLevel>>): void {
    const level = this.#lasting.get(wholeLog)
    this.#lasting.clear()
    if (level !== undefined) this.#lasting.set(wholeLog, level)
    for (const [name, own] of Object.entries(byModule)) {
      if (name !== wholeLog) this.#lasting.set(name, own)
    }
    this.#apply()
  }

  close(): void {
    for (const module of this.#passing.keys()) this.#end(module)
  }

  #end(module: string): void {
    this.#clock.clearTimeout(this.#passing.get(module)?.timer)
    this.#passing.delete(module)
  }

  #apply(): void {
    const whole = this.#of(wholeLog) ?? 'info'
    this.#root.level = whole
    for (const [name, logger] of this.#modules) logger.level = this.#of(name) ?? whole
  }

  #of(key: string): LogLevel | undefined {
    return this.#passing.get(key)?.level ?? this.#lasting.get(key)
  }
}
