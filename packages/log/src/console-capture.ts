import { format } from 'node:util'
import type { Logger } from './pino-adapter.ts'

/** Methods of `console` that write something, and the level that it has as a line. */
const levels = {
  trace: 'debug',
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
} as const

/** What is caught of the world of the process. */
export interface CaptureTarget {
  readonly console: Pick<Console, keyof typeof levels>
  readonly process: Pick<NodeJS.Process, 'on' | 'off'>
}

/**
 * Makes lines of what `console.*` and warnings of the process say, with the ids of the request that they are written
 * for. Node goes on writing its warnings to standard error too.
 *
 * @param loggerNow gives the logger for what is being said
 * @returns puts everything back, unless somebody else replaced it meanwhile
 */
export function captureConsole(loggerNow: () => Logger, target: CaptureTarget): () => void {
  const ends = (Object.keys(levels) as (keyof typeof levels)[]) // keys of the table above
    .map((method) => capture(loggerNow, target.console, method))
  const onWarning = (warning: Error): void => loggerNow().warn({ err: warning }, warning.message)
  target.process.on('warning', onWarning)
  return () => {
    for (const end of ends) end()
    target.process.off('warning', onWarning)
  }
}

function capture(
  loggerNow: () => Logger,
  console: CaptureTarget['console'],
  method: keyof typeof levels,
): () => void {
  const before = console[method]
  const level = levels[method]
  let isWriting = false
  const replacement = (...args: unknown[]): void => {
    // A destination that writes by console would come back here for ever.
    if (isWriting) return
    isWriting = true
    try {
      const [first] = args
      const error = args.find((value) => value instanceof Error)
      // One text, not a template: pino must not read the percent signs in it a second time.
      const message = error !== undefined && args.length === 1 ? error.message : safeFormat(args)
      const logger = loggerNow()
      if (error === undefined) logger[level]({ console: method }, '%s', message)
      else logger[level]({ console: method, err: error }, '%s', first === error ? error.message : message)
    } finally {
      isWriting = false
    }
  }
  console[method] = replacement
  return () => {
    if (console[method] === replacement) console[method] = before
  }
}

function safeFormat(args: readonly unknown[]): string {
  try {
    return format(...args)
  } catch {
    return 'What was written to the console cannot be read'
  }
}
