import { writeFileSync } from 'node:fs'

/** What Kubernetes keeps of a termination message, in bytes (pod lifecycle: `terminationMessagePath`). */
export const maximumTerminationBytes: number = 4_096

/** Where Kubernetes reads it unless the pod says otherwise; exists in its containers only. */
export const kubernetesTerminationPath: string = '/dev/termination-log'

/**
 * Writes the last words of a container to where the orchestrator reads them.
 *
 * @param text cut to 4096 bytes, never within a character
 * @throws what the system says
 */
export function writeTerminationMessage(path: string, text: string): void {
  writeFileSync(path, cutUtf8(text, maximumTerminationBytes))
}

/** The longest beginning of a text that has at most so many bytes and ends with a whole character. */
export function cutUtf8(text: string, maxBytes: number): Buffer {
  const bytes = Buffer.from(text, 'utf8')
  if (bytes.length <= maxBytes) return bytes
  let end = maxBytes
  // Bytes of the form 10xxxxxx go on a character that began before (RFC 3629).
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return bytes.subarray(0, end)
}
