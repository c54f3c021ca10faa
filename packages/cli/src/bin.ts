#!/usr/bin/env node
import { runCommandLine } from './command-line.ts'

const interrupted = new AbortController()
// Installed for the whole run and never taken out: a second Ctrl-C must not end the process before its child is gone.
process.on('SIGINT', () => interrupted.abort('SIGINT'))
process.on('SIGTERM', () => interrupted.abort('SIGTERM'))
const left = new AbortController()
// A reader that has left (`| head`) is no error of ours.
process.stdout.on('error', () => left.abort())
process.stderr.on('error', () => {})

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  outRoom: () =>
    process.stdout.writableNeedDrain
      ? new Promise((resolve) => process.stdout.once('drain', resolve))
      : undefined,
  outIsTerminal: process.stdout.isTTY,
  errIsTerminal: process.stderr.isTTY,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupted.signal,
  readerLeft: left.signal,
})
