/** Tells on stderr what is being done: on a terminal in one line that changes, elsewhere one line a step. */
export function showProgress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`)
}

/** Clears the line of {@link showProgress}. */
export function endProgress(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}
