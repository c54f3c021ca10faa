import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/**
 * Compiles and bundles the stacks and every package below them: what is measured is what would be published. Faults of the compiler
 * go to stderr.
 *
 * @throws Error when something does not compile
 */
export async function build(signal: AbortSignal): Promise<void> {
  const turbo = fileURLToPath(new URL('../../node_modules/.bin/turbo', import.meta.url))
  const child = spawn(turbo, ['run', 'build', '--filter=@keelson/bench', '--output-logs=errors-only'], {
    cwd: repository,
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1' },
    stdio: ['ignore', process.stderr, process.stderr],
    signal,
  })
  // The first argument of `close` is the exit code.
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error('The build failed.')
  await bundleStack('keelson')
}

/** One file of a stack and all that it imports, and the probe thread's beside it: the recipe of docs/guides/bundling.md. */
async function bundleStack(name: string): Promise<void> {
  const dist = fileURLToPath(new URL('../dist', import.meta.url))
  const bundle = await rolldown({
    input: `${dist}/stacks/${name}.js`,
    platform: 'node',
    external: ['@keelson/config-etcd'],
  })
  await bundle.write({ file: `${dist}/bundled/${name}.js`, codeSplitting: false })
  await bundle.close()
  const worker = createRequire(import.meta.resolve('keelson')).resolve('@keelson/core/probe-worker')
  copyFileSync(worker, `${dist}/bundled/probe-worker.cjs`)
}
