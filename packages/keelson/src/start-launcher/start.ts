#!/usr/bin/env node
import { readLimits } from '@keelson/core/limits'
import { becomeNode, type Execve } from './become-node.ts'
import { planLaunch } from './launch-plan.ts'

// EX_USAGE of BSD's sysexits.h; DESIGN §3.6 has its others from there too.
const USAGE = 64

const argv = process.argv.slice(2)
if (argv.length === 0) {
  process.stderr.write('usage: keelson-start [options of node] program [arguments]\n')
  process.exitCode = USAGE
} else {
  const plan = planLaunch({ execArgv: process.execArgv, argv, env: process.env, limits: readLimits() })
  // Looked up by name: the types of the oldest supported Node do not have it.
  const { execve } = process as { readonly execve?: Execve }
  becomeNode(plan, execve?.bind(process))
}
