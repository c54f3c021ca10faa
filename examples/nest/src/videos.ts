import { Controller, Get, Module, Param } from '@nestjs/common'

/** Answers for one video. */
export class VideosController {
  find(id: string): { id: string } {
    return { id }
  }
}

/** The application. Nest keeps what it knows of a module on its class, empty as it may be. */
// oxlint-disable-next-line no-extraneous-class
export class VideosModule {}

// What decorators do, written as calls: Node runs this file without a compiler, and types are all that it strips.
const find = Object.getOwnPropertyDescriptor(VideosController.prototype, 'find')
if (find !== undefined) Get(':id')(VideosController.prototype, 'find', find)
Param('id')(VideosController.prototype, 'find', 0)
Controller('videos')(VideosController)
Module({ controllers: [VideosController] })(VideosModule)
