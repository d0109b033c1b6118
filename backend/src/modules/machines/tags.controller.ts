import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequirePermission } from '../../kernel/auth/access.decorators';
import { uuidPipe } from '../../kernel/http/validation';
import { ChangeTagDto, CreateTagDto, TagDto, TagUseDto } from './dto/tag.dto';
import { Tags } from './tags.service';

@ApiTags('machines')
@Controller('tags')
export class TagsController {
  constructor(private readonly tags: Tags) {}

  /** All tags by name, with their use. */
  @Get()
  @RequirePermission('machines.read')
  list(): Promise<TagUseDto[]> {
    return this.tags.list();
  }

  /** Adds a tag. 409 `tag_name_taken`. */
  @Post()
  @RequirePermission('tags.write')
  create(@Body() body: CreateTagDto): Promise<TagDto> {
    return this.tags.create(body);
  }

  /** Renames or recolours a tag. 409 `tag_name_taken`. */
  @Patch(':id')
  @RequirePermission('tags.write')
  change(@Param('id', uuidPipe('id')) id: string, @Body() body: ChangeTagDto): Promise<TagDto> {
    return this.tags.change(id, body);
  }

  /** Takes a tag off every machine and removes it. 409 `tag_in_use` where a window, a schedule or a rule goes by it. */
  @Delete(':id')
  @HttpCode(204)
  @RequirePermission('tags.write')
  remove(@Param('id', uuidPipe('id')) id: string): Promise<void> {
    return this.tags.remove(id);
  }
}
