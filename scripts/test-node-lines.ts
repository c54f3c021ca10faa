// `npm run test:node-lines`: runs what users get on every Node line that the packages promise (22, 24, 26): unit and
// integration tests of the packages that a service loads. The other lines come from the registry, into `.cache`.
import { mkdirSync, existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isCommand, repositoryRoot } from './repository.ts'
import { runCommand } from './run-command.ts'

/** Newest release of each line at the time of writing; 24 is the one that the repository develops on. */
const releases: Readonly<Record<string, string>> = { 22: '22.23.3', 26: '26.10.0' }

const packages = ['core', 'config', 'log', 'metrics', 'resilience', 'http-client', 'fastify', 'keelson']

/** @returns the program of a Node line, installed when it is missing */
async function nodeOf(line: string, version: string): Promise<string> {
  const folder = join(repositoryRoot, '.cache', `node-${line}`)
  const program = join(folder, 'node_modules', '.bin', 'node')
  if (existsSync(program)) return program
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
  const { code, output } = await runCommand('npm', ['install', `node-linux-${process.arch}@${version}`], {
    cwd: folder,
  })
  if (code !== 0) throw new Error(`Node ${version} could not be installed:\n${output}`)
  return program
}

async function main(): Promise<void> {
  let failedCount = 0
  for (const [line, version] of Object.entries(releases)) {
    const node = await nodeOf(line, version)
    const vitest = join(repositoryRoot, 'node_modules', 'vitest', 'vitest.mjs')
    const filters = packages.map((name) => `packages/${name}/`)
    const args = [vitest, 'run', '--project', 'unit', '--project', 'integration', ...filters]
    const path = `${join(node, '..')}:${process.env['PATH'] ?? ''}`
    const { code, output } = await runCommand(node, args, {
      cwd: repositoryRoot,
      env: { ...process.env, PATH: path },
    })
    console.log(`Node ${version}: ${code === 0 ? 'passed' : 'FAILED'}`)
    if (code !== 0) console.log(output)
    failedCount += code === 0 ? 0 : 1
  }
  console.log(`${Object.keys(releases).length - failedCount} passed, ${failedCount} failed`)
  process.exitCode = failedCount === 0 ? 0 : 1
}

if (isCommand(import.meta.url)) await main()
