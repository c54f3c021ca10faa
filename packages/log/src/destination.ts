/** Where finished lines go. */
export interface LogDestination {
  /**
   * Takes one line with its newline. Called on the path of requests: it must not wait for a network. What it throws
   * is caught, and the line counted as dropped.
   */
  write(line: string): void
  /** Hands over what is held back, within a bound of its own. */
  flush?(): void
  /** Called once, at the end of the log. */
  close?(): Promise<void>
}
