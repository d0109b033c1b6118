import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { PackageChangePageDto, PackageChangeQueryDto } from './dto/package-changes.dto';
import { PackageChangesReader } from './package-changes.reader';

@ApiTags('apt')
@Controller('package-changes')
export class PackageChangesController {
  constructor(private readonly reader: PackageChangesReader) {}

  /** When a package changed, where, and by whom; newest first. */
  @Get()
  @RequirePermission('events.read')
  list(@Query() query: PackageChangeQueryDto): Promise<PackageChangePageDto> {
    return this.reader.page(query.name, query.machineId, query);
  }
}
