/** Reads a line as a JSON object; `undefined` when it is none. */
export function parseRecord(line: string): Readonly<Record<string, unknown>> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    // The text begins with a brace, so that what parses is an object.
    return JSON.parse(line) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

/** Whether a line is a frame of a stack trace, or the head of one, that was torn from its record. */
export function isStackLine(line: string): boolean {
  return (
    /^\s+at .+(?::\d+:\d+\)?|\(<anonymous>\)|\[as \w+\].*)$/.test(line) ||
    /^(?:Uncaught )?\w*Error: .+$/.test(line)
  )
}

/** Whether a line speaks of a promise or an exception that nobody caught. */
export function isUncaughtLine(line: string): boolean {
  return /unhandled ?(?:promise ?)?rejection|uncaught ?exception|triggerUncaughtException/i.test(line)
}
