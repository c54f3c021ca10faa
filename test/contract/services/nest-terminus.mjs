// NestJS with its health module and its shutdown hooks, without a build step: the decorators are called by hand.
import { createRequire } from 'node:module'

// These packages are installed for bench/.
const require = createRequire(new URL('../../../bench/package.json', import.meta.url))
// oxlint-disable-next-line import/no-unassigned-import -- it is there for what it does to Reflect
require('reflect-metadata')
const { Controller, Get, Module } = require('@nestjs/common')
const { NestFactory } = require('@nestjs/core')
const { TerminusModule } = require('@nestjs/terminus')

class AppController {
  hello() {
    return { hello: 'world' }
  }

  health() {
    return { status: 'ok' }
  }
}
const { prototype } = AppController
Get('/')(prototype, 'hello', Object.getOwnPropertyDescriptor(prototype, 'hello'))
Get('/healthz')(prototype, 'health', Object.getOwnPropertyDescriptor(prototype, 'health'))
Controller()(AppController)
// oxlint-disable-next-line typescript/no-extraneous-class -- Nest asks for a class
class AppModule {}
Module({
  imports: [TerminusModule.forRoot({ gracefulShutdownTimeoutMs: 1000 })],
  controllers: [AppController],
})(AppModule)

const app = await NestFactory.create(AppModule)
app.enableShutdownHooks()
await app.listen(Number(process.env.PORT), '127.0.0.1')
