// Base images made on this machine, and images built on them: buildah with chroot isolation needs no daemon and no registry
// of images. Its storage is a folder of the test's own.
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { runCommand } from '../../scripts/run-command.ts'

/** Images in a storage of their own. */
export interface LocalImages {
  /**
   * Runs buildah.
   *
   * @returns what it wrote to stdout
   * @throws Error with its whole output when it fails
   */
  buildah(...args: readonly string[]): Promise<string>
  /** Makes an image of the program files given, each with the libraries that it needs. */
  makeBase(name: string, programs: Readonly<Record<string, string>>, kind: 'build' | 'runtime'): Promise<void>
}

const certificates = '/etc/ssl/certs/ca-certificates.crt'
/** Loaded by glibc when a name is resolved, and named by no program. */
const nameLibraries = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2']

/** Opens a storage of images below a folder. */
export function openImages(folder: string): LocalImages {
  const places = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run')]
  const temporary = join(folder, 'tmp')
  mkdirSync(temporary, { recursive: true })

  async function buildah(...args: readonly string[]): Promise<string> {
    // TMPDIR: cache mounts of a build are kept below it, and go with the test.
    const result = await runCommand('buildah', [...places, ...args], { env: { TMPDIR: temporary } })
    if (result.code !== 0) throw new Error(`buildah ${args.join(' ')} failed:\n${result.output}`)
    return result.stdout.trim()
  }

  return {
    buildah,
    async makeBase(name, programs, kind) {
      const root = join(folder, `base-${kind}`)
      await writeRoot(root, programs)
      if (kind === 'build') await addNpm(root)
      const container = (await buildah('from', 'scratch')).split('\n').at(-1) ?? ''
      await buildah('copy', '--quiet', container, root, '/')
      const env = ['--env', 'PATH=/usr/local/bin:/usr/bin:/bin']
      const trust =
        kind === 'build' && existsSync(certificates) ? ['--env', `NODE_EXTRA_CA_CERTS=${certificates}`] : []
      await buildah('config', ...env, ...trust, container)
      await buildah('commit', '--quiet', container, name)
      await buildah('rm', container)
    },
  }
}

/** Root of a file system with programs (path inside → path here), what they are linked to, and what a process expects. */
async function writeRoot(root: string, programs: Readonly<Record<string, string>>): Promise<void> {
  for (const path of ['bin', 'usr/bin', 'usr/local/bin', 'etc/ssl/certs', 'root', 'tmp', 'proc', 'dev'])
    mkdirSync(join(root, path), { recursive: true })
  for (const [inside, here] of Object.entries(programs)) {
    copyFileSync(realpathSync(here), join(root, inside))
    const { stdout } = await runCommand('ldd', [here])
    const libraries = stdout.match(/\/[^\s)]+/g) ?? []
    const folder = libraries
      .map((path) => dirname(path))
      .find((path) => existsSync(join(path, 'libresolv.so.2')))
    const named = folder === undefined ? [] : nameLibraries.map((library) => join(folder, library))
    for (const library of [...libraries, ...named].filter((path) => existsSync(path))) {
      mkdirSync(dirname(join(root, library)), { recursive: true })
      copyFileSync(realpathSync(library), join(root, library))
    }
  }
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n')
  writeFileSync(join(root, 'etc/nsswitch.conf'), 'hosts: files dns\n')
  if (existsSync(certificates)) copyFileSync(certificates, join(root, certificates))
}

/** The npm of this machine, with the registry that it uses. */
async function addNpm(root: string): Promise<void> {
  const { stdout: program } = await runCommand('sh', ['-c', 'readlink -f "$(command -v npm)"'])
  const { stdout: registry } = await runCommand('npm', ['config', 'get', 'registry'])
  const target = join(root, 'usr/local/lib/node_modules/npm')
  cpSync(dirname(dirname(program.trim())), target, { recursive: true, dereference: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'))
  mkdirSync(join(root, 'usr/local/etc'), { recursive: true })
  writeFileSync(join(root, 'usr/local/etc/npmrc'), `registry=${registry.trim()}\nupdate-notifier=false\n`)
}
