import type { CommandIo } from '../command.ts'

/** A line for people who wait. */
export interface Progress {
  readonly step: (text: string) => void
  /** Takes the line away. */
  clear(): void
}

// ECMA-48: erase the line.
const ERASE = '\r\u001B[2K'

/** Shows one line on the error stream, rewritten at each step; nothing where that is no terminal. */
export function createProgress({ err, errIsTerminal, env }: CommandIo): Progress {
  const isOn = errIsTerminal && env.TERM !== 'dumb' && (env.CI ?? '') === ''
  let isShown = false
  return {
    step(text) {
      if (!isOn) return
      err(`${ERASE}… ${text}`)
      isShown = true
    },
    clear() {
      if (isShown) err(ERASE)
      isShown = false
    },
  }
}
