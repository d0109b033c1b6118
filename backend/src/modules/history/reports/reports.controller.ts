import { Controller, Get, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiProperty, ApiTags } from '@nestjs/swagger';
import { IsIn } from 'class-validator';
import type { Response } from 'express';
import { RequirePermission } from '../../../kernel/auth/access.decorators';
import { DomainError, notFound } from '../../../kernel/errors/domain-error';
import { uuidPipe } from '../../../kernel/http/validation';
import { say } from '../history.sentences';
import { REPORT_LANGUAGES, type ReportLanguage } from './report-words';
import { ReportsReader } from './reports.reader';
import { REPORT_FORMATS, type ReportFormat } from './run-reports';

export class ReportQueryDto {
  /** `html` is one page for screen and paper; `markdown` is a file to download. */
  @ApiProperty({ enum: REPORT_FORMATS, required: false })
  @IsIn(REPORT_FORMATS)
  format: ReportFormat = 'html';

  /** What machines said stays as it is. Reports that were written before there was a French form are given in English. */
  @ApiProperty({ enum: REPORT_LANGUAGES, required: false })
  @IsIn(REPORT_LANGUAGES)
  language: ReportLanguage = 'en';
}

@ApiTags('history')
@Controller('reports')
export class ReportsController {
  constructor(private readonly reports: ReportsReader) {}

  /**
   * The report of a change, after a look at its hash. 410 `report_damaged`; 409 `report_unreadable` with what is stored of it
   * in `document`, where this program cannot read that.
   */
  @Get(':id')
  @RequirePermission('events.read')
  @ApiOkResponse({
    content: { 'text/html': { schema: { type: 'string' } }, 'text/markdown': { schema: { type: 'string' } } },
  })
  async content(
    @Param('id', uuidPipe('id')) id: string,
    @Query() { format, language }: ReportQueryDto,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StreamableFile> {
    const file = await this.reports.file(id, format, language);
    if (file === null) throw notFound('report');
    if (file.unreadable !== null) {
      const [detail, action] = [say.report_unreadable(), say.report_unreadable_action()];
      throw new DomainError({
        code: 'report_unreadable',
        status: 409,
        detail,
        action,
        extensions: { document: file.unreadable },
      });
    }
    if (file.content === null) {
      throw new DomainError({
        code: 'report_damaged',
        status: 410,
        detail: say.report_damaged(),
        action: say.artifact_damaged_action(),
      });
    }
    // It holds what machines said: nothing in it may run, whatever a browser takes it for.
    response.setHeader('Content-Security-Policy', "sandbox; default-src 'none'; style-src 'unsafe-inline'");
    response.setHeader('Content-Encoding', 'gzip');
    return new StreamableFile(file.content, {
      type: `text/${format}; charset=utf-8`,
      disposition: format === 'html' ? 'inline' : `attachment; filename="${id}.md"`,
      length: file.bytes,
    });
  }
}
