import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startBalancer } from './balancer-process.ts'
import { createDelayedSlots, slotOf } from './delayed-slots.ts'
import type { Front } from './front.ts'
import { anyLoopbackAddress, textOf, type Address } from './loopback-address.ts'
import { startServiceAddress } from './service-address.ts'

/**
 * nginx before the address of a service: it does not know the replicas, and keeps connections to those that the
 * service has taken from its list. Its defaults for retries.
 */
export async function startNginxServiceFront(delayMs: number): Promise<Front> {
  const service = await startServiceAddress(delayMs)
  const address = anyLoopbackAddress()
  const balancer = await startBalancer({
    program: 'nginx',
    address,
    prepare(folder) {
      return writeFiles(folder, address, [textOf(service.address)])
    },
  })
  return {
    nextAddress: () => address,
    async put(slot, replica) {
      service.listed.set(slot, replica)
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
  const address = anyLoopbackAddress()
  const places = slots.map((slot) => textOf(slot.address))
  const balancer = await startBalancer({
    program: 'nginx',
    address,
    prepare(folder) {
      for (const slot of slots.keys()) takeFrom(folder, slot)
      return writeFiles(folder, address, places)
    },
  })
  return {
    nextAddress: () => address,
    async put(slot, replica) {
      await slotOf(slots, slot).open(replica)
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
function writeFiles(folder: string, address: Address, places: readonly string[]): readonly string[] {
  const file = join(folder, 'nginx.conf')
  writeFileSync(file, configuration(folder, address, places))
  return ['-e', 'stderr', '-p', folder, '-c', file]
}

/** At most one place is empty while clients run. */
function configuration(folder: string, address: Address, places: readonly string[]): string {
  const groups = [
    group('all', places),
    ...(places.length === 1 ? [] : places).map((place, slot) =>
      group(
        `without_${slot}`,
        places.filter((other) => other !== place),
      ),
    ),
  ]
  const choices = places.map(
    (_, slot) => `    if (-f ${join(folder, fileOf(slot))}) { set $replicas without_${slot}; }`,
  )
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
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
${folders.join('\n')}
${groups.join('\n')}
  server {
    listen ${textOf(address)};
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
