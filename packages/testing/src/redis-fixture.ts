import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePorts } from './free-ports.ts'
import { type ServerFixture, serverFixture } from './server-fixture.ts'

/**
 * Starts a Redis that keeps nothing. Look with `requireServer('redis-server')` first whether there is one.
 *
 * @param path program to run
 */
export async function startRedis(path: string): Promise<ServerFixture> {
  const [port = 0] = await freePorts(1)
  const folder = await mkdtemp(join(tmpdir(), 'keelson-redis-'))
  const settings = { port: String(port), bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no' }
  return serverFixture({
    command: [path, ...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])],
    port,
    folder,
  })
}
