import { Injectable, SetMetadata, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum';
import type { Request } from 'express';
import { DomainError, invalidInput } from '../errors/domain-error';
import { inputProblems } from './input-problems';
import { say } from './validation.sentences';

const ANY_QUERY = 'system_update:any-query';

/** For a route that reads no query and that others call with additions of their own, as load balancers do. */
export const AnyQuery = (): MethodDecorator => SetMetadata(ANY_QUERY, true);

type Part = RouteParamtypes.BODY | RouteParamtypes.QUERY;

/**
 * What the validation pipe never sees: it looks at the arguments that a handler declares, and at names that a plain
 * object does not inherit. Here a body, query or message data that the handler does not declare is refused, and so is
 * every inherited name, before anything is made of it.
 */
@Injectable()
export class InputGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const takes = (part: Part): boolean => declares(context, part);
    if (context.getType() !== 'http') {
      const data: unknown = context.switchToWs().getData();
      refuse(inputProblems('data', data, takes(RouteParamtypes.BODY)));
      return true;
    }
    const request = context.switchToHttp().getRequest<Request>();
    refuseUnreadBody(request);
    const anyQuery = Reflect.getMetadata(ANY_QUERY, context.getHandler()) === true;
    refuse([
      ...(anyQuery ? [] : inputProblems('query', request.query, takes(RouteParamtypes.QUERY))),
      ...inputProblems('body', request.body, takes(RouteParamtypes.BODY)),
    ]);
    return true;
  }
}

/** Nest keeps the arguments of a handler by `kind:index`; message data has the number of a body. */
function declares(context: ExecutionContext, part: Part): boolean {
  const declared = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), context.getHandler().name) as
    Record<string, unknown> | undefined;
  return Object.keys(declared ?? {}).some((key) => key.startsWith(`${String(part)}:`));
}

function refuse(problems: ReturnType<typeof inputProblems>): void {
  if (problems.length > 0) throw invalidInput(problems);
}

/** A body of another type than JSON would look like none, and a change without its fields like one that was made. */
function refuseUnreadBody({ body, headers }: Request): void {
  const sent = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!sent || body !== undefined) return;
  throw new DomainError({ code: 'unsupported_media_type', status: 415, detail: say.body_not_json() });
}
