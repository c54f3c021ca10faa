// `npm run setup`: installs the servers that tests run for real. As root on a Debian-like system it installs the missing
// packages; elsewhere it prints the command. Its exit code is 1 only when an installation was tried and failed.
import { existsSync } from 'node:fs'
import { isCommand } from './repository.ts'
import { runCommand } from './run-command.ts'
import { findMissing, installCommand, type Server } from './servers.ts'

/** What can be done on a machine about missing servers. */
export type SetupPlan =
  | { readonly action: 'nothing' | 'print'; readonly message: string }
  | { readonly action: 'install'; readonly commands: readonly (readonly [string, ...string[]])[] }

/** Decides what to do about missing servers, by the user and the system. */
export function planSetup(
  missing: readonly Server[],
  machine: { readonly isRoot: boolean; readonly hasApt: boolean },
): SetupPlan {
  if (missing.length === 0)
    return { action: 'nothing', message: 'Every server that the tests need is installed.' }
  const names = missing.map(({ binary }) => binary).join(', ')
  if (!machine.hasApt) {
    const message = `Not installed: ${names}. This is no Debian-like system: install them in its own way, or leave it; tests that need them are skipped.`
    return { action: 'print', message }
  }
  const install = installCommand(missing)
  if (!machine.isRoot) {
    return {
      action: 'print',
      message: `Not installed: ${names}. Run as root:\n\n  apt-get update && ${install}\n`,
    }
  }
  const [program = '', ...args] = install.split(' ')
  return {
    action: 'install',
    commands: [
      ['apt-get', 'update'],
      [program, ...args],
    ],
  }
}

async function main(): Promise<void> {
  const machine = { isRoot: process.getuid?.() === 0, hasApt: existsSync('/usr/bin/apt-get') }
  const plan = planSetup(findMissing(), machine)
  if (plan.action !== 'install') {
    console.log(plan.message)
    return
  }
  for (const [program, ...args] of plan.commands) {
    console.log(`$ ${program} ${args.join(' ')}`)
    const { code } = await runCommand(program, args, {
      inherit: true,
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    })
    // A repository that cannot be refreshed matters only when the installation that follows fails.
    if (code !== 0 && args[0] !== 'update') break
  }
  const missing = findMissing()
  if (missing.length === 0) console.log('Every server that the tests need is installed.')
  else {
    console.error(`Still not installed: ${missing.map(({ binary }) => binary).join(', ')}`)
    process.exitCode = 1
  }
}

if (isCommand(import.meta.url)) await main()
