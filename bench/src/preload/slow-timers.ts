// Loaded before a stack when instructions are counted. Under valgrind a process runs some fifty times slower while the
// clock on the wall does not, so that everything done by the clock would be charged fifty times over. For every stack
// alike, timers therefore wait fifty times longer, and the monitor of event-loop delay, which ticks every 10 ms, is a
// histogram that never sees a value.
import { syncBuiltinESMExports } from 'node:module'
import perfHooks, { createHistogram } from 'node:perf_hooks'
import timers from 'node:timers'

/** About how many times slower Node runs under cachegrind. */
const slowdown = 50

const { setTimeout: startTimeout, setInterval: startInterval } = globalThis

globalThis.setTimeout = slowed(startTimeout)
globalThis.setInterval = slowed(startInterval)
timers.setTimeout = globalThis.setTimeout
timers.setInterval = globalThis.setInterval
perfHooks.monitorEventLoopDelay = silentMonitor
syncBuiltinESMExports()

/** The same timer with fifty times its delay; what hangs on the function (`promisify.custom`) stays. */
function slowed<Timer extends typeof startTimeout | typeof startInterval>(start: Timer): Timer {
  const slow = (callback: () => void, delayMs = 1, ...values: []): NodeJS.Timeout =>
    start(callback, delayMs * slowdown, ...values)
  // Takes and gives what the original takes and gives; the properties are copied from it.
  return Object.defineProperties(slow, Object.getOwnPropertyDescriptors(start)) as Timer
}

function silentMonitor(): ReturnType<typeof perfHooks.monitorEventLoopDelay> {
  return Object.assign(createHistogram(), {
    enable: () => true,
    disable: () => true,
    [Symbol.dispose]: () => {},
  })
}
