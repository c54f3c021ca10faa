// oxlint-disable-next-line no-unassigned-import -- Nest asks for it to be loaded first
import 'reflect-metadata'
import type { Server } from 'node:http'
import { NestFactory } from '@nestjs/core'
import { attach } from 'keelson/attach'
import { VideosModule } from './videos.ts'

const app = await NestFactory.create(VideosModule, { logger: false })
const server: Server = app.getHttpServer()
const service = await attach(server, { name: 'nest-example' })
// Nest's own hooks (onModuleDestroy and the like) run when its requests have ended.
service.onClose('nest', () => app.close())

await app.listen(service.config.current.http.port, service.config.current.http.host)
