import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { SESSION_SCHEME } from '../auth/access.decorators';
import { ProblemDto } from '../errors/problem.dto';
import { SaidDto } from '../sentences/said.dto';

export function openApiDocument(app: INestApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('system_update')
    .setDescription(
      'Agentless update manager for fleets of Debian-family machines. Errors are application/problem+json with a stable `code`. ' +
        'Requests that change something carry the header `X-System-Update: 1` and the session cookie.',
    )
    .setVersion('1')
    .addCookieAuth('system_update_session', undefined, SESSION_SCHEME)
    .addGlobalResponse({ status: '4XX', description: 'Refused; nothing was changed.', type: ProblemDto })
    .build();
  return SwaggerModule.createDocument(app, options, {
    extraModels: [SaidDto],
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
}

/** Serves the document and its page. Same-origin only, and it needs no sign-in since it holds no data. */
export function serveOpenApi(app: INestApplication): void {
  SwaggerModule.setup('api/docs', app, () => openApiDocument(app), {
    jsonDocumentUrl: 'api/openapi.json',
    customSiteTitle: 'system_update API',
  });
}
