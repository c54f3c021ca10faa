// NestJS 12 on Fastify with its usual modules: nestjs-pino, @willsoto/nestjs-prometheus and a histogram of requests, Terminus.
// Decorators are called as functions, so that Node runs it as it is.
// oxlint-disable-next-line import/no-unassigned-import -- Nest needs it loaded, and nothing of it by name
import 'reflect-metadata'
import { randomUUID } from 'node:crypto'
import { Controller, Get, Module, Param } from '@nestjs/common'
import { APP_INTERCEPTOR, NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { HealthCheckService, TerminusModule } from '@nestjs/terminus'
import { getToken, makeHistogramProvider, PrometheusModule } from '@willsoto/nestjs-prometheus'
import { Logger, LoggerModule } from 'nestjs-pino'
import { finalize } from 'rxjs'

const histogram = 'http_request_duration_seconds'

class VideosController {
  show(id) {
    return { id, title: `Video ${id}`, durationSeconds: 630, tags: ['documentary', 'sea'] }
  }
}
class HealthController {
  constructor(health) {
    this.health = health
  }
  readiness() {
    return this.health.check([])
  }
}
class DurationInterceptor {
  constructor(durations) {
    this.durations = durations
  }
  intercept(context, next) {
    const request = context.switchToHttp().getRequest()
    const reply = context.switchToHttp().getResponse()
    const end = this.durations.startTimer()
    const labels = () => ({
      method: request.method,
      route: request.routeOptions.url,
      status_class: `${String(reply.statusCode)[0]}xx`,
    })
    return next.handle().pipe(finalize(() => end(labels())))
  }
}
// oxlint-disable-next-line typescript/no-extraneous-class -- a module of Nest is an empty class
class AppModule {}

method(VideosController, 'show', [Get('videos/:id')])
Param('id')(VideosController.prototype, 'show', 0)
Controller()(VideosController)
method(HealthController, 'readiness', [Get('readiness')])
Reflect.defineMetadata('design:paramtypes', [HealthCheckService], HealthController)
Controller()(HealthController)
Module({
  imports: [LoggerModule.forRoot({ forRoutes: ['/*path'] }), PrometheusModule.register(), TerminusModule],
  controllers: [VideosController, HealthController],
  providers: [
    makeHistogramProvider({
      name: histogram,
      help: 'Requests',
      labelNames: ['method', 'route', 'status_class'],
    }),
    {
      provide: APP_INTERCEPTOR,
      inject: [getToken(histogram)],
      useFactory: (durations) => new DurationInterceptor(durations),
    },
  ],
})(AppModule)

const app = await NestFactory.create(AppModule, new FastifyAdapter({ genReqId: () => randomUUID() }), {
  bufferLogs: true,
})
app.useLogger(app.get(Logger))
app
  .getHttpAdapter()
  .getInstance()
  .addHook('onSend', (request, reply, _payload, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
app.enableShutdownHooks()
await app.listen(process.env.PORT, process.env.HOST)

function method({ prototype }, name, decorators) {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
  for (const decorator of decorators) decorator(prototype, name, descriptor)
}
