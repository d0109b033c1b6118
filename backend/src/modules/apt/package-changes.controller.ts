import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { PageQueryDto } from '../../kernel/http/page-query.dto';
import { uuidPipe } from '../../kernel/http/validation';
import { PackageChangePageDto, PackageChangeQueryDto } from './dto/package-changes.dto';
import { PackageChangesReader } from './package-changes.reader';

const id = uuidPipe('id');

@ApiTags('apt')
@Controller()
export class PackageChangesController {
  constructor(private readonly reader: PackageChangesReader) {}

  /** When a package changed, where, and by whom; newest first. */
  @Get('package-changes')
  @RequirePermission('events.read')
  list(@Query() query: PackageChangeQueryDto): Promise<PackageChangePageDto> {
    return this.reader.page(query.name, query.machineId, query);
  }

  /** The packages that one change changed, ours or of others, by name. Empty, too, where that is not known. */
  @Get('executions/:id/package-changes')
  @RequirePermission('events.read')
  ofExecution(@Param('id', id) executionId: string, @Query() query: PageQueryDto): Promise<PackageChangePageDto> {
    return this.reader.ofExecution(executionId, query);
  }
}
