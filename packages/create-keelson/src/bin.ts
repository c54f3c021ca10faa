#!/usr/bin/env node
import { runCreate } from './command-line.ts'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort('SIGINT'))
process.once('SIGTERM', () => interrupted.abort('SIGTERM'))
// A reader that has left (`| head`) is no error of ours.
process.stdout.on('error', () => {})
process.stderr.on('error', () => {})

process.exitCode = await runCreate(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  isInteractive: process.stdin.isTTY && process.stdout.isTTY,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupted.signal,
})
