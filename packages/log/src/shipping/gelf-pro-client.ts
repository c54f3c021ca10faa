import { createRequire } from 'node:module'
import { KeelsonError } from '@keelson/core/errors'
import type { GelfAdapter } from './gelf-adapter.ts'

/** What is used of gelf-pro. */
interface GelfPro {
  adapter: Pick<GelfAdapter, 'send'>
  send(message: string, callback: () => void): unknown
}

/**
 * Loads gelf-pro and gives the function that sends a finished line through it by `adapter`. gelf-pro is one object for
 * the whole process; this is an heir of it, so that its own configuration and adapter stay what the program made them.
 *
 * @throws KEELSON_LOG_GELF_PRO_MISSING
 */
export function gelfProSender(adapter: Pick<GelfAdapter, 'send'>): (line: string) => void {
  const client: GelfPro = Object.create(loadGelfPro())
  client.adapter = adapter
  return (line) => void client.send(line, ignore)
}

/** Loaded only here, and at once: it is CommonJS, and a log must be able to ship from its first line. */
function loadGelfPro(): object {
  try {
    const load: (name: string) => object = createRequire(import.meta.url)
    return load('gelf-pro')
  } catch (cause) {
    throw new KeelsonError(
      'KEELSON_LOG_GELF_PRO_MISSING',
      'Lines are to be shipped by GELF, but gelf-pro is not installed. Run: npm install gelf-pro',
      { cause },
    )
  }
}

function ignore(): void {}
