// NestJS 12 on Express with @nestjs/terminus 12.1.0: shutdown hooks, and the wait before the shutdown that the
// documentation of Terminus gives for Kubernetes. Decorators are called as functions, so that Node runs it as it is.
// oxlint-disable-next-line import/no-unassigned-import -- Nest needs it loaded, and nothing of it by name
import 'reflect-metadata'
import { Body, Controller, Get, HttpCode, Module, Param, Post } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { TerminusModule } from '@nestjs/terminus'
import { address, answerFor, waitBeforeCloseMs } from './work.ts'

class VideosController {
  show(id: string): Promise<object> {
    return answerFor(id)
  }

  add(video: { readonly id: string }): Promise<object> {
    return answerFor(video.id)
  }
}

// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is an empty class
class AppModule {}

decorate('show', [Get('videos/:id')])
Param('id')(VideosController.prototype, 'show', 0)
decorate('add', [Post('videos'), HttpCode(200)])
Body()(VideosController.prototype, 'add', 0)
Controller()(VideosController)
Module({
  imports: [TerminusModule.forRoot({ gracefulShutdownTimeoutMs: waitBeforeCloseMs, logger: false })],
  controllers: [VideosController],
})(AppModule)

const app = await NestFactory.create(AppModule, { logger: false })
app.enableShutdownHooks()
await app.listen(address.port, address.host)

function decorate(method: 'show' | 'add', decorators: readonly MethodDecorator[]): void {
  const { prototype } = VideosController
  // The class above has this method.
  const descriptor = Object.getOwnPropertyDescriptor(prototype, method) as PropertyDescriptor
  for (const decorator of decorators) decorator(prototype, method, descriptor)
}
