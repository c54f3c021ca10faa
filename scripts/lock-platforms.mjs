// Completes package-lock.json with the optional platform packages that the registry in use did not list, so that
// `npm ci` accepts the file everywhere. Runs after every `npm install`; plain JavaScript because it runs before
// the repository's own Node is there. Without it: "Missing: @biomejs/cli-darwin-arm64 from lock file" (npm/cli#4828).
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const OPERATING_SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
]
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'x64',
  'wasm32',
]

/**
 * Adds a stub for every optional dependency that no entry of the lock file stands for, and drops download addresses.
 *
 * @param {{ packages: Record<string, any> }} lock the parsed lock file; changed in place
 * @returns {string[]} names of the stubs added
 */
export function completeLock(lock) {
  const added = []
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      if (isPresent(lock.packages, path, name)) continue
      if (!/^\d+\.\d+\.\d+/.test(version)) continue
      lock.packages[`node_modules/${name}`] = stub(name, version)
      added.push(name)
    }
  }
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)),
  )
  return added
}

function isPresent(packages, from, name) {
  for (let at = from; ; at = at.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, '')) {
    if (packages[`${at}${at === '' ? '' : '/'}node_modules/${name}`]) return true
    if (at === '' || !at.includes('node_modules')) return packages[`node_modules/${name}`] !== undefined
  }
}

function stub(name, version) {
  const words = name.split(/[^a-z0-9_]+/)
  const systems = OPERATING_SYSTEMS.filter(
    (os) => words.includes(os) || (os === 'win32' && words.includes('windows')),
  )
  const processors = PROCESSORS.filter(
    (cpu) => words.includes(cpu) || (cpu === 'x64' && words.includes('64')),
  )
  const entry = { version, optional: true }
  if (processors.length > 0) entry.cpu = processors
  if (systems.length > 0) entry.os = systems
  if (words.includes('musl')) entry.libc = ['musl']
  else if (words.includes('gnu') || words.includes('glibc')) entry.libc = ['glibc']
  return entry
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = new URL('../package-lock.json', import.meta.url)
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    process.exit(0)
  }
  const lock = JSON.parse(text)
  for (const entry of Object.values(lock.packages))
    if (/^https?:/.test(entry.resolved ?? '')) delete entry.resolved
  const added = completeLock(lock)
  const next = `${JSON.stringify(lock, null, 2)}\n`
  if (process.argv.includes('--check')) {
    if (next !== text) {
      process.stderr.write(
        `package-lock.json lacks ${added.length} platform packages: run node scripts/lock-platforms.mjs\n`,
      )
      process.exitCode = 1
    }
  } else if (next !== text) {
    writeFileSync(file, next)
    process.stdout.write(`package-lock.json: ${added.length} platform packages added\n`)
  }
}
