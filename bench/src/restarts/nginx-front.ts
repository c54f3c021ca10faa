import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startBalancer } from './balancer-process.ts'
import { createDelayedSlots, slotOf } from './delayed-slots.ts'
import type { Front } from './front.ts'
import { findFreePort } from './free-port.ts'
import { startServiceAddress } from './service-address.ts'

/**
 * nginx before the address of a service: it does not know the replicas, and keeps connections to those that the
 * service has taken from its list. Its defaults for retries.
 */
export async function startNginxServiceFront(delayMs: number): Promise<Front> {
  const service = await startServiceAddress(delayMs)
  const port = await findFreePort()
  const balancer = await startBalancer({
    program: 'nginx',
    port,
    prepare(folder) {
      return writeFiles(folder, port, [`${service.address.host}:${service.address.port}`])
    },
  })
  return {
    nextAddress: () => ({ host: '127.0.0.1', port }),
    async put(slot, replicaPort) {
      service.listed.set(slot, replicaPort)
    },
    async take(slot) {
      service.listed.delete(slot)
    },
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}

/**
 * nginx with a pool of kept connections to the replicas, its defaults for retries.
 *
 * A place is taken from the list by a file that nginx looks for at each request, which chooses a group without that
 * place: as ingress controllers change their lists in a running nginx. A reload would close the idle connections of
 * the clients too, and lose requests that have nothing to do with the replica.
 */
export async function startNginxFront(slotCount: number, delayMs: number): Promise<Front> {
  const slots = createDelayedSlots(slotCount, delayMs)
  const port = await findFreePort()
  const addresses = slots.map(({ address }) => `${address.host}:${address.port}`)
  const balancer = await startBalancer({
    program: 'nginx',
    port,
    prepare(folder) {
      for (const slot of slots.keys()) takeFrom(folder, slot)
      return writeFiles(folder, port, addresses)
    },
  })
  return {
    nextAddress: () => ({ host: '127.0.0.1', port }),
    async put(slot, replicaPort) {
      await slotOf(slots, slot).open(replicaPort)
      rmSync(join(balancer.folder, fileOf(slot)))
    },
    async take(slot) {
      takeFrom(balancer.folder, slot)
    },
    async [Symbol.asyncDispose]() {
      await balancer[Symbol.asyncDispose]()
      for (const proxy of slots) await proxy[Symbol.asyncDispose]()
    },
  }
}

function fileOf(slot: number): string {
  return `taken-${slot}`
}

function takeFrom(folder: string, slot: number): void {
  writeFileSync(join(folder, fileOf(slot)), '')
}

/** @returns arguments of nginx */
function writeFiles(folder: string, port: number, addresses: readonly string[]): readonly string[] {
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, port, addresses))
  return ['-e', 'stderr', '-p', folder, '-c', file]
}

/** At most one place is empty while clients run. */
function configuration(folder: string, port: number, addresses: readonly string[]): string {
  const groups = [
    group('all', addresses),
    ...(addresses.length === 1 ? [] : addresses).map((address, slot) =>
      group(
        `without_${slot}`,
        addresses.filter((other) => other !== address),
      ),
    ),
  ]
  const choices = addresses.map(
    (_, slot) => `    if (-f ${join(folder, fileOf(slot))}) { set $replicas without_${slot}; }`,
  )
  const places = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `  ${name}_temp_path ${folder};`,
  )
  // Started by root, nginx would give its work to a user who cannot see the folder.
  const user = process.getuid?.() === 0 ? 'user root;\n' : ''
  return `${user}daemon off;
pid ${join(folder, 'nginx.pid')};
error_log /dev/null;
worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off;
${places.join('\n')}
${groups.join('\n')}
  server {
    listen 127.0.0.1:${port};
    set $replicas all;
${choices.join('\n')}
    location / {
      proxy_pass http://$replicas;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
}
`
}

function group(name: string, members: readonly string[]): string {
  return `  upstream ${name} {\n${members.map((member) => `    server ${member};\n`).join('')}    keepalive 32;\n  }`
}
