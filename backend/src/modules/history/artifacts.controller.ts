import { Controller, Delete, Get, HttpCode, Param, Put, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { AuditLog } from '../../kernel/audit/audit-log';
import { CurrentOrigin, type RequestOrigin } from '../../kernel/audit/request-origin';
import { ArtifactStore } from '../../kernel/artifacts/artifact-store';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { TransactionRunner } from '../../kernel/database/transaction';
import { DomainError, notFound } from '../../kernel/errors/domain-error';
import { PageQueryDto } from '../../kernel/http/page-query.dto';
import { uuidPipe } from '../../kernel/http/validation';
import { Machines } from '../machines/machines.service';
import { ArtifactsRepository, type FoundArtifact } from './artifacts.repository';
import { ArtifactDto, ExecutionDetailDto, ExecutionPageDto } from './dto/artifacts.dto';
import { say } from './history.sentences';

const id = uuidPipe('id');

@ApiTags('history')
@Controller()
export class ArtifactsController {
  constructor(
    private readonly repository: ArtifactsRepository,
    private readonly machines: Machines,
    private readonly store: ArtifactStore,
    private readonly transactions: TransactionRunner,
    private readonly audit: AuditLog,
  ) {}

  /** Changes of a machine, newest first, without their documents. */
  @Get('machines/:id/executions')
  @RequirePermission('events.read')
  async executions(@Param('id', id) machineId: string, @Query() query: PageQueryDto): Promise<ExecutionPageDto> {
    await this.machines.required(machineId);
    return this.repository.executions(machineId, query);
  }

  /** One change with what was found. */
  @Get('executions/:id')
  @RequirePermission('events.read')
  async execution(@Param('id', id) executionId: string): Promise<ExecutionDetailDto> {
    const execution = await this.repository.execution(executionId);
    if (execution === null) throw notFound('execution');
    return execution;
  }

  /** What is known of a kept file. */
  @Get('artifacts/:id')
  @RequirePermission('events.read')
  async artifact(@Param('id', id) artifactId: string): Promise<ArtifactDto> {
    return (await this.required(artifactId)).artifact;
  }

  /** The file itself, after a look at its hash. 410 when it was removed. */
  @Get('artifacts/:id/content')
  @RequirePermission('events.read')
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async content(
    @Param('id', id) artifactId: string,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamableFile> {
    const { artifact, path } = await this.required(artifactId);
    const { bytes, sha256, deletedAt } = artifact;
    if (deletedAt !== null || bytes === null || sha256 === null) throw gone();
    const content = await this.store.read(path, { bytes, sha256 });
    if (content === null) throw damaged();
    // Kept as gzip; the browser unpacks it.
    response.setHeader('Content-Encoding', 'gzip');
    return new StreamableFile(content, {
      type: 'text/plain; charset=utf-8',
      disposition: `attachment; filename="${artifactId}.log"`,
      length: bytes,
    });
  }

  /** Keeps the file whatever its age. */
  @Put('artifacts/:id/pin')
  @HttpCode(200)
  @RequirePermission('machines.write')
  pin(@Param('id', id) artifactId: string, @CurrentOrigin() origin: RequestOrigin): Promise<ArtifactDto> {
    return this.decide(artifactId, origin, true);
  }

  /** Lets it go when its time has come. */
  @Delete('artifacts/:id/pin')
  @RequirePermission('machines.write')
  unpin(@Param('id', id) artifactId: string, @CurrentOrigin() origin: RequestOrigin): Promise<ArtifactDto> {
    return this.decide(artifactId, origin, false);
  }

  private async decide(artifactId: string, origin: RequestOrigin, pinned: boolean): Promise<ArtifactDto> {
    const { artifact } = await this.required(artifactId);
    await this.transactions.run(async (tx) => {
      const outcome = await this.repository.setPinned(tx, artifactId, pinned);
      if (outcome === 'gone') throw gone();
      // Decided so already, by somebody else or by the same person twice.
      if (outcome === 'same') return;
      await this.audit.record(tx.manager, {
        ...origin,
        action: pinned ? 'artifact.pinned' : 'artifact.unpinned',
        objectType: 'artifact',
        objectId: artifactId,
        machineId: artifact.machineId,
        outcome: 'ok',
        details: {
          kind: artifact.kind,
          run: await this.repository.runOf(tx, artifactId),
          expiresAt: artifact.expiresAt?.toISOString() ?? null,
        },
      });
    });
    return Object.assign(artifact, { pinned });
  }

  private async required(artifactId: string): Promise<FoundArtifact> {
    const found = await this.repository.artifact(artifactId);
    if (found === null) throw notFound('artifact');
    return found;
  }
}

function gone(): DomainError {
  return new DomainError({ code: 'artifact_gone', status: 410, detail: say.artifact_gone() });
}

function damaged(): DomainError {
  return new DomainError({
    code: 'artifact_damaged',
    status: 410,
    detail: say.artifact_damaged(),
    action: say.artifact_damaged_action(),
  });
}
