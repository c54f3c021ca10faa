// Loaded before a stack that is profiled: the first SIGWINCH starts the profiler, the second one stops it and writes the
// profile to the file named by `to` in the query of this module's address. So neither start-up nor warm-up is in it.
// The signal is one that no stack acts on: close-with-grace stops the service at SIGUSR2.
import { renameSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

/** Microseconds between samples; the profiler's own default is 1,000. */
const samplingInterval = 200

const target = new URL(import.meta.url).searchParams.get('to')
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.setSamplingInterval', { interval: samplingInterval })

process.once('SIGWINCH', () => {
  process.once('SIGWINCH', () => void writeProfile())
  void session.post('Profiler.start')
})

async function writeProfile(): Promise<void> {
  const { profile } = await session.post('Profiler.stop')
  if (target === null) return
  // The file appears whole or not at all: the bench waits for it.
  writeFileSync(`${target}.part`, JSON.stringify(profile))
  renameSync(`${target}.part`, target)
}
