// Loads from etcd, follows it, closes after a while; says so, and must then end by itself.
import { createConfig } from '@keelson/config'
import { createEtcdSource } from '../../src/index.ts'

const [endpoint = '', waitMs = '0'] = process.argv.slice(2)
const source = createEtcdSource({ endpoints: endpoint, org: 'acme', env: 'test', service: 'catalog' })
const config = await createConfig({
  service: 'catalog',
  schema: { greeting: { format: 'string', default: 'Hello', reload: 'hot' } },
  sources: [source],
})
process.stdout.write(`loaded ${config.current.greeting}\n`)
await new Promise((resolve) => setTimeout(resolve, Number(waitMs)))
await config.close()
process.stdout.write('closed\n')
