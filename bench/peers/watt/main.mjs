// Platformatic Watt with one service of its usual kind: logs, metrics and health as it switches them on by itself.
import { fileURLToPath } from 'node:url'
import { create } from '@platformatic/runtime'

const app = await create(fileURLToPath(new URL('watt.json', import.meta.url)))
await app.start()
