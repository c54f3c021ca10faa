/** Wraps text for a terminal; every function gives its text back unchanged where colours are off. */
export interface TerminalStyle {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly green: (text: string) => string
  readonly yellow: (text: string) => string
}

/**
 * Whether a stream gets colours.
 *
 * @param isTerminal whether the stream ends on a terminal
 * @param env `NO_COLOR` (no-color.org) switches colours off, `FORCE_COLOR` on; set to anything but the empty text
 */
export function hasColours(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const off = (env.NO_COLOR ?? '') !== ''
  const forced = (env.FORCE_COLOR ?? '') !== '' && env.FORCE_COLOR !== '0'
  return !off && (forced || (isTerminal && env.TERM !== 'dumb'))
}

/** Makes the style for one stream; see {@link hasColours}. */
export function createStyle(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): TerminalStyle {
  const isOn = hasColours(isTerminal, env)
  // SGR codes of ECMA-48: on, off.
  const wrap = (open: number, close: number) => (text: string) =>
    isOn ? `\u001B[${open}m${text}\u001B[${close}m` : text
  return {
    bold: wrap(1, 22),
    dim: wrap(2, 22),
    red: wrap(31, 39),
    green: wrap(32, 39),
    yellow: wrap(33, 39),
  }
}

/** Makes text of a foreign service safe to show: control characters could repaint the terminal, or a build log. */
export function showText(text: string, maxLength = 300): string {
  const safe = text.replaceAll(/\p{Cc}/gu, (character) =>
    character === '\t' ? ' ' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  return safe.length > maxLength ? `${safe.slice(0, maxLength)}…` : safe
}
