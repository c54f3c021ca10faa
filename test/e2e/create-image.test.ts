// The image of a created service: built from its Dockerfile on base images made here, then run as a container would be: its
// entry point as process 1 of a namespace, by the user that it names, on a root that cannot be written.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireServer, startProcess, type TestProcess } from '@keelson/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { packAll } from '../../scripts/pack.ts'
import { createService, installCreator } from './created-service.ts'
import { type LocalImages, openImages } from './local-images.ts'
import { until } from './service-process.ts'

const buildah = requireServer('buildah')
const unshare = requireServer('unshare')
const canMount = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0
if (!canMount) process.stderr.write('skipped: this user may not make namespaces (unshare --pid --mount)\n')

/** What the image may add to its base: issue 9. */
const MAX_ADDED_MB = 40
const slowRoute = `service.app.get('/slow', async () => {
  await new Promise((resolve) => setTimeout(resolve, 2000))
  return { slow: true }
})
`

interface ImageConfig {
  readonly User: string
  readonly WorkingDir: string
  readonly Entrypoint: readonly string[]
  readonly Cmd: readonly string[] | null
  readonly Env: readonly string[]
  readonly StopSignal: string
}

describe.skipIf(!buildah.available || !unshare.available || !canMount)(
  'the image of a created service',
  () => {
    let work = ''
    let folder = ''
    let images: LocalImages
    let config: ImageConfig
    let root = ''

    beforeAll(async () => {
      work = mkdtempSync(join(tmpdir(), 'keelson-image-'))
      folder = join(work, 'delivery')
      const creator = await installCreator(join(work, 'creator'), await packAll(join(work, 'tarballs')))
      const created = await createService(creator, folder)
      if (created.code !== 0) throw new Error(created.output)
      const main = join(folder, 'src/main.ts')
      writeFileSync(main, readFileSync(main, 'utf8').replace('await service.start()', `${slowRoute}$&`))

      images = openImages(work)
      const programs = { 'usr/local/bin/node': process.execPath }
      const tools = { 'bin/sh': '/bin/sh', 'bin/mkdir': '/bin/mkdir', 'usr/bin/env': '/usr/bin/env' }
      await images.makeBase('localhost/base-build', { ...programs, ...tools }, 'build')
      await images.makeBase('localhost/base-runtime', programs, 'runtime')
      const bases = ['BUILD_IMAGE=localhost/base-build', 'RUNTIME_IMAGE=localhost/base-runtime']
      const options = ['--isolation', 'chroot', '--network', 'host', '--format', 'docker']
      await images.buildah(
        'bud',
        ...options,
        ...bases.flatMap((one) => ['--build-arg', one]),
        '-t',
        'delivery',
        folder,
      )
      const inspected = await images.buildah('inspect', '--type', 'image', 'delivery')
      config = (JSON.parse(inspected) as { Docker: { config: ImageConfig } }).Docker.config // as Docker defines it
      root = await images.buildah('mount', await images.buildah('from', 'delivery'))
    })
    afterAll(async () => {
      if (root !== '') await images.buildah('umount', '--all')
      rmSync(work, { recursive: true, force: true })
    })

    it('adds at most 40 MB to its base', async () => {
      // One object an image; buildah gives the size as text, `132 MB`.
      const listed = JSON.parse(await images.buildah('images', '--json')) as readonly {
        readonly names: readonly string[] | null
        readonly size: string
      }[]
      const sizeOf = (name: string): number => {
        const found = listed.find(({ names }) => names?.some((one) => one.startsWith(name)))
        return Number(/^([\d.]+) MB$/.exec(found?.size ?? '')?.[1])
      }
      const [whole, base] = [sizeOf('localhost/delivery:'), sizeOf('localhost/base-runtime:')]
      process.stdout.write(`image: ${whole} MB, its base: ${base} MB\n`)
      expect(whole).toBeGreaterThan(base)
      expect(whole - base).toBeLessThanOrEqual(MAX_ADDED_MB)
    })

    it('holds what runs, and no development dependency', () => {
      const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
        readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>
      } // npm wrote it
      const development = Object.keys(lock.packages).filter((path) => lock.packages[path]?.dev === true)
      expect(development.length).toBeGreaterThan(20)
      expect(development.filter((path) => existsSync(join(root, 'app', path)))).toEqual([])
      expect(readdirSync(join(root, 'app')).toSorted((a, b) => a.localeCompare(b))).toEqual([
        'config',
        'dist',
        'node_modules',
        'package.json',
      ])
    })

    it('names a user by number, and starts without a shell', () => {
      expect(config.User).toMatch(/^[1-9]\d*:[1-9]\d*$/)
      expect(config.Entrypoint[0]).toBe('node')
      expect(config.StopSignal).toBe('SIGTERM')
      expect(config.Env).toContain('NODE_ENV=production')
    })

    it('finishes a request of 2 s after SIGTERM as process 1 on a read-only root, and ends with 0', async () => {
      await using container = startContainer(root, config)
      const {
        _pid: ownPid,
        _port: port,
        _ops_port: opsPort,
      } = JSON.parse(await container.line((line) => line.includes('"_ops_port"'), 'readiness')) as {
        readonly _port: number
        readonly _ops_port: number
        readonly _pid: number
      } // a log line of ours
      expect(ownPid).toBe(1)
      const pid = childOf(container.pid)
      const status = readFileSync(`/proc/${pid}/status`, 'utf8')
      expect(status).toMatch(/^Uid:\t10001\t10001\t10001\t10001$/m)
      expect(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).toMatch(/^\S+ \S+ \S+ \S+ \/ ro\b/m)

      const slow = fetch(`http://127.0.0.1:${port}/slow`)
      slow.catch(() => undefined)
      const isBusy = async () => {
        const page = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
        return /^http_requests_in_flight 1$/m.test(page)
      }
      await until(isBusy, 'the request')
      const signalAt = performance.now()
      process.kill(pid, 'SIGTERM')
      expect(await (await slow).json()).toEqual({ slow: true })
      expect(await container.exited()).toEqual({ code: 0, signal: null })
      process.stdout.write(
        `SIGTERM to exit: ${Math.round(performance.now() - signalAt)} ms, of which up to 2 s are the request\n`,
      )
      expect(container.stderr).toEqual([])
      // It has noted its end where the next start looks for it.
      expect(container.stdout.join('\n')).not.toContain('cannot be written')
    })
  },
)

/** Runs the entry point of an image as container runtimes do. */
function startContainer(root: string, { User, WorkingDir, Entrypoint, Cmd, Env }: ImageConfig): TestProcess {
  const [user = '', group = ''] = User.split(':')
  const mounts = [
    `mount --bind '${root}' '${root}'`,
    `mount -o remount,ro,bind '${root}'`,
    `mount -t proc proc '${root}/proc'`,
    `mount -t tmpfs -o size=64m tmpfs '${root}/tmp'`,
    `mount -t tmpfs -o size=16m,uid=${user},gid=${group} tmpfs '${root}/state'`,
  ]
  const become = ['--root', root, '--wd', WorkingDir, '--setgid', group, '--setuid', user]
  const start = ['unshare', ...become, ...Entrypoint, ...(Cmd ?? [])].map((word) => `'${word}'`).join(' ')
  return startProcess({
    command: [
      'unshare',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount',
      'sh',
      '-ec',
      `${mounts.join('\n')}\nexec ${start}`,
    ],
    env: {
      ...Object.fromEntries(Env.map((one) => one.split(/=(.*)/s).slice(0, 2))),
      PATH: `/usr/local/bin:${process.env['PATH'] ?? ''}`,
      HOST: '127.0.0.1',
      PORT: '0',
      OPS_PORT: '0',
      KEELSON_STATE_DIR: '/state',
    },
    patienceMs: 60_000,
  })
}

function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim())
}
