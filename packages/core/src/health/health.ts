import { channel } from '../channels/index.ts'
import { systemClock, type Clock } from '../clock/index.ts'
import { checkOptions, KeelsonError, optionRules } from '../errors/index.ts'
import { createCheckRunner, type CheckRunner } from './check-runner.ts'
import {
  healthCheckDefaults,
  type CheckState,
  type HealthCheck,
  type HealthCheckOptions,
} from './health-check.ts'

/** What a health object is made with. */
export interface HealthOptions {
  /** Name of the service, for the facts that are published. */
  readonly service: string
  readonly clock?: Clock
}

/** What a probe is told. */
export interface ProbeAnswer {
  readonly status: 'up' | 'down'
  /** Why it is down, in words that may be public: phases and names of checks, never their errors. Empty when up. */
  readonly reasons: readonly string[]
}

/** The service's own view of its fitness. Probes read it; checks run in the background, never because a probe came. */
export interface Health {
  /**
   * Adds a check. It runs from {@link Health.start} on, one run at a time.
   *
   * @throws KEELSON_HEALTH_OPTIONS_INVALID for bad options or a name that is taken
   */
  check(name: string, run: HealthCheck, options?: HealthCheckOptions): void
  /**
   * Changes how a check is run, while it is; what is left out returns to its default.
   *
   * @throws KEELSON_HEALTH_OPTIONS_INVALID for bad options or a name that no check has; then nothing has changed
   */
  update(name: string, options: HealthCheckOptions): void
  /** Runs every check once, then keeps running them; resolves when each has a first result. */
  start(): Promise<void>
  /** The service is started: `/startup` is up from now on. */
  markStarted(): void
  /** The service drains: not ready any more, alive all the same. */
  drain(): void
  /** Takes {@link Health.drain} back. */
  undrain(): void
  /** Up while the process turns; never looks at a dependency. */
  liveness(): ProbeAnswer
  /** Up when started, not draining and every critical check is up. */
  readiness(): ProbeAnswer
  startup(): ProbeAnswer
  checks(): readonly CheckState[]
  /**
   * Calls a listener now and after everything that may change the answer of a probe.
   *
   * @returns ends it
   */
  watch(listener: () => void): () => void
  /** Stops running checks. */
  close(): Promise<void>
}

const up: ProbeAnswer = Object.freeze({ status: 'up', reasons: Object.freeze([]) })

/** Makes the health of one service. */
export function createHealth({ service, clock = systemClock }: HealthOptions): Health {
  const runners = new Map<string, CheckRunner>()
  const listeners = new Set<() => void>()
  let started = false
  let draining = false
  let running = false

  function changed(): void {
    for (const listener of listeners) listener()
  }

  return {
    check(name, run, options = {}) {
      checkCheckOptions(`health.check(${name})`, options)
      if (runners.has(name)) {
        throw new KeelsonError(
          'KEELSON_HEALTH_OPTIONS_INVALID',
          `A health check named ${name} exists already. Choose another name.`,
        )
      }
      const runner = createCheckRunner(
        name,
        run,
        { ...healthCheckDefaults, ...options },
        clock,
        (state, error) => {
          changed()
          channel('keelson.health.changed').publish({
            service,
            check: name,
            status: state.status === 'up' ? 'up' : 'down',
            critical: state.critical,
            ...(error === undefined ? {} : { error }),
          })
        },
      )
      runners.set(name, runner)
      changed()
      if (running) void runner.start()
    },
    update(name, options) {
      checkCheckOptions(`health.update(${name})`, options)
      const runner = runners.get(name)
      if (runner === undefined) {
        throw new KeelsonError(
          'KEELSON_HEALTH_OPTIONS_INVALID',
          `There is no health check named ${name}. Name one of those that were added.`,
        )
      }
      runner.update({ ...healthCheckDefaults, ...options })
      changed()
    },
    async start() {
      running = true
      await Promise.all([...runners.values()].map((runner) => runner.start()))
    },
    markStarted() {
      started = true
      changed()
    },
    drain() {
      draining = true
      changed()
    },
    undrain() {
      draining = false
      changed()
    },
    liveness: () => up,
    readiness() {
      const reasons: string[] = []
      if (!started) reasons.push('starting')
      if (draining) reasons.push('draining')
      for (const { state } of runners.values()) {
        if (state.critical && state.status !== 'up') reasons.push(`check ${state.name}`)
      }
      return reasons.length === 0 ? up : { status: 'down', reasons }
    },
    startup: () => (started ? up : { status: 'down', reasons: ['starting'] }),
    checks: () => [...runners.values()].map((runner) => runner.state),
    watch(listener) {
      listeners.add(listener)
      listener()
      return () => void listeners.delete(listener)
    },
    async close() {
      running = false
      for (const runner of runners.values()) runner.close()
    },
  }
}

/** @throws KEELSON_HEALTH_OPTIONS_INVALID */
function checkCheckOptions(path: string, options: HealthCheckOptions): void {
  checkOptions('KEELSON_HEALTH_OPTIONS_INVALID', path, options, {
    critical: optionRules.boolean,
    intervalMs: optionRules.number({ min: 100, max: 3_600_000 }),
    timeoutMs: optionRules.number({ min: 10, max: 60_000 }),
  })
}
